//! An image, and ways to damage it.

use std::mem::offset_of;

use index::format::{HEADER_BYTES, Header, SECTION_COUNT, SectionEntry, SectionKind, checksum};
use index::{Index, OpenError};

use crate::common::{Points, Random};

pub const REFERENCES: u32 = 3_003;

pub fn image() -> Vec<u8> {
    let mut random = Random::new(11);
    let (vectors, labels) = (0..REFERENCES).map(|_| (random.query(0, 9_999), random.label())).unzip();
    Points { vectors, labels }.build()
}

pub fn reseal(image: &mut [u8]) {
    let sum = checksum(image);
    let at = offset_of!(Header, checksum);
    image[at..at + 8].copy_from_slice(&sum.to_le_bytes());
}

pub fn refusal(image: &[u8]) -> OpenError {
    Index::open(image).err().expect("a corrupt image was accepted")
}

/// The refusal of an image that `change` damaged and whose checksum was made to fit.
pub fn refusal_after(change: impl FnOnce(&mut Vec<u8>)) -> OpenError {
    let mut image = image();
    change(&mut image);
    reseal(&mut image);
    refusal(&image)
}

pub fn header(image: &[u8]) -> Header {
    *bytemuck::from_bytes(&image[..HEADER_BYTES])
}

pub fn header_after(change: impl FnOnce(&mut Header)) -> OpenError {
    refusal_after(|image| change(bytemuck::from_bytes_mut(&mut image[..HEADER_BYTES])))
}

pub fn entry(image: &mut [u8], kind: SectionKind) -> &mut SectionEntry {
    let at = HEADER_BYTES + (kind as usize - 1) * size_of::<SectionEntry>();
    bytemuck::from_bytes_mut(&mut image[at..at + size_of::<SectionEntry>()])
}

pub fn entry_after(kind: SectionKind, change: impl FnOnce(&mut SectionEntry)) -> OpenError {
    refusal_after(|image| change(entry(image, kind)))
}

pub fn section(image: &mut [u8], kind: SectionKind) -> &mut [u8] {
    let entry = *entry(image, kind);
    &mut image[entry.offset as usize..(entry.offset + entry.bytes) as usize]
}

/// The refusal after the records of a section were changed.
pub fn records_after<T: bytemuck::Pod>(kind: SectionKind, change: impl FnOnce(&mut [T])) -> OpenError {
    refusal_after(|image| change(bytemuck::cast_slice_mut(section(image, kind))))
}

/// The refusal after a section was replaced by another of any length, the others moved to fit.
pub fn refusal_with(kind: SectionKind, content: &[u8]) -> OpenError {
    let mut old = image();
    let mut new = old[..HEADER_BYTES + SECTION_COUNT * size_of::<SectionEntry>()].to_vec();
    for each in SectionKind::ALL {
        let content = if each == kind { content.to_vec() } else { section(&mut old, each).to_vec() };
        new.resize(new.len().next_multiple_of(each.alignment() as usize), 0);
        let offset = new.len() as u64;
        new.extend_from_slice(&content);
        let entry = entry(&mut new, each);
        (entry.offset, entry.bytes) = (offset, content.len() as u64);
    }
    let length = new.len() as u64;
    bytemuck::from_bytes_mut::<Header>(&mut new[..HEADER_BYTES]).image_bytes = length;
    reseal(&mut new);
    refusal(&new)
}
