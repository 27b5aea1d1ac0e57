//! The section table: which part of an image lies where.

use std::ops::Range;

use bytemuck::{Pod, Zeroable};

use super::{FormatError, HEADER_BYTES, SECTION_COUNT};

/// The sections of an image, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum SectionKind {
    /// One element: the constants of the payload's schema, opaque to this crate.
    Normalization = 1,
    /// The category table of the payload's schema, opaque to this crate.
    MccRisk = 2,
    /// Nodes, the sample's root first, every parent before its children.
    Nodes = 3,
    /// Leaf records, in the order in which a walk from the roots meets them.
    Leaves = 4,
    /// The packed vectors of the leaves' blocks, in their order, and zeros behind them.
    Blocks = 5,
    /// For each block 16 numbers of 3 bytes, or 4 from 2^24 references on: which reference each lane is.
    References = 6,
}

/// Bytes of the section table.
pub const TABLE_BYTES: usize = SECTION_COUNT * size_of::<SectionEntry>();

impl SectionKind {
    /// All kinds, in their order.
    pub const ALL: [Self; SECTION_COUNT] =
        [Self::Normalization, Self::MccRisk, Self::Nodes, Self::Leaves, Self::Blocks, Self::References];

    /// The name people read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normalization => "normalization",
            Self::MccRisk => "mcc_risk",
            Self::Nodes => "nodes",
            Self::Leaves => "leaves",
            Self::Blocks => "blocks",
            Self::References => "references",
        }
    }

    /// Bytes of one element. The engine asserts that its records have these sizes.
    pub const fn element_bytes(self) -> u64 {
        match self {
            Self::Normalization => 56,
            Self::MccRisk => 16,
            Self::Nodes => 1920,
            Self::Leaves => 832,
            Self::Blocks => 64,
            // A row has three or four times as many.
            Self::References => 16,
        }
    }

    /// What the section's offset is a multiple of: the walked sections start on a page.
    pub fn alignment(self) -> u64 {
        match self {
            Self::Normalization | Self::MccRisk => 64,
            Self::Nodes | Self::Leaves | Self::Blocks | Self::References => 4096,
        }
    }
}

/// The two sections that say how a payload becomes a vector: stored and returned byte for byte. What they mean, and
/// whether they make sense, is for the crate of the payload's schema to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleSections<'a> {
    /// 56 bytes.
    pub normalization: &'a [u8],
    /// Any number of rows of 16 bytes.
    pub mcc_risk: &'a [u8],
}

/// One row of the table. 32 bytes.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct SectionEntry {
    /// A [`SectionKind`].
    pub kind: u32,
    /// Zero.
    pub reserved: u32,
    /// First byte, from the start of the image.
    pub offset: u64,
    /// Length in bytes, a whole number of elements.
    pub bytes: u64,
    /// Zero.
    pub reserved_too: u64,
}

const _: () = assert!(size_of::<SectionEntry>() == 32);

/// Where sections of these lengths come to lie, and the length of the whole image.
pub(crate) fn plan_sections(bytes: [u64; SECTION_COUNT]) -> ([SectionEntry; SECTION_COUNT], u64) {
    let mut end = (HEADER_BYTES + TABLE_BYTES) as u64;
    let entries = std::array::from_fn(|i| {
        let kind = SectionKind::ALL[i];
        let offset = end.next_multiple_of(kind.alignment());
        end = offset + bytes[i];
        SectionEntry { kind: kind as u32, reserved: 0, offset, bytes: bytes[i], reserved_too: 0 }
    });
    (entries, end)
}

/// The byte range of each section, once all of them lie inside `bytes`, in order, whole, aligned, with zeros between.
pub(crate) fn read_sections(bytes: &[u8]) -> Result<[Range<usize>; SECTION_COUNT], FormatError> {
    let Some(table) = bytes.get(HEADER_BYTES..HEADER_BYTES + TABLE_BYTES) else {
        return Err(FormatError::TooShort { bytes: bytes.len() });
    };
    let mut ranges: [Range<usize>; SECTION_COUNT] = std::array::from_fn(|_| 0..0);
    let mut end = HEADER_BYTES + TABLE_BYTES;
    for (i, kind) in SectionKind::ALL.into_iter().enumerate() {
        let size = size_of::<SectionEntry>();
        let entry: SectionEntry = bytemuck::pod_read_unaligned(&table[i * size..(i + 1) * size]);
        ranges[i] = check_entry(&entry, kind, bytes.len() as u64)?;
        let Some(gap) = bytes.get(end..ranges[i].start) else {
            return Err(FormatError::SectionOverlap { section: kind.name() });
        };
        if gap.iter().any(|byte| *byte != 0) {
            return Err(FormatError::ReservedNotZero { place: "bytes between sections" });
        }
        end = ranges[i].end;
    }
    if end != bytes.len() {
        return Err(FormatError::TrailingBytes { after: end as u64, bytes: bytes.len() as u64 });
    }
    let [normalization, ..] = &ranges;
    let found = normalization.len() as u64 / SectionKind::Normalization.element_bytes();
    if found != 1 {
        let section = SectionKind::Normalization.name();
        return Err(FormatError::ElementCount { section, found, required: "exactly one" });
    }
    Ok(ranges)
}

fn check_entry(entry: &SectionEntry, kind: SectionKind, image_bytes: u64) -> Result<Range<usize>, FormatError> {
    let section = kind.name();
    if entry.kind != kind as u32 {
        return Err(FormatError::SectionKind { section, found: entry.kind });
    }
    if entry.reserved != 0 || entry.reserved_too != 0 {
        return Err(FormatError::ReservedNotZero { place: "section table" });
    }
    if !entry.offset.is_multiple_of(kind.alignment()) {
        return Err(FormatError::SectionMisaligned { section, offset: entry.offset, alignment: kind.alignment() });
    }
    let Some(end) = entry.offset.checked_add(entry.bytes).filter(|end| *end <= image_bytes) else {
        return Err(FormatError::SectionOutOfBounds { section });
    };
    if !entry.bytes.is_multiple_of(kind.element_bytes()) {
        return Err(FormatError::SectionLength { section, bytes: entry.bytes, element_bytes: kind.element_bytes() });
    }
    // Both fit: the image is in memory.
    Ok(entry.offset as usize..end as usize)
}
