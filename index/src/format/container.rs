//! The container, format 3: any sections for any engine, between a header and a checksum. `docs/FORMAT.md` draws it.
//!
//! What the sections hold is for the engine that the header names to say. Offsets count from the first byte, the table is in the
//! order of the kinds, and all bytes between sections are zero.

use std::io::{self, Write};
use std::ops::Range;

use bytemuck::{Pod, Zeroable};
use space::Progress;

use super::{Checksum, FormatError, MAGIC, SectionEntry, checksum_telling};

/// The version of the container.
pub const CONTAINER_VERSION: u32 = 3;
/// Bytes of the header; the section table follows.
pub const CONTAINER_HEADER_BYTES: usize = 64;
/// Most sections of an image.
pub const MAX_SECTIONS: usize = 64;
/// Where a section starts is a multiple of this: a page, so that it can be read as records of any type.
pub const SECTION_ALIGNMENT: u64 = 4096;

/// The header as it lies in the image. Its first 32 bytes are those of every version.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct ContainerHeader {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`CONTAINER_VERSION`].
    pub version: u32,
    /// [`CONTAINER_HEADER_BYTES`].
    pub header_bytes: u32,
    /// Bytes of the whole image.
    pub image_bytes: u64,
    /// XXH3-64 of the whole image with this field taken as zero.
    pub checksum: u64,
    /// The engine that answers from it: its name, filled up with zeros.
    pub engine: [u8; 16],
    /// Sections in the table.
    pub sections: u32,
    /// Zero.
    pub reserved: [u8; 12],
}

const _: () = assert!(size_of::<ContainerHeader>() == CONTAINER_HEADER_BYTES);
const _: () = assert!(std::mem::offset_of!(ContainerHeader, checksum) == std::mem::offset_of!(super::Header, checksum));

/// Writes the bytes of one section.
pub type WriteSection<'w> = dyn Fn(&mut dyn Write) -> io::Result<()> + 'w;

/// A section to be written.
pub struct Section<'w> {
    /// What it is; sections stand in ascending order.
    pub kind: u32,
    /// Its length.
    pub bytes: u64,
    /// Writes exactly so many bytes, the same each time.
    pub write: Box<WriteSection<'w>>,
}

impl<'w> Section<'w> {
    /// A section that lies in memory.
    pub fn of(kind: u32, bytes: &'w [u8]) -> Self {
        Self { kind, bytes: bytes.len() as u64, write: Box::new(move |out| out.write_all(bytes)) }
    }
}

/// Where sections of these lengths come to lie, and the length of the image.
fn plan(sections: &[Section<'_>]) -> (Vec<SectionEntry>, u64) {
    let mut end = (CONTAINER_HEADER_BYTES + entries_bytes(sections.len())) as u64;
    let entries = sections.iter().map(|section| {
        let offset = end.next_multiple_of(SECTION_ALIGNMENT);
        end = offset + section.bytes;
        SectionEntry { kind: section.kind, reserved: 0, offset, bytes: section.bytes, reserved_too: 0 }
    });
    (entries.collect(), end)
}

fn entries_bytes(sections: usize) -> usize {
    sections * size_of::<SectionEntry>()
}

/// Bytes of the image of these sections.
pub fn image_bytes(sections: &[Section<'_>]) -> u64 {
    plan(sections).1
}

/// Writes an image from start to end; needs no seeking, as it makes the sections twice: for the checksum in the header and for
/// `out`. No section is in memory as a whole.
///
/// # Errors
///
/// What `out` returns.
///
/// # Panics
///
/// If a section's length is another than it said, if kinds do not ascend, or if the engine's name is longer than 16 bytes.
pub fn write_image(engine: &str, sections: &[Section<'_>], out: &mut dyn Write) -> io::Result<()> {
    assert!(sections.len() <= MAX_SECTIONS && sections.is_sorted_by(|a, b| a.kind < b.kind), "sections ascend");
    let (entries, image_bytes) = plan(sections);
    let mut name = [0; 16];
    name[..engine.len()].copy_from_slice(engine.as_bytes());
    let mut header = ContainerHeader {
        magic: MAGIC,
        version: CONTAINER_VERSION,
        header_bytes: CONTAINER_HEADER_BYTES as u32,
        image_bytes,
        checksum: 0,
        engine: name,
        sections: sections.len() as u32,
        reserved: [0; 12],
    };
    let mut checksum = Checksum::default();
    write_parts(&header, &entries, sections, &mut checksum)?;
    header.checksum = checksum.digest();
    write_parts(&header, &entries, sections, out)
}

fn write_parts(
    header: &ContainerHeader,
    entries: &[SectionEntry],
    sections: &[Section<'_>],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = Counted { out, position: 0 };
    out.write_all(bytemuck::bytes_of(header))?;
    out.write_all(bytemuck::cast_slice(entries))?;
    for (entry, section) in entries.iter().zip(sections) {
        let gap = entry.offset - out.position;
        out.write_all(&[0; SECTION_ALIGNMENT as usize][..gap as usize])?;
        (section.write)(&mut out)?;
        assert_eq!(out.position, entry.offset + entry.bytes, "section {} is as long as it said", section.kind);
    }
    Ok(())
}

/// Knows how many bytes were written.
struct Counted<'o> {
    out: &'o mut dyn Write,
    position: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.position += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The parts of an image whose header and table were checked.
#[derive(Clone, Debug)]
pub struct Container<'a> {
    bytes: &'a [u8],
    header: ContainerHeader,
    sections: Vec<(u32, Range<usize>)>,
}

impl<'a> Container<'a> {
    /// Checks header, section table and the bytes between sections; not the checksum.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn read(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let header = read_header(bytes)?;
        let count = header.sections as usize;
        let table_end = CONTAINER_HEADER_BYTES + entries_bytes(count);
        let Some(table) = bytes.get(CONTAINER_HEADER_BYTES..table_end) else {
            return Err(FormatError::TooShort { bytes: bytes.len() });
        };
        let (mut sections, mut end) = (Vec::<(u32, Range<usize>)>::with_capacity(count), table_end);
        for entry in table.chunks_exact(size_of::<SectionEntry>()) {
            let entry: SectionEntry = bytemuck::pod_read_unaligned(entry);
            let range = check_entry(&entry, bytes.len() as u64)?;
            if sections.last().is_some_and(|(kind, _)| *kind >= entry.kind) {
                return Err(FormatError::SectionOrder { kind: entry.kind });
            }
            let gap = bytes.get(end..range.start).ok_or(FormatError::NumberedOverlap { kind: entry.kind })?;
            if gap.iter().any(|byte| *byte != 0) {
                return Err(FormatError::ReservedNotZero { place: "bytes between sections" });
            }
            end = range.end;
            sections.push((entry.kind, range));
        }
        if end != bytes.len() {
            return Err(FormatError::TrailingBytes { after: end as u64, bytes: bytes.len() as u64 });
        }
        Ok(Self { bytes, header, sections })
    }

    /// Compares the checksum with that of the bytes, telling how far it is.
    ///
    /// # Errors
    ///
    /// If they differ.
    pub fn check_checksum(&self, progress: &Progress<'_>) -> Result<(), FormatError> {
        let found = checksum_telling(self.bytes, progress);
        if found != self.header.checksum {
            return Err(FormatError::Checksum { header: self.header.checksum, found });
        }
        Ok(())
    }

    /// The header.
    pub fn header(&self) -> &ContainerHeader {
        &self.header
    }

    /// The engine's name.
    pub fn engine(&self) -> &str {
        let name = &self.header.engine;
        let length = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        std::str::from_utf8(&name[..length]).unwrap_or("?")
    }

    /// The bytes of the section of this kind, if there is one.
    pub fn section(&self, kind: u32) -> Option<&'a [u8]> {
        let (_, range) = self.sections.iter().find(|(found, _)| *found == kind)?;
        Some(&self.bytes[range.clone()])
    }

    /// All sections: kind and where they lie.
    pub fn sections(&self) -> &[(u32, Range<usize>)] {
        &self.sections
    }
}

/// Whether the header of an image names format 3; those before hold the version at the same place.
pub fn is_container(image: &[u8]) -> bool {
    const AT: usize = std::mem::offset_of!(ContainerHeader, version);
    image.get(AT..AT + size_of::<u32>()) == Some(&CONTAINER_VERSION.to_le_bytes())
}

fn read_header(bytes: &[u8]) -> Result<ContainerHeader, FormatError> {
    let Some(raw) = bytes.get(..CONTAINER_HEADER_BYTES) else {
        return Err(FormatError::TooShort { bytes: bytes.len() });
    };
    let header: ContainerHeader = bytemuck::pod_read_unaligned(raw);
    if header.magic != MAGIC {
        return Err(FormatError::BadMagic);
    }
    if header.version != CONTAINER_VERSION {
        return Err(FormatError::UnsupportedVersion { found: header.version });
    }
    if header.image_bytes != bytes.len() as u64 {
        return Err(FormatError::WrongLength { header: header.image_bytes, actual: bytes.len() as u64 });
    }
    let required = CONTAINER_HEADER_BYTES as u32;
    if header.header_bytes != required {
        return Err(FormatError::HeaderField { field: "header_bytes", found: header.header_bytes, required });
    }
    if header.sections as usize > MAX_SECTIONS {
        let (field, required) = ("sections", MAX_SECTIONS as u32);
        return Err(FormatError::HeaderField { field, found: header.sections, required });
    }
    if header.reserved != [0; 12] {
        return Err(FormatError::ReservedNotZero { place: "header" });
    }
    Ok(header)
}

fn check_entry(entry: &SectionEntry, image_bytes: u64) -> Result<Range<usize>, FormatError> {
    if entry.reserved != 0 || entry.reserved_too != 0 {
        return Err(FormatError::ReservedNotZero { place: "section table" });
    }
    if !entry.offset.is_multiple_of(SECTION_ALIGNMENT) {
        return Err(FormatError::NumberedMisaligned { kind: entry.kind, offset: entry.offset });
    }
    match entry.offset.checked_add(entry.bytes).filter(|end| *end <= image_bytes) {
        // Both fit: the image is in memory.
        Some(end) => Ok(entry.offset as usize..end as usize),
        None => Err(FormatError::NumberedOutOfBounds { kind: entry.kind }),
    }
}

impl Write for Checksum {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
