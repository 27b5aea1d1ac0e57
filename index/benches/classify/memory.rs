//! Where an index lies, and how it is made to leave the caches.

use std::fs;
use std::hint::black_box;
use std::io;

use memmap2::{Advice, MmapMut};

const HUGE_PAGES: &str = "/sys/kernel/mm/transparent_hugepage/enabled";
const CACHES: &str = "/sys/devices/system/cpu/cpu0/cache";
/// Where the machine does not tell.
const LIKELY_CACHE_BYTES: usize = 64 << 20;
const LINE_BYTES: usize = 64;

/// The pages of a mapping.
#[derive(Clone, Copy)]
pub enum Pages {
    /// 4 KB each.
    Small,
    /// 2 MB each.
    Huge,
}

impl Pages {
    /// As people read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Small => "4KB",
            Self::Huge => "huge",
        }
    }
}

/// When the system gives huge pages: `always`, `madvise` or `never`; `None` if it knows none.
pub fn huge_pages_mode() -> Option<String> {
    let modes = fs::read_to_string(HUGE_PAGES).ok()?;
    let (_, chosen) = modes.split_once('[')?;
    Some(chosen.split_once(']')?.0.to_owned())
}

/// A copy in an anonymous mapping that asks for such pages.
pub fn place(bytes: &[u8], pages: Pages) -> io::Result<MmapMut> {
    let mut map = MmapMut::map_anon(bytes.len())?;
    if huge_pages_mode().is_some() {
        map.advise(match pages {
            Pages::Small => Advice::NoHugePage,
            Pages::Huge => Advice::HugePage,
        })?;
    }
    map.copy_from_slice(bytes);
    Ok(map)
}

/// How much of the mapping came to lie in huge pages, 0 to 1.
pub fn huge_share(map: &MmapMut) -> io::Result<f64> {
    let address = map.as_ptr() as u64;
    let mut is_inside = false;
    for line in fs::read_to_string("/proc/self/smaps")?.lines() {
        let range = line.split(' ').next().and_then(|range| range.split_once('-'));
        let ends = range.map(|(start, end)| (u64::from_str_radix(start, 16), u64::from_str_radix(end, 16)));
        if let Some((Ok(start), Ok(end))) = ends {
            is_inside = (start..end).contains(&address);
        } else if let Some(kilobytes) = line.strip_prefix("AnonHugePages:").filter(|_| is_inside) {
            let kilobytes: f64 = kilobytes.trim_end_matches("kB").trim().parse().map_err(io::Error::other)?;
            return Ok(kilobytes * 1024.0 / map.len() as f64);
        }
    }
    Err(io::Error::other("the mapping is not listed"))
}

/// Memory that fills the caches when it is read.
pub struct Eviction {
    memory: Vec<u8>,
}

impl Eviction {
    /// Twice the largest cache, as caches do not always drop the oldest.
    pub fn new() -> Self {
        // Ones: untouched zeros would all be the same page.
        Self { memory: vec![1; 2 * largest_cache_bytes().unwrap_or(LIKELY_CACHE_BYTES)] }
    }

    /// Bytes that are read.
    pub fn bytes(&self) -> usize {
        self.memory.len()
    }

    /// Reads a byte of each line.
    pub fn run(&self) {
        black_box(self.memory.iter().step_by(LINE_BYTES).map(|byte| u64::from(*byte)).sum::<u64>());
    }
}

fn largest_cache_bytes() -> Option<usize> {
    let sizes = fs::read_dir(CACHES).ok()?.filter_map(|cache| {
        let size = fs::read_to_string(cache.ok()?.path().join("size")).ok()?;
        size.trim().strip_suffix('K')?.parse::<usize>().ok()
    });
    sizes.max().map(|kilobytes| kilobytes << 10)
}
