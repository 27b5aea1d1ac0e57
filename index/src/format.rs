//! The container, format 2: header, section table, checksum. `docs/FORMAT.md` draws it.
//!
//! An image is little-endian and position-independent: header, section table, then the sections in the order of
//! [`SectionKind`], each at a multiple of its alignment, all bytes between them zero. What the sections hold is for the engine
//! to say.

mod checksum;
mod container;
mod error;
mod header;
mod sections;

pub use checksum::{Checksum, checksum};
pub use container::{
    CONTAINER_HEADER_BYTES, CONTAINER_VERSION, Container, ContainerHeader, MAX_SECTIONS, SECTION_ALIGNMENT, Section,
    image_bytes, is_container, write_image,
};
pub use error::FormatError;
pub use header::{HEADER_BYTES, Header, MAGIC, MAX_REFERENCES, NO_REST, SECTION_COUNT, VERSION};
pub use sections::{RuleSections, SectionEntry, SectionKind, TABLE_BYTES};

pub(crate) use checksum::checksum_telling;
pub(crate) use header::read_header;
pub(crate) use sections::{plan_sections, read_sections};

const _: () = assert!(cfg!(target_endian = "little"), "an image is read in place, so the host must be little-endian");
