//! Format 2: where each byte of an image lies. `docs/FORMAT.md` draws it.
//!
//! An image is little-endian and position-independent: header, section table, then the sections in the order of
//! [`SectionKind`], each at a multiple of its alignment, all bytes between them zero.

mod bounds;
mod checksum;
mod error;
mod header;
mod lanes;
mod layout;
mod leaf;
mod order;
mod packed;
mod references;
mod sections;
mod tree;
mod trees;

pub use checksum::{Checksum, checksum};
pub use error::OpenError;
pub use header::{HEADER_BYTES, Header, MAGIC, NO_REST, SECTION_COUNT, VERSION};
pub use lanes::{LANES, PAIRS, Paired, Pairs};
pub use layout::{Boxes, LEAF_FLAG, Leaf, MAX_DEPTH, MAX_REFERENCES, Node};
pub use packed::{BLOCK_ALIGNMENT, FORMATS, PACKED_MAX, PACKED_UNIT};
pub use sections::{RuleSections, SectionEntry, SectionKind, TABLE_BYTES};

pub(crate) use bounds::{Bounds, LabelBounds};
pub(crate) use header::read_header;
#[cfg(test)]
pub(crate) use leaf::block_box;
pub(crate) use leaf::{BlockPoints, read_block, write_leaf};
pub(crate) use order::Order;
pub(crate) use packed::{Decoding, PackedShape, decoding, width_for};
pub(crate) use references::{NO_REFERENCE, References, reference_width, write_references};
pub(crate) use sections::{plan_sections, read_sections};
pub(crate) use tree::{Shape, survey_trees, validate_trees};
pub(crate) use trees::{Child, Trees};

const _: () = assert!(cfg!(target_endian = "little"), "an image is read in place, so the host must be little-endian");
