//! Readers and writers of references and payload files; readers of people's own tables.

mod payloads;
mod references;
mod row;
mod schema_rows;
mod source;
mod table;

pub use payloads::{PayloadEntry, read_payloads, write_payloads};
pub(crate) use references::references_sha256_with;
pub use references::{ReadReferences, read_references, references_sha256, write_references};
pub use schema_rows::{SchemaRows, SchemaRowsError, read_schema_rows};
pub use source::read_json;
pub use table::{
    ArrayNames, BadRow, Column, ColumnSurvey, Format, Head, Listed, MAX_COLUMNS, MAX_ROW_BYTES, MAX_WHOLE_BYTES,
    Matrix, NumberSurvey, OnRow, RowFault, Summary, Survey, TableError, TableInput, TableSource, columns_of, read_head,
    read_matrix, read_rows, survey,
};
