//! Everything that can be wrong with the container, a name each.

/// Why an image's header, section table or checksum is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each variant is its documentation, the fields are its words")]
pub enum FormatError {
    #[error("{bytes} bytes are too few for an index: is this the right file?")]
    TooShort { bytes: usize },
    #[error("this is no fraudring index: the first bytes are not its magic")]
    BadMagic,
    #[error("index format {found} is not supported (this program reads format 2): build the index again")]
    UnsupportedVersion { found: u32 },
    #[error("the header says {header} bytes, but there are {actual}: the index was cut off or grew")]
    WrongLength { header: u64, actual: u64 },
    #[error("header field {field} is {found}, must be {required}")]
    HeaderField { field: &'static str, found: u32, required: u32 },
    #[error("reserved bytes are not zero: {place}")]
    ReservedNotZero { place: &'static str },
    #[error("{found} references: an index holds 5 to 2147483647")]
    ReferenceCount { found: u32 },
    #[error("{found} frauds, the header says {header}")]
    FraudCount { header: u32, found: u32 },
    #[error("checksum {found:016x}, the header says {header:016x}: the index is damaged, build it again")]
    Checksum { header: u64, found: u64 },
    #[error("section {section} stands where kind {found} is written")]
    SectionKind { section: &'static str, found: u32 },
    #[error("section {section} starts at {offset}, no multiple of {alignment}")]
    SectionMisaligned { section: &'static str, offset: u64, alignment: u64 },
    #[error("section {section} reaches past the end")]
    SectionOutOfBounds { section: &'static str },
    #[error("section {section} starts inside what comes before it")]
    SectionOverlap { section: &'static str },
    #[error("section {section} has {bytes} bytes, no whole number of elements of {element_bytes}")]
    SectionLength { section: &'static str, bytes: u64, element_bytes: u64 },
    #[error("section {kind} stands behind one of a higher kind, or of the same")]
    SectionOrder { kind: u32 },
    #[error("section {kind} starts inside what comes before it")]
    NumberedOverlap { kind: u32 },
    #[error("section {kind} starts at {offset}, no multiple of 4096")]
    NumberedMisaligned { kind: u32, offset: u64 },
    #[error("section {kind} reaches past the end")]
    NumberedOutOfBounds { kind: u32 },
    #[error("section {kind} is missing")]
    SectionMissing { kind: u32 },
    #[error("section {kind} has {bytes} bytes, must have {required}")]
    SectionBytes { kind: u32, bytes: u64, required: u64 },
    #[error("{bytes} bytes, but the last section ends at {after}")]
    TrailingBytes { after: u64, bytes: u64 },
    #[error("section {section} has {found} elements, must have {required}")]
    ElementCount { section: &'static str, found: u64, required: &'static str },
}
