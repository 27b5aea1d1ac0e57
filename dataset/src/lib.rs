//! Reference vectors and test payloads: reader, writer, seeded generator and brute-force labels.
//!
//! Equal recipes give equal bytes on every machine; [`ReferenceRecipe::OFFICIAL`] gives the contest's references file,
//! known by [`OFFICIAL_SHA256`], and the recipes of [`PayloadRecipe`] its published payloads. Labels come from plain
//! distances to all references ([`label`]), so that search engines can be measured against them.

mod avx2;
mod draw;
mod error;
mod label;
mod number;
mod payload_file;
mod payloads;
mod pcg;
mod profile;
mod queries;
mod recipe;
mod reference_file;
mod references;
mod request;
mod row;
mod scan;
mod source;
mod tile;

pub use error::DataError;
pub use label::{Neighbour, label, nearest};
pub use payload_file::{PayloadEntry, read_payloads, write_payloads};
pub use payloads::{Payload, generate_payloads, payload_queries};
pub use queries::{QueryKind, draw_queries};
pub use recipe::{Dates, PayloadRecipe, ReferenceRecipe};
pub use reference_file::{ReadReferences, read_references, references_sha256, write_references};
pub use references::{MAX_REFERENCES, References, generate_references, official_references};
pub use source::read_json;

/// SHA-256 of the official references file, uncompressed.
pub const OFFICIAL_SHA256: &str = "24a1fd588e2598ab62de9ac7ac73408e571589e00da4243d7afc9d0f01878f77";

/// (phase, done, total): called at the start (done 0) and end (done == total) of each phase and now and then between.
/// A total of 0 means that it is not known yet.
pub type Progress<'a> = dyn Fn(&'static str, u64, u64) + Sync + 'a;
