//! Labelled vectors to bytes, bytes to exact answers.
//!
//! A room without side effects: [`build`] turns vectors into one position-independent image, [`Index::open`] checks
//! such an image (wherever it lies: a file, shared memory, a buffer) and [`Index::classify`] answers from it.
//!
//! - [`mod@format`]: the container of an image: header, sections, checksum.
//! - [`exact`]: the engine: how space is partitioned and searched, and what lies in the sections.
//! - [`knn`]: the engine for any rows: the k nearest, by trees or by a scan.
//! - [`kernel`]: distances, one module per instruction set behind one dispatch.
//! - [`lanes`]: the shape of what one instruction compares, which all of them share.
//!
//! ```
//! use index::{Index, RuleSections, build};
//! use space::{Label, Point};
//!
//! // six references: small first values are legit, large ones frauds
//! let vectors = [0, 100, 200, 9000, 9500, 10_000].map(|first| {
//!     let mut values = [0; 14];
//!     values[0] = first;
//!     Point::new(values).expect("within -10000..=10000")
//! });
//! let labels = [0, 1, 2, 3, 4, 5].map(|number| if number < 3 { Label::Legit } else { Label::Fraud });
//! // how payloads become vectors: stored, and not interpreted
//! let rules = RuleSections { normalization: &[0; 56], mcc_risk: &[] };
//! let image = build(&vectors, &labels, rules, &|_, _, _| {})?;
//!
//! let index = Index::open(&image)?;
//! assert_eq!(index.classify(&vectors[0]), 2, "frauds among the five nearest");
//! assert_eq!(index.neighbours(&vectors[0]).map(|neighbour| neighbour.reference), [0, 1, 2, 3, 4]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![allow(
    clippy::needless_range_loop,
    reason = "arrays of one shape are walked side by side, pair by pair and lane by lane"
)]

pub mod exact;
pub mod format;
mod image;
pub mod kernel;
pub mod knn;
pub mod lanes;
mod open_error;

pub use exact::{BuildError, Effort, EqualGroup, EqualPoints, Proof, build};
pub use format::RuleSections;
pub use image::{Checked, Index, Info, SectionInfo};
pub use open_error::OpenError;
pub use simd::InstructionSet;
