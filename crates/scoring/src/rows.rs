//! Own data: an index of any rows with the schema that makes vectors of payloads and words of labels.

mod answer;
mod evaluation;
mod generation;
mod image;
mod revision;

pub use answer::{LabelledNeighbour, RowAnswer};
pub use evaluation::{Bin, Evaluation, EvaluationError, LeftOut, OfK, evaluate};
pub use generation::{RowGeneration, RowsError};
pub use image::{IDS_SECTION, PLAN_SECTION, RowsImage};
pub use revision::{Revision, RevisionError};
