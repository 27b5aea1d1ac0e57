//! Reference vectors and test payloads: reader, writer, seeded generator and brute-force labels.
#![allow(missing_docs, clippy::todo)]
use std::io::{Read, Write};
use transaction::{Label, Query, Rules};

/// Labelled vectors, in file order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct References {
    pub vectors: Vec<Query>,
    pub labels: Vec<Label>,
}
/// SHA-256 of the official references file.
pub const OFFICIAL_SHA256: &str = "24a1fd588e2598ab62de9ac7ac73408e571589e00da4243d7afc9d0f01878f77";
/// (phase, done, total): called at the start (done 0) and end (done == total) of each phase and now and then between.
pub type Progress<'a> = dyn Fn(&'static str, u64, u64) + Sync + 'a;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dates {
    Classic,
    Random,
}
/// How references are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReferenceRecipe {
    pub count: u64,
    pub seed: u64,
    pub fraud_ratio: f64,
}
impl ReferenceRecipe {
    pub const OFFICIAL: Self = Self { count: 3_000_000, seed: 42, fraud_ratio: 0.35 };
}
/// How payloads are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PayloadRecipe {
    pub count: u64,
    pub seed: u64,
    pub fraud_ratio: f64,
    pub borderline_share: f64,
    pub dates: Dates,
}
impl PayloadRecipe {
    pub const PREVIEW_1: Self =
        Self { count: 54_100, seed: 4242, fraud_ratio: 0.47, borderline_share: 0.10, dates: Dates::Classic };
    pub const PREVIEW_2: Self =
        Self { count: 54_100, seed: 4141, fraud_ratio: 0.47, borderline_share: 0.10, dates: Dates::Random };
    pub const FINAL_LIKE: Self =
        Self { count: 72_100, seed: 0, fraud_ratio: 0.6, borderline_share: 0.8, dates: Dates::Random };
}
pub fn generate_references(recipe: &ReferenceRecipe, progress: &Progress<'_>) -> References {
    let _ = (recipe, progress);
    todo!()
}
/// Generates the official set and refuses to return it if its text's SHA-256 differs.
pub fn official_references(progress: &Progress<'_>) -> Result<References, DataError> {
    let _ = progress;
    todo!()
}

/// One test payload with its expected answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    /** the request's compact JSON text */
    pub request: String,
    pub query: Query,
    pub expected_frauds: u8,
}
/// Draws payloads and labels each by brute force over `references`.
pub fn generate_payloads(recipe: &PayloadRecipe, references: &References, progress: &Progress<'_>) -> Vec<Payload> {
    let _ = (recipe, references, progress);
    todo!()
}
/// Frauds among the 5 nearest of each query, by brute force, in parallel, calling no engine.
pub fn label(queries: &[Query], references: &References, progress: &Progress<'_>) -> Vec<u8> {
    let _ = (queries, references, progress);
    todo!()
}

#[derive(Debug, thiserror::Error)]
pub enum DataError {}
/// What `read_references` found. `rounded`: values that were not multiples of 0.0001.
pub struct ReadReferences {
    pub references: References,
    pub rounded: u64,
}
/// Streams `references.json`, gzip recognised by its first bytes.
pub fn read_references(source: impl Read, progress: &Progress<'_>) -> Result<ReadReferences, DataError> {
    let _ = (source, progress);
    todo::<ReadReferences>()
}
pub fn write_references(references: &References, out: impl Write, progress: &Progress<'_>) -> Result<(), DataError> {
    let _ = (references, out, progress);
    todo!()
}
/// SHA-256 (hex) of the uncompressed bytes is in the payload file; `references_sha256` goes there.
pub fn write_payloads(payloads: &[Payload], references_sha256: &str, out: impl Write) -> Result<(), DataError> {
    let _ = (payloads, references_sha256, out);
    todo!()
}
/// Entries of a payload file; requests keep their text as it stands in the file (any key order).
pub struct PayloadEntry {
    pub request: String,
    pub expected_approved: bool,
    pub expected_frauds: u8,
}
pub fn read_payloads(source: impl Read) -> Result<Vec<PayloadEntry>, DataError> {
    let _ = source;
    todo!()
}
/// SHA-256 in hex of the uncompressed references text
pub fn references_sha256(references: &References) -> String {
    let _ = references;
    todo!()
}
fn todo<T>() -> Result<T, DataError> {
    let _: Option<Rules> = None;
    todo!()
}
