//! Readers and writers of references and payload files.

mod payloads;
mod references;
mod row;
mod source;

pub use payloads::{PayloadEntry, read_payloads, write_payloads};
pub(crate) use references::references_sha256_with;
pub use references::{ReadReferences, read_references, references_sha256, write_references};
pub use source::read_json;
