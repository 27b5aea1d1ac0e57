//! The limit of open descriptors: the usual soft limit of 1,024 is less than a server may need.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the soft limit of descriptors to `needed`, or as far as the hard limit lets it. `Some(limit)` if that is less
/// than needed.
pub fn raise_descriptors(needed: usize) -> Option<u64> {
    let needed = needed as u64;
    let before = getrlimit(Resource::Nofile);
    let wanted = before.maximum.map_or(needed, |hard| needed.min(hard));
    // `None` is without limit.
    if before.current.is_some_and(|soft| soft < wanted) {
        // What cannot be raised stays; the look below tells.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: before.maximum });
    }
    getrlimit(Resource::Nofile).current.filter(|&soft| soft < needed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_it_goes() {
        assert_eq!(raise_descriptors(1), None);
        if let Some(hard) = getrlimit(Resource::Nofile).maximum {
            assert_eq!(raise_descriptors(usize::MAX), Some(hard));
        }
    }
}
