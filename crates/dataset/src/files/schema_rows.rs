//! A table read by a schema: vectors, labels and names of its rows.

use schema::{Kind, NothingToFit, Plan, Value, VectorError};
use space::RowIds;

use super::table::{Column, RowFault, Summary, TableError, TableInput, TableSource, read_rows};
use crate::Progress;

/// What a table holds for an index.
#[derive(Debug)]
pub struct SchemaRows {
    /// The plan, with the scales that the data gave.
    pub plan: Plan,
    /// Row by row, a value for each dimension.
    pub values: Vec<f32>,
    /// By row, the number of its label; `None` if the schema has no labels.
    pub labels: Option<Vec<u8>>,
    /// By row, its name; `None` if the schema names no column for it.
    pub ids: Option<RowIds>,
    /// What was read.
    pub summary: Summary,
}

/// Why a table gives no rows by a schema.
#[derive(Debug, thiserror::Error)]
pub enum SchemaRowsError {
    /// The table cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A scale that no row has a value for.
    #[error(transparent)]
    NothingToFit(#[from] NothingToFit),
    /// Two readings are needed, and there is one.
    #[error("a scale of the schema is found from the data, which are read twice for it: name a file in place of -")]
    OnlyOnce,
    /// The rows do not fit the memory they may take.
    #[error("the rows take more than {limit} bytes: allow more memory")]
    Memory {
        /// What they may take.
        limit: u64,
    },
}

/// Reads all rows by `plan`; scales that it leaves to the data are found first, which reads the table twice. Values, labels and names
/// take at most `memory_bytes`, and while they grow at most twice that.
///
/// # Errors
///
/// [`SchemaRowsError`]; a row without a vector or with a label that the schema has not is a bad row of the table.
pub fn read_schema_rows(
    input: &TableInput,
    plan: Plan,
    memory_bytes: u64,
    progress: &Progress<'_>,
) -> Result<SchemaRows, SchemaRowsError> {
    let columns = columns(&plan);
    let plan = if plan.needs_data() { fit(input, plan, &columns, progress)? } else { plan };
    let (fields, dimensions) = (plan.fields().len(), plan.dimensions());
    let labels = plan.schema().labels();
    let mut rows = (Vec::new(), labels.map(|_| Vec::new()), plan.schema().row_id().map(|_| RowIds::default()));
    let (mut vector, mut taken, mut is_over) = (vec![0.0; dimensions], 0, false);
    let summary = read_rows(input, &columns, progress, &mut |_, values| {
        let (values, further) = values.split_at(fields);
        plan.vectorize(values, &mut vector).map_err(|error| fault(&error))?;
        let mut further = further.iter();
        let label = match labels {
            Some(labels) => Some(label_number(&labels.names, &labels.from, further.next())?),
            None => None,
        };
        let id = further.next().map(text).transpose()?;
        taken += (size_of_val(vector.as_slice()) + id.map_or(0, |id| id.len() + size_of::<u64>()) + 1) as u64;
        if taken > memory_bytes {
            is_over = true;
            return Err(of(None, "no memory for it", "more"));
        }
        rows.0.extend_from_slice(&vector);
        if let (Some(labels), Some(label)) = (&mut rows.1, label) {
            labels.push(label);
        }
        if let (Some(ids), Some(id)) = (&mut rows.2, id) {
            ids.push(id);
        }
        Ok(())
    });
    if is_over {
        return Err(SchemaRowsError::Memory { limit: memory_bytes });
    }
    let (values, labels, ids) = rows;
    Ok(SchemaRows { values, labels, ids, summary: summary?, plan })
}

/// The fields of the dimensions, the label and the name: in this order.
fn columns(plan: &Plan) -> Vec<Column> {
    let fields = plan.fields().iter();
    let column = |name: &str, kind, required| Column { name: name.to_owned(), kind, required };
    let mut columns: Vec<_> = fields.map(|field| column(&field.path, field.kind, field.required)).collect();
    columns.extend(plan.schema().labels().map(|labels| column(&labels.from, Kind::Text, true)));
    columns.extend(plan.schema().row_id().map(|id| column(id, Kind::Text, true)));
    columns
}

fn fit(input: &TableInput, plan: Plan, columns: &[Column], progress: &Progress<'_>) -> Result<Plan, SchemaRowsError> {
    if matches!(input.source, TableSource::Stdin) {
        return Err(SchemaRowsError::OnlyOnce);
    }
    let fields = plan.fields().len();
    let mut fitter = plan.fitter();
    read_rows(input, columns, progress, &mut |_, values| {
        fitter.push(&values[..fields]).map_err(|error| fault(&error))
    })?;
    let fitted = fitter.finish()?;
    Ok(plan.with_fitted(fitted))
}

fn of(column: Option<&str>, found: &str, expected: &str) -> RowFault {
    RowFault { column: column.map(str::to_owned), found: found.to_owned(), expected: expected.to_owned() }
}

/// Why the fields of a row make no vector.
fn fault(error: &VectorError<'_>) -> RowFault {
    match error {
        VectorError::Missing(field) => of(Some(field), "nothing", "a value"),
        VectorError::WrongType { field, expected } => of(Some(field), "something else", &expected.to_string()),
        VectorError::NotATimestamp(field) => of(Some(field), "another text", "a date and time of RFC 3339 with offset"),
        VectorError::DivisorZero { field, dimension } => {
            of(Some(field), "0", &format!("what the dimension `{dimension}` can be divided by"))
        }
        VectorError::OutOfRange(dimension) | VectorError::NotFitted(dimension) => {
            of(None, &error.to_string(), &format!("a value of the dimension `{dimension}` that fits 32 bits"))
        }
    }
}

fn text<'v>(value: &Value<'v>) -> Result<&'v str, RowFault> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(of(None, "no text", "a text")),
    }
}

fn label_number(names: &[String], column: &str, value: Option<&Value<'_>>) -> Result<u8, RowFault> {
    let label = value.map(text).transpose()?.unwrap_or_default();
    match names.iter().position(|name| name == label) {
        Some(number) => Ok(number as u8),
        None => Err(of(Some(column), &format!("`{label}`"), &format!("one of the labels {}", names.join(", ")))),
    }
}
