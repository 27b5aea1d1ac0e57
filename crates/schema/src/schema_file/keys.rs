//! Every key of a schema file: what the reader knows and `docs/SCHEMA.md` describes.

/// Of the document.
pub(super) const DOCUMENT: &[&str] =
    &["name", "k", "metric", "labels", "rows", "payload", "answer", "tables", "dimension"];
/// Of `[labels]`.
pub(super) const LABELS: &[&str] = &["names", "from"];
/// Of `[rows]`.
pub(super) const ROWS: &[&str] = &["id"];
/// Of `[payload]`.
pub(super) const PAYLOAD: &[&str] = &["id", "nullable", "order"];
/// Of `[answer]`.
pub(super) const ANSWER: &[&str] =
    &["kind", "echo_id", "neighbours", "label", "score_key", "decision_key", "threshold"];
/// Of `[[dimension]]`: one of them says where the number comes from.
pub(super) const SOURCES: &[&str] = &["number", "flag", "ratio", "hour", "weekday", "minutes", "lookup", "member"];
/// Of `[[dimension]]`.
pub(super) const DIMENSION: &[&str] = &[
    "name",
    "number",
    "flag",
    "ratio",
    "hour",
    "weekday",
    "minutes",
    "lookup",
    "member",
    "by_zero",
    "table",
    "other",
    "of",
    "invert",
    "log",
    "offset",
    "divide",
    "clamp",
    "default",
    "weight",
    "range",
    "resolution",
    "scale",
];

/// The tables of a schema file with their keys; the document's own table has no name.
pub const SCHEMA_KEYS: &[(&str, &[&str])] = &[
    ("", DOCUMENT),
    ("labels", LABELS),
    ("rows", ROWS),
    ("payload", PAYLOAD),
    ("answer", ANSWER),
    ("dimension", DIMENSION),
];
