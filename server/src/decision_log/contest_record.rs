//! A line of the decision log about a decision by the contest's references.

use super::redaction::ContestRedaction;
use super::ring::Sampled;
use super::time::rfc_3339;
use schema::{Decision, Parser};
use scoring::{Explanation, Generation};
use serde::Serialize;
use serde_json::Value;

/// One decision, as it is written.
#[derive(Serialize)]
struct Line<'a> {
    time: String,
    id: &'a str,
    /// The number of the index in its folder, where the loader counts them.
    generation: Option<u64>,
    /// Of that index.
    checksum: Option<String>,
    decision: Decided,
    request: Value,
    /// `None` if another index has taken the place of the one that decided.
    explanation: Option<Value>,
}

#[derive(Serialize)]
struct Decided {
    approved: bool,
    fraud_score: f64,
    frauds: u8,
}

/// What decided: its number and the references.
pub type DecidedBy<'a> = (Option<u64>, &'a Generation);

/// Writes the line about `body`, of whose nearest references `frauds` are frauds, into `line`. `by` is what decided, if it still
/// answers.
pub fn write(
    line: &mut Vec<u8>,
    (sampled, frauds): (Sampled, u8),
    body: &[u8],
    by: Option<DecidedBy<'_>>,
    parser: &mut Parser,
    redaction: &ContestRedaction,
) -> Result<(), serde_json::Error> {
    let document: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let id = document.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let decision = Decision::of_frauds(frauds);
    let whole = Line {
        time: rfc_3339(sampled.unix_ns),
        id: redaction.id(&id),
        generation: by.and_then(|(number, _)| number),
        checksum: by.map(|(_, by)| by.index().info().checksum),
        decision: Decided {
            approved: decision.approved(),
            fraud_score: decision.fraud_score(),
            frauds: decision.frauds(),
        },
        request: redaction.request(document),
        explanation: by.and_then(|(_, by)| explain(body, by, parser, redaction)),
    };
    line.clear();
    serde_json::to_writer(&mut *line, &whole)?;
    line.push(b'\n');
    Ok(())
}

/// What led to the decision, without what stands elsewhere in the line.
fn explain(body: &[u8], by: &Generation, parser: &mut Parser, redaction: &ContestRedaction) -> Option<Value> {
    let (id, transaction) = parser.parse_with_id(body).ok()?;
    let explanation = Explanation::of(by, &transaction, id)
        .inspect_err(|error| tracing::error!("a decision cannot be explained: {error}"))
        .ok()?;
    let mut explanation = serde_json::to_value(explanation).ok()?;
    for key in ["id", "approved", "fraud_score", "frauds"] {
        explanation.as_object_mut()?.remove(key);
    }
    redaction.explanation(&mut explanation);
    Some(explanation)
}
