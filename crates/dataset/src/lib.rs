//! Reference vectors and test payloads: reader, writer, seeded generator and brute-force labels.
//!
//! Equal recipes give equal bytes on every machine; [`ReferenceRecipe::OFFICIAL`] gives the contest's references file,
//! known by [`OFFICIAL_SHA256`], and the recipes of [`PayloadRecipe`] its published payloads. Labels come from plain
//! distances to all references ([`label`]), so that search engines can be measured against them.
//!
//! - `files`: references and payload files, read and written, plain or compressed; people's own tables, read.
//! - `generate`: seeded references, payloads and queries.
//! - `truth`: labels and nearest references by brute force.
//!
//! ```
//! let text = br#"[{"vector":[0.01,0.0833,0.05,0.8261,0.1667,-1,-1,0.0432,0.25,0,1,0,0.2,0.0416],"label":"legit"}]"#;
//! let read = dataset::read_references(&text[..], &|_, _, _| {})?;
//! assert_eq!(read.references.labels, [space::Label::Legit]);
//! assert_eq!(read.references.vectors[0].values()[..4], [100, 833, 500, 8261]);
//! assert_eq!(read.rounded, 0);
//! # Ok::<(), dataset::DataError>(())
//! ```

mod error;
mod files;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
mod generate;
mod number;
mod payload;
mod references;
mod truth;

pub use error::DataError;
pub use files::{
    ArrayNames, BadRow, Column, ColumnSurvey, Format, Head, Listed, MAX_COLUMNS, MAX_ROW_BYTES, MAX_WHOLE_BYTES,
    Matrix, NumberSurvey, OnRow, RowFault, Summary, Survey, TableError, TableInput, TableSource, columns_of, read_head,
    read_matrix, read_rows, survey,
};
pub use files::{
    PayloadEntry, ReadReferences, SchemaRows, SchemaRowsError, read_json, read_payloads, read_references,
    read_schema_rows, references_sha256, write_payloads, write_references,
};
pub use generate::{
    Dates, PayloadRecipe, Points, QueryKind, ReferenceRecipe, draw_queries, draw_row_queries, generate_payloads,
    generate_references, official_references, payload_queries,
};
pub use payload::Payload;
pub use references::{MAX_REFERENCES, References};
pub use space::{Neighbour, Progress};
pub use truth::{label, nearest};

/// SHA-256 of the official references file, uncompressed.
pub const OFFICIAL_SHA256: &str = "24a1fd588e2598ab62de9ac7ac73408e571589e00da4243d7afc9d0f01878f77";
