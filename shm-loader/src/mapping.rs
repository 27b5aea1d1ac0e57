//! The two places where bytes of a file become a slice, and where the kernel is asked which of them are in memory.
#![allow(unsafe_code)]

use memmap2::{Mmap, MmapOptions};
use rustix::param::page_size;
use std::fs::File;
use std::io;

/// Maps the first `bytes` bytes for reading.
///
/// The caller has checked that only the segment's owner can write to the file; loaders never write to one that is
/// published and never shorten it.
pub(crate) fn map_read_only(file: &File, bytes: usize) -> io::Result<Mmap> {
    // SAFETY: nobody changes or truncates a published segment: it has mode 0444, its only writer was the loader,
    // which closed it before publishing, and it is replaced by rename, which leaves this file as it is.
    unsafe { MmapOptions::new().len(bytes).map(file) }
}

/// Pages of the mapping that are in memory now. The kernel tells the truth only to the file's owner and to root.
pub(crate) fn resident_pages(map: &Mmap) -> io::Result<u64> {
    let mut states = vec![0u8; map.len().div_ceil(page_size())];
    // SAFETY: the mapping starts at a page boundary and is `map.len()` bytes long; `states` has one byte for each of
    // its pages.
    let answer = unsafe { libc::mincore(map.as_ptr().cast_mut().cast(), map.len(), states.as_mut_ptr()) };
    if answer != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(states.iter().filter(|state| *state & 1 == 1).count() as u64)
}
