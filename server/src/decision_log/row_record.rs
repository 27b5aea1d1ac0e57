//! A line of the decision log about an answer by rows of a schema.

use super::redaction::{REDACTED, RedactedField, RowsRedaction};
use super::ring::Sampled;
use super::time::rfc_3339;
use scoring::{RowGeneration, RowWorkspace};
use serde::Serialize;
use serde_json::Value;

/// One decision, as it is written.
#[derive(Serialize)]
struct Line<'a> {
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    /// The number of the index in its folder, where the loader counts them.
    generation: Option<u64>,
    /// Of that index.
    checksum: Option<String>,
    schema: Option<&'a str>,
    decision: Decision<'a>,
    /// `None` if another index has taken the place of the one that decided, or a field that is to be left out is none of the schema.
    request: Option<Value>,
    /// `None` if another index has taken the place.
    answer: Option<Value>,
}

#[derive(Serialize)]
struct Decision<'a> {
    /// The most frequent one; `None` if rows have no labels.
    label: Option<&'a str>,
}

/// What decided: its number and the rows.
pub type DecidedBy<'a> = (Option<u64>, &'a RowGeneration);

/// Writes the line about `body` into `line`: its answer's most frequent label was `label`. `by` is what decided, if it still answers.
pub fn write(
    line: &mut Vec<u8>,
    (sampled, label): (Sampled, Option<&str>),
    body: &[u8],
    by: Option<DecidedBy<'_>>,
    workspace: &mut RowWorkspace,
    redacted: &[RedactedField],
) -> Result<(), serde_json::Error> {
    let document: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let (time, decision) = (rfc_3339(sampled.unix_ns), Decision { label });
    let whole = match by {
        Some((number, rows)) => by_rows(time, decision, (body, &document), (number, rows), workspace, redacted),
        None => Line {
            time,
            id: None,
            generation: None,
            checksum: None,
            schema: None,
            decision,
            request: None,
            answer: None,
        },
    };
    line.clear();
    serde_json::to_writer(&mut *line, &whole)?;
    line.push(b'\n');
    Ok(())
}

fn by_rows<'a>(
    time: String,
    decision: Decision<'a>,
    (body, document): (&[u8], &'a Value),
    (number, rows): DecidedBy<'a>,
    workspace: &mut RowWorkspace,
    redacted: &[RedactedField],
) -> Line<'a> {
    let (plan, redaction) = (rows.plan(), RowsRedaction(redacted));
    let unknown = redaction.unknown(plan);
    if let Some(field) = unknown {
        let (field, schema) = (field.path(), plan.schema().name());
        tracing::warn!(field, schema, "the schema has no such field to leave out: the request is left out as a whole");
    }
    let is_known = unknown.is_none();
    let id = redaction.id(plan, document).map(|id| if is_known { id } else { REDACTED });
    let mut answer = answer(body, rows, workspace);
    if let Some(told) = answer.as_mut().and_then(|answer| answer.get_mut("id"))
        && id == Some(REDACTED)
    {
        *told = REDACTED.into();
    }
    Line {
        time,
        id,
        generation: number,
        checksum: Some(rows.index().info().checksum),
        schema: Some(plan.schema().name()),
        decision,
        request: is_known.then(|| redaction.request(plan, document)),
        answer,
    }
}

/// What was answered, from the same rows and so the same.
fn answer(body: &[u8], rows: &RowGeneration, workspace: &mut RowWorkspace) -> Option<Value> {
    workspace.read(rows, body).ok()?;
    serde_json::from_slice(workspace.answer(rows).json).ok()
}
