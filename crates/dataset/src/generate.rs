//! The seeded generator: references, payloads and queries, the same on every machine.

mod draw;
mod official;
mod payloads;
mod pcg;
mod profile;
mod queries;
mod recipe;
mod references;
mod request;
mod row_queries;

pub use official::official_references;
pub use payloads::{generate_payloads, payload_queries};
pub use queries::{QueryKind, draw_queries};
pub use recipe::{Dates, PayloadRecipe, ReferenceRecipe};
pub use references::generate_references;
pub use row_queries::{Points, draw_row_queries};
