//! The records of the exact engine: nodes, leaves, coded blocks, references. `docs/FORMAT.md` draws them.
//!
//! `records` are read where they lie; `leaf_codec` and `block_codec` turn points into a leaf and its bytes and back;
//! `view` is both trees as the search sees them.

mod block_codec;
mod bounds;
mod dimension_order;
mod leaf_codec;
mod records;
mod references;
mod view;

pub use block_codec::{BLOCK_ALIGNMENT, FORMATS, PACKED_MAX, PACKED_UNIT};
pub use records::{Boxes, LEAF_FLAG, Leaf, MAX_DEPTH, Node};

#[cfg(target_arch = "x86_64")]
pub(crate) use block_codec::Decoding;
#[cfg(any(test, target_arch = "x86_64"))]
pub(crate) use block_codec::PackedShape;
pub(crate) use block_codec::{decoding, width_for};
pub(crate) use bounds::{Bounds, LabelBounds};
pub(crate) use dimension_order::DimensionOrder;
#[cfg(test)]
pub(crate) use leaf_codec::block_box;
pub(crate) use leaf_codec::{BlockPoints, encode_leaf};
pub(crate) use references::{NO_REFERENCE, References, reference_width, write_references};
pub(crate) use view::{Child, Place, Trees};
