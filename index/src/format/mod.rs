//! Format v1: where each byte of an image lies. `docs/FORMAT.md` draws it.
//!
//! An image is little-endian and position-independent: header, section table, then the sections in the order of
//! [`SectionKind`], each at a multiple of its alignment, all bytes between them zero.

mod checksum;
mod error;
mod header;
mod layout;
mod rules;
mod sections;
mod tree;

pub use checksum::{Checksum, checksum};
pub use error::OpenError;
pub use header::{HEADER_BYTES, Header, MAGIC, VERSION};
pub use layout::{BLOCK_FLAG, Block, Boxes, DIMENSION_PAIRS, EMPTY_TAG, LANES, MAX_DEPTH, MAX_REFERENCES, Node};
pub use sections::{SECTION_COUNT, SectionEntry, SectionKind, TABLE_BYTES};

pub(crate) use header::read_header;
pub(crate) use layout::{set_vector, tag, tag_label, tag_reference};
pub(crate) use rules::{decode_rules, encode_mcc_risk, encode_normalization};
pub(crate) use sections::{plan_sections, read_sections};
pub(crate) use tree::{Bounds, LabelBounds, validate_tree};

const _: () = assert!(cfg!(target_endian = "little"), "an image is read in place, so the host must be little-endian");
