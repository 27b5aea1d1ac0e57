//! The schema of a server that answers by rows, for its status and its metrics.

use crate::telemetry::Telemetry;
use scoring::{AnyGeneration, RowGeneration};
use serde::Serialize;

/// A schema as `GET /status` describes it.
#[derive(Debug, Serialize)]
pub struct SchemaStatus {
    name: String,
    /// Tells versions of a schema apart.
    fingerprint: String,
    /// How many rows answer.
    k: usize,
    rows: u32,
    /// How they are found.
    method: &'static str,
    /// None without labels.
    labels: Vec<String>,
    /// Names, in the order of the vector.
    dimensions: Vec<String>,
    /// A payload to try it with, as text.
    example: String,
}

/// Requests of which most of the nearest rows had a label.
#[derive(Debug, Serialize)]
pub struct LabelCount {
    /// Its name.
    pub label: String,
    /// How many.
    pub answers: u64,
}

impl SchemaStatus {
    /// Of what answers.
    pub fn of(rows: &RowGeneration) -> Self {
        let (plan, info) = (rows.plan(), rows.info());
        Self {
            name: info.schema,
            fingerprint: info.fingerprint,
            k: rows.answer_form().k(),
            rows: info.index.rows,
            method: info.index.method,
            labels: info.label_names,
            dimensions: plan.schema().dimensions().iter().map(|dimension| dimension.name.clone()).collect(),
            example: plan.example_payload(),
        }
    }
}

/// The labels of the info metric of a schema.
pub fn metric_labels(rows: &RowGeneration) -> [(&'static str, String); 6] {
    let info = rows.info();
    [
        ("schema", info.schema),
        ("fingerprint", info.fingerprint),
        ("rows", info.index.rows.to_string()),
        ("dimensions", info.index.dimensions.to_string()),
        ("k", rows.answer_form().k().to_string()),
        ("method", info.index.method.to_owned()),
    ]
}

/// The rows that answer, if rows do.
pub fn rows_of(generation: &AnyGeneration) -> Option<&RowGeneration> {
    match generation {
        AnyGeneration::References(_) => None,
        AnyGeneration::Rows(rows) => Some(rows),
    }
}

/// Answers by label, in the schema's order. All generations of a running server have the same labels.
pub fn label_counts(rows: &RowGeneration, telemetry: &Telemetry) -> Vec<LabelCount> {
    let names = rows.plan().schema().labels().map_or(&[][..], |labels| &labels.names);
    let count = |(label, name): (u8, &String)| LabelCount { label: name.clone(), answers: telemetry.labels(label) };
    (0..=u8::MAX).zip(names).map(count).collect()
}
