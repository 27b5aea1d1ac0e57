//! Raises the soft limit of descriptors: the usual 1,024 is less than the connections that a server may have.

use crate::limits::Limits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the soft limit to what `limits` need, or as far as the hard limit lets it; says so if that is too little.
pub fn raise(limits: &Limits) {
    let needed = limits.descriptors() as u64;
    let before = getrlimit(Resource::Nofile);
    let wanted = before.maximum.map_or(needed, |hard| needed.min(hard));
    // `None` is without limit.
    if before.current.is_some_and(|soft| soft < wanted) {
        // What cannot be raised stays; the look below tells.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: before.maximum });
    }
    if let Some(descriptors) = getrlimit(Resource::Nofile).current.filter(|&soft| soft < needed) {
        tracing::warn!(descriptors, needed, "the limit of descriptors allows fewer connections than asked for");
    }
}
