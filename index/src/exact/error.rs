//! Everything that can be wrong with the trees, a name each.

use space::DIMENSIONS;

use super::layout::PACKED_MAX;

/// Why the trees of an image are refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each variant is its documentation, the fields are its words")]
pub enum TreeError {
    #[error("reserved bytes are not zero: {place}")]
    ReservedNotZero { place: &'static str },
    #[error("{found} frauds, the header says {header}")]
    FraudCount { header: u32, found: u32 },
    #[error("the bytes start at an address that is no multiple of 4: map or copy them to an aligned one")]
    Misaligned,
    #[error("section {section} has {found} elements, must have {required}")]
    ElementCount { section: &'static str, found: u64, required: &'static str },
    #[error("the header orders the dimensions as {found:?}, which is no permutation of 0 to 13")]
    DimensionOrder { found: [u8; DIMENSIONS] },
    #[error("the header says that the rest's root is node {found}, which is not the one behind the sample")]
    RestRoot { found: u32 },
    #[error("{kind} {position}: the lanes in use must be one or more, from the first on")]
    LanesInUse { kind: &'static str, position: u32 },
    #[error("node {node}, child {lane}: points to {child}, which does not exist")]
    ChildOutOfRange { node: u32, lane: usize, child: u32 },
    #[error("node {node}, child {lane}: the walk must meet nodes and leaves in order, {child} was not due")]
    ChildOutOfOrder { node: u32, lane: usize, child: u32 },
    #[error("the tree is deeper than 128 nodes at node {node}")]
    TooDeep { node: u32 },
    #[error("{kind} {first} and those behind it are not reached from a root")]
    Unreachable { kind: &'static str, first: u32 },
    #[error("{kind} {position}: unused lane {lane} is not empty")]
    UnusedLane { kind: &'static str, position: u32, lane: usize },
    #[error("node {node}, child {lane}: its box is not the smallest one around its points of label {label}")]
    WrongBox { node: u32, lane: usize, label: usize },
    #[error("node {node}, child {lane}: wrong `holds` bit of label {label}")]
    WrongHolds { node: u32, lane: usize, label: usize },
    #[error("leaf {leaf}: its blocks do not follow those of the leaf before it")]
    BlocksOutOfOrder { leaf: u32 },
    #[error("leaf {leaf}: its points would be written with other values in {what}")]
    WrongLeaf { leaf: u32, what: &'static str },
    #[error("leaf {leaf}, block {lane}: reaches past the end of its section")]
    BlockOutOfRange { leaf: u32, lane: usize },
    #[error("block {block}: {points} points, must be 1 to 16")]
    BlockPoints { block: u32, points: u8 },
    #[error("block {block}: its bytes are no packed vectors")]
    BlockFormat { block: u32 },
    #[error("section blocks must end with {PACKED_MAX} zeros behind the last block")]
    PackedEnd,
    #[error("block {block}, lane {lane}: a value is stored as {value}, outside 0..=20000")]
    ValueOutOfRange { block: u32, lane: usize, value: i16 },
    #[error("section references has {bytes} bytes, which are no whole rows")]
    ReferenceRow { bytes: u64 },
    #[error("block {block}, lane {lane}: reference {reference} does not exist")]
    ReferenceOutOfRange { block: u32, lane: usize, reference: u32 },
    #[error("block {block}, lane {lane}: references of a block must ascend")]
    ReferencesOutOfOrder { block: u32, lane: usize },
    #[error("block {block}, lane {lane}: reference {reference} is there twice")]
    ReferenceTwice { block: u32, lane: usize, reference: u32 },
    #[error("{found} points, the header says {header} references")]
    PointCount { header: u32, found: u64 },
}
