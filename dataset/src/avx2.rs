//! The scan compiled for AVX2, where the processor has it.
#![allow(unsafe_code)]

use crate::scan::{Best, Sum, scan_any};
use crate::tile::Tile;
use transaction::Query;

/// `None`, and nothing done, without AVX2.
pub(crate) fn scan<S: Sum>(tiles: &[Tile], queries: &[Query], best: &mut [Best<S>]) -> Option<()> {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has just been found to have AVX2, the only promise that scan_avx2 makes.
        unsafe { scan_avx2(tiles, queries, best) };
        return Some(());
    }
    let _ = (tiles, queries, best);
    None
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn scan_avx2<S: Sum>(tiles: &[Tile], queries: &[Query], best: &mut [Best<S>]) {
    scan_any(tiles, queries, best);
}
