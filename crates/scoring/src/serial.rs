//! Numbers of generations.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many generations, of either kind, were opened before in this process.
pub(crate) fn next() -> u64 {
    static OPENED: AtomicU64 = AtomicU64::new(0);
    OPENED.fetch_add(1, Ordering::Relaxed)
}
