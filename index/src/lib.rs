//! Labelled vectors to bytes, bytes to exact answers.
//!
//! A room without side effects: [`build`] turns vectors into one position-independent image, [`Index::open`] checks
//! such an image (wherever it lies: a file, shared memory, a buffer) and [`Index::classify`] answers from it.
//!
//! - [`mod@format`]: where each byte of an image lies, and what [`Index::open`] refuses.
//! - `builder`: how the space is cut, and how the pieces become an image.
//! - `engine`: the walk that finds the five nearest, written once for every kernel.
//! - [`kernel`]: distances, one module per instruction set behind one dispatch.

#![allow(
    clippy::needless_range_loop,
    reason = "arrays of one shape are walked side by side, pair by pair and lane by lane"
)]

mod builder;
mod engine;
mod equal_points;
pub mod format;
mod image;
pub mod kernel;

pub use builder::{BuildError, build};
pub use engine::{Effort, Reached};
pub use equal_points::{EqualGroup, EqualPoints};
pub use format::{OpenError, RuleSections};
pub use image::{Checked, Index, Info, SectionInfo};
pub use simd::InstructionSet;
