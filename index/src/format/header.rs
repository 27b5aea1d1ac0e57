//! The first bytes of an image: what it is, how large, how many references.

use bytemuck::{Pod, Zeroable};
use space::{DIMENSIONS, NEIGHBOURS, SCALE};

use super::FormatError;
use crate::lanes::LANES;

/// The first eight bytes of every image.
pub const MAGIC: [u8; 8] = *b"frdring\n";
/// The only version this crate reads and writes.
pub const VERSION: u32 = 2;
/// In place of the rest's root: there is no rest.
pub const NO_REST: u32 = u32::MAX;
/// Bytes of the header; the section table follows.
pub const HEADER_BYTES: usize = 128;
/// The most references of an image.
pub const MAX_REFERENCES: u32 = (1 << 31) - 1;
/// Sections of an image.
pub const SECTION_COUNT: usize = 6;

/// The header as it lies in the image.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`VERSION`].
    pub version: u32,
    /// [`HEADER_BYTES`].
    pub header_bytes: u32,
    /// Bytes of the whole image.
    pub image_bytes: u64,
    /// XXH3-64 of the whole image with this field taken as zero.
    pub checksum: u64,
    /// References in the image.
    pub references: u32,
    /// Those of them labelled fraud.
    pub frauds: u32,
    /// Values of a vector: 14.
    pub dimensions: u32,
    /// The stored value of 1.0: 10000.
    pub scale: u32,
    /// Sections in the table.
    pub sections: u32,
    /// Points of a block, blocks of a leaf and children of a node: 16.
    pub lanes: u32,
    /// Position of the root node of the rest; [`NO_REST`] if all references are in the sample.
    pub rest: u32,
    /// Place in the image to dimension of a vector: a permutation.
    pub order: [u8; DIMENSIONS],
    /// Zero.
    pub reserved: [u8; 54],
}

const _: () = assert!(size_of::<Header>() == HEADER_BYTES);

impl Header {
    /// A header of this version; the checksum is filled in last.
    pub(crate) fn new(
        image_bytes: u64,
        references: u32,
        frauds: u32,
        rest: Option<u32>,
        order: [u8; DIMENSIONS],
    ) -> Self {
        Self {
            magic: MAGIC,
            version: VERSION,
            header_bytes: HEADER_BYTES as u32,
            image_bytes,
            checksum: 0,
            references,
            frauds,
            dimensions: DIMENSIONS as u32,
            scale: SCALE as u32,
            sections: SECTION_COUNT as u32,
            lanes: LANES as u32,
            rest: rest.unwrap_or(NO_REST),
            order,
            reserved: [0; 54],
        }
    }
}

/// The header of `bytes`, once each of its fields says what this version requires.
pub(crate) fn read_header(bytes: &[u8]) -> Result<Header, FormatError> {
    let Some(raw) = bytes.get(..HEADER_BYTES) else {
        return Err(FormatError::TooShort { bytes: bytes.len() });
    };
    let header: Header = bytemuck::pod_read_unaligned(raw);
    if header.magic != MAGIC {
        return Err(FormatError::BadMagic);
    }
    if header.version != VERSION {
        return Err(FormatError::UnsupportedVersion { found: header.version });
    }
    if header.image_bytes != bytes.len() as u64 {
        return Err(FormatError::WrongLength { header: header.image_bytes, actual: bytes.len() as u64 });
    }
    let fixed = [
        ("header_bytes", header.header_bytes, HEADER_BYTES as u32),
        ("dimensions", header.dimensions, DIMENSIONS as u32),
        ("scale", header.scale, SCALE as u32),
        ("sections", header.sections, SECTION_COUNT as u32),
        ("lanes", header.lanes, LANES as u32),
    ];
    for (field, found, required) in fixed {
        if found != required {
            return Err(FormatError::HeaderField { field, found, required });
        }
    }
    if header.reserved != [0; 54] {
        return Err(FormatError::ReservedNotZero { place: "header" });
    }
    if header.references < NEIGHBOURS as u32 || header.references > MAX_REFERENCES {
        return Err(FormatError::ReferenceCount { found: header.references });
    }
    if header.frauds > header.references {
        return Err(FormatError::FraudCount { header: header.frauds, found: header.references });
    }
    Ok(header)
}
