//! Labelled vectors to bytes, bytes to exact answers.
//!
//! A room without side effects: [`build`] turns vectors into one position-independent image, [`Index::open`] checks
//! such an image (wherever it lies: a file, shared memory, a buffer) and [`Index::classify`] answers from it.
//!
//! - [`mod@format`]: the container of an image: header, sections, checksum.
//! - [`exact`]: the engine: how space is partitioned and searched, and what lies in the sections.
//! - [`kernel`]: distances, one module per instruction set behind one dispatch.
//! - [`lanes`]: the shape of what one instruction compares, which all of them share.

#![allow(
    clippy::needless_range_loop,
    reason = "arrays of one shape are walked side by side, pair by pair and lane by lane"
)]

pub mod exact;
pub mod format;
mod image;
pub mod kernel;
pub mod lanes;
mod open_error;

pub use exact::{BuildError, Effort, EqualGroup, EqualPoints, Reached, build};
pub use format::RuleSections;
pub use image::{Checked, Index, Info, SectionInfo};
pub use open_error::OpenError;
pub use simd::InstructionSet;
