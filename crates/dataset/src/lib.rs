//! Reference vectors and test payloads: reader, writer, seeded generator and brute-force labels.
//!
//! Equal recipes give equal bytes on every machine; [`ReferenceRecipe::OFFICIAL`] gives the contest's references file,
//! known by [`OFFICIAL_SHA256`], and the recipes of [`PayloadRecipe`] its published payloads. Labels come from plain
//! distances to all references ([`label`]), so that search engines can be measured against them.

#![warn(clippy::missing_errors_doc)]

mod error;
mod files;
mod generate;
mod number;
mod payload;
mod references;
mod truth;

pub use error::DataError;
pub use files::{
    PayloadEntry, ReadReferences, read_json, read_payloads, read_references, references_sha256, write_payloads,
    write_references,
};
pub use generate::{
    Dates, PayloadRecipe, QueryKind, ReferenceRecipe, draw_queries, generate_payloads, generate_references,
    official_references, payload_queries,
};
pub use payload::Payload;
pub use references::{MAX_REFERENCES, References};
pub use space::{Neighbour, Progress};
pub use truth::{label, nearest};

/// SHA-256 of the official references file, uncompressed.
pub const OFFICIAL_SHA256: &str = "24a1fd588e2598ab62de9ac7ac73408e571589e00da4243d7afc9d0f01878f77";
