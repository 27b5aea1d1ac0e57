//! What the decision log leaves out: fields of the request, and whatever is computed from them.

mod contest;
mod field;
mod rows;

pub use contest::ContestRedaction;
pub use field::{REDACTED, RedactedField};
pub use rows::RowsRedaction;
