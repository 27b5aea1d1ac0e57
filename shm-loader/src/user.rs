//! Whether a file's owner is the user of this process.
//!
//! In a user namespace every user that is not mapped looks like one and the same, the overflow user (65534, `nobody`). A
//! process that runs as that user there cannot tell its own files from those of strangers, so it counts none as its own.

use std::fs::read_to_string;

/// The kernel's default.
const OVERFLOW_USER: u32 = 65_534;

/// Whether `owner`, as the kernel tells it of a file, is certainly the effective user of this process.
pub(crate) fn is_own(owner: u32) -> bool {
    owner == rustix::process::geteuid().as_raw() && !may_be_anybody(owner)
}

/// Whether `owner` may stand for users that this process cannot see.
pub(crate) fn may_be_anybody(owner: u32) -> bool {
    let overflow = read_to_string("/proc/sys/kernel/overflowuid").ok().and_then(|text| text.trim().parse().ok());
    owner == overflow.unwrap_or(OVERFLOW_USER)
        && !read_to_string("/proc/self/uid_map").is_ok_and(|map| maps_everybody(&map))
}

/// Whether a `uid_map` has all users under their own numbers, as outside of any user namespace.
fn maps_everybody(map: &str) -> bool {
    map.split_whitespace().eq(["0", "0", "4294967295"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_map_has_everybody() {
        assert!(maps_everybody("         0          0 4294967295\n"));
        for map in ["", "0 100000 65536\n", "0 0 1\n", "0 0 4294967295\n1 1 1\n", "65534 5555 1\n"] {
            assert!(!maps_everybody(map), "{map}");
        }
    }

    #[test]
    fn root_and_the_own_user_are_known() {
        assert!(is_own(rustix::process::geteuid().as_raw()) || may_be_anybody(OVERFLOW_USER));
        assert!(!may_be_anybody(0));
        assert!(!is_own(rustix::process::geteuid().as_raw().wrapping_add(1)));
    }
}
