//! One generation of the references: an opened index, its rules, and what owns its bytes.

use index::{Index, InstructionSet, OpenError, Proof};
use schema::{Decision, Rules, Transaction};
use self_cell::self_cell;
use space::{Point, Progress};

use crate::image::{ImageError, decode_rules};
use crate::serial;

/// Whatever keeps the bytes of an image: shared memory, a file, a `Vec<u8>` or an `Arc` of any of them.
type Owner = Box<dyn AsRef<[u8]> + Send + Sync>;

self_cell!(
    /// An index beside the owner of the bytes that it borrows.
    struct OwnedIndex {
        owner: Owner,
        #[covariant]
        dependent: Index,
    }
);

/// An opened index with the rules that it carries. It owns its bytes: dropping it gives them back. Threads share it in an
/// `Arc`.
pub struct Generation {
    index: OwnedIndex,
    rules: Rules,
    serial: u64,
}

impl Generation {
    /// Checks everything in the image that `owner` keeps, and answers with `kernel` from then on. What is refused is dropped.
    ///
    /// The bytes must begin at a multiple of 4 and must not change, see [`Index::open`].
    ///
    /// # Errors
    ///
    /// What [`Index::open`] and [`Rules::decode`] refuse.
    pub fn open(owner: impl AsRef<[u8]> + Send + Sync + 'static, kernel: InstructionSet) -> Result<Self, ImageError> {
        Self::new(owner, |image| Index::open_with(image, kernel))
    }

    /// [`Generation::open`] that tells how far it is: [`Index::open_telling`].
    ///
    /// # Errors
    ///
    /// As [`Generation::open`].
    pub fn open_telling(
        owner: impl AsRef<[u8]> + Send + Sync + 'static,
        kernel: InstructionSet,
        progress: &Progress<'_>,
    ) -> Result<Self, ImageError> {
        Self::new(owner, |image| Index::open_telling(image, kernel, progress))
    }

    /// [`Generation::open`] for bytes that were checked before, by this very version: see [`Index::check_verified`].
    ///
    /// # Errors
    ///
    /// What [`Index::check_verified`] and [`Rules::decode`] refuse.
    pub fn open_verified(
        owner: impl AsRef<[u8]> + Send + Sync + 'static,
        kernel: InstructionSet,
    ) -> Result<Self, ImageError> {
        Self::new(owner, |image| Index::check_verified(image, kernel)?.over(image))
    }

    fn new(
        owner: impl AsRef<[u8]> + Send + Sync + 'static,
        open: impl FnOnce(&[u8]) -> Result<Index<'_>, OpenError>,
    ) -> Result<Self, ImageError> {
        let index = OwnedIndex::try_new(Box::new(owner), |owner| open((**owner).as_ref()))?;
        let rules = decode_rules(index.borrow_dependent())?;
        Ok(Self { index, rules, serial: serial::next() })
    }

    /// The index.
    pub fn index(&self) -> &Index<'_> {
        self.index.borrow_dependent()
    }

    /// How many were opened before it in this process: no other has the same.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// How payloads become vectors for it.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The vector of a transaction by this generation's rules.
    pub fn vectorize(&self, transaction: &Transaction<'_>) -> Point {
        self.rules.vectorize(transaction)
    }

    /// The decision about a vector. Allocates nothing.
    pub fn decide(&self, query: &Point) -> Decision {
        self.decide_with_proof(query).0
    }

    /// [`Generation::decide`], and how the index proved it. Costs the same.
    pub fn decide_with_proof(&self, query: &Point) -> (Decision, Proof) {
        let (frauds, proof) = self.index().classify_with_proof(query);
        (Decision::of_frauds(frauds), proof)
    }
}
