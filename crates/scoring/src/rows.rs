//! Own data: an index of any rows with the schema that makes vectors of payloads and words of labels.

mod answer;
mod answer_form;
mod check;
mod error;
mod evaluation;
mod explanation;
mod generation;
mod ids;
mod image;
mod info;
mod revision;
mod scorer;
mod workspace;

pub use answer::{LabelledNeighbour, RowAnswer};
pub use answer_form::{AnswerForm, MAX_ECHOED_ID_BYTES};
pub use error::RowsError;
pub use evaluation::{Bin, Evaluation, EvaluationError, LeftOut, OfK, evaluate};
pub use explanation::{ExplainedRow, ExplainedValue, ExplainedWork, RowExplanation};
pub use generation::RowGeneration;
pub use image::{IDS_SECTION, PLAN_SECTION, RowsImage};
pub use info::RowsInfo;
pub(crate) use info::{validate_rows, verified_rows};
pub use revision::{Revision, RevisionError};
pub use scorer::RowScorer;
pub use workspace::{RowBodyError, RowWorkspace, WrittenAnswer};
