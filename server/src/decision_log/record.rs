//! A line of the decision log.

use super::redaction::Redaction;
use super::ring::Sampled;
use super::time::rfc_3339;
use crate::reload::CurrentGeneration;
use schema::{Decision, Parser};
use scoring::Explanation;
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

/// Writes the line about `body` into `line`. `by` is the generation that decided, if it still answers.
pub fn write(
    line: &mut Vec<u8>,
    sampled: Sampled,
    body: &[u8],
    by: Option<&CurrentGeneration>,
    parser: &mut Parser,
    redaction: &Redaction,
) -> Result<(), serde_json::Error> {
    let document: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let id = document.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let decision = Decision::of_frauds(sampled.frauds);
    let whole = Line {
        time: rfc_3339(sampled.unix_ns),
        id: redaction.id(&id),
        generation: by.and_then(|by| by.number),
        checksum: by.map(|by| by.generation.index().info().checksum),
        decision: Decided {
            approved: decision.approved(),
            fraud_score: decision.fraud_score(),
            frauds: decision.frauds(),
        },
        request: redaction.request(document),
        explanation: by.and_then(|by| explain(body, by, parser, redaction)),
    };
    line.clear();
    serde_json::to_writer(&mut *line, &whole)?;
    line.push(b'\n');
    Ok(())
}

/// What led to the decision, without what stands elsewhere in the line.
fn explain(body: &[u8], by: &CurrentGeneration, parser: &mut Parser, redaction: &Redaction) -> Option<Value> {
    let (id, transaction) = parser.parse_with_id(body).ok()?;
    let explanation = Explanation::of(&by.generation, &transaction, id)
        .inspect_err(|error| tracing::error!("a decision cannot be explained: {error}"))
        .ok()?;
    let mut explanation = serde_json::to_value(explanation).ok()?;
    for key in ["id", "approved", "fraud_score", "frauds"] {
        explanation.as_object_mut()?.remove(key);
    }
    redaction.explanation(&mut explanation);
    Some(explanation)
}
