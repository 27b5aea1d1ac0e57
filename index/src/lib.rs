//! Labelled vectors to bytes, bytes to exact answers: format, builder, search engine and kernels, pure over `&[u8]`.
#![allow(missing_docs, clippy::todo)]
use transaction::{Label, Query, Rules};

/// One of the five nearest references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    pub reference: u32,
    /** squared, in units of 1/10000 */
    pub distance: u64,
    pub label: Label,
}

/// A validated index over borrowed bytes.
pub struct Index<'a> {
    bytes: &'a [u8],
}
impl<'a> Index<'a> {
    /// Checks everything (checksum and structure), then chooses the kernel (`FRAUDRING_KERNEL` forces one).
    pub fn open(bytes: &'a [u8]) -> Result<Self, OpenError> {
        let _ = bytes;
        todo!()
    }
    /// Frauds among the five nearest, 0..=5.
    pub fn classify(&self, query: &Query) -> u8 {
        let _ = query;
        todo!()
    }
    /// Nearest first, ties by the lower reference.
    pub fn neighbours(&self, query: &Query) -> [Neighbour; 5] {
        let _ = query;
        todo!()
    }
    pub fn rules(&self) -> &Rules {
        todo!()
    }
    pub fn info(&self) -> Info {
        todo!()
    }
    /// The stored vector of a slot in storage order (0..references): for warm-up and checks. Not the reference's number.
    pub fn stored(&self, slot: u32) -> Query {
        let _ = slot;
        todo!()
    }
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}
#[derive(Debug, thiserror::Error)]
pub enum OpenError {}
#[derive(Clone, Debug, serde::Serialize)]
pub struct Info {
    pub version: u32,
    pub bytes: u64,
    pub checksum: String,
    pub references: u32,
    pub legit: u32,
    pub fraud: u32,
    pub dimensions: u32,
    pub scale: u32,
    pub kernel: &'static str,
    pub bytes_per_vector: f64,
    pub sections: Vec<SectionInfo>,
}
#[derive(Clone, Debug, serde::Serialize)]
pub struct SectionInfo {
    pub name: &'static str,
    pub offset: u64,
    pub bytes: u64,
}

/// (phase, done, total): called at the start (done 0) and end (done == total) of each phase and now and then between.
pub type Progress<'a> = dyn Fn(&'static str, u64, u64) + Sync + 'a;

/// Same input, same bytes, whatever the thread count. `vectors` and `labels` are parallel; position = reference number.
pub fn build(
    vectors: &[Query],
    labels: &[Label],
    rules: &Rules,
    progress: &Progress<'_>,
) -> Result<Vec<u8>, BuildError> {
    let _ = (vectors, labels, rules, progress);
    todo!()
}
#[derive(Debug, thiserror::Error)]
pub enum BuildError {}
/// `0.1.0 (commit 1234567, kernel avx2)`, what every binary's `--version` prints after its name.
pub fn version() -> &'static str {
    todo!()
}
/// The checksum that the header carries, computed anew over a whole image (header field taken as zero); for a streaming check use `Checksum`.
pub struct Checksum {}
