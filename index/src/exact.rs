//! The exact engine: two trees of boxes, and a search that equals a look at every reference.
//!
//! - `build`: how space is partitioned, and how the parts become the records of an image.
//! - [`layout`]: the records, and how blocks of vectors are coded.
//! - `validate`: what is refused, so that a search may believe what it reads.
//! - `search`: the search, written once for every kernel.

mod build;
mod equal_points;
mod error;
pub mod layout;
mod search;
mod shape;
mod validate;

pub use build::{BuildError, build};
pub use equal_points::{EqualGroup, EqualPoints};
pub use error::TreeError;
pub use search::{Effort, Proof};

pub(crate) use equal_points::equal_points;
pub(crate) use search::Engine;
pub(crate) use shape::Shape;
pub(crate) use validate::{survey_trees, validate_trees};
