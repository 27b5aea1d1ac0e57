//! A schema as text in one form: every key in a fixed order, every number and text written in one way.

use std::fmt::Write as _;

use super::definition::{AnswerKind, DimensionSpec, List, Scale, SchemaFile, Source};

/// The text of `schema`.
pub(super) fn write(schema: &SchemaFile) -> String {
    let mut out = Text(String::new());
    out.pair("name", &text(&schema.name));
    out.pair("k", &schema.k.to_string());
    out.pair("metric", &text("squared-euclidean"));
    if let Some(labels) = &schema.labels {
        out.header("[labels]");
        out.pair("names", &texts(&labels.names));
        out.pair("from", &text(&labels.from));
    }
    if let Some(id) = &schema.row_id {
        out.header("[rows]");
        out.pair("id", &text(id));
    }
    payload(&mut out, schema);
    answer(&mut out, schema);
    for spec in &schema.dimensions {
        dimension(&mut out, spec);
    }
    out.0
}

struct Text(String);

impl Text {
    fn header(&mut self, header: &str) {
        self.0 += "\n";
        self.0 += header;
        self.0 += "\n";
    }

    fn pair(&mut self, key: &str, value: &str) {
        for part in [key, " = ", value, "\n"] {
            self.0 += part;
        }
    }
}

/// A text in double quotes.
fn text(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => {
                // writing to a text cannot fail
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}

fn texts(list: &[String]) -> String {
    format!("[{}]", list.iter().map(|one| text(one)).collect::<Vec<_>>().join(", "))
}

/// The shortest digits that are read as the same number.
fn number(value: f64) -> String {
    format!("{value:?}")
}

fn numbers([first, second]: [f64; 2]) -> String {
    format!("[{}, {}]", number(first), number(second))
}

fn payload(out: &mut Text, schema: &SchemaFile) {
    let payload = &schema.payload;
    if payload.id.is_none() && payload.nullable.is_empty() && payload.order.is_empty() {
        return;
    }
    out.header("[payload]");
    if let Some(id) = &payload.id {
        out.pair("id", &text(id));
    }
    for (key, paths) in [("nullable", &payload.nullable), ("order", &payload.order)] {
        if !paths.is_empty() {
            out.pair(key, &texts(paths));
        }
    }
}

fn answer(out: &mut Text, schema: &SchemaFile) {
    out.header("[answer]");
    match &schema.answer.kind {
        AnswerKind::Neighbours => out.pair("kind", &text("neighbours")),
        AnswerKind::Shares => out.pair("kind", &text("shares")),
        AnswerKind::Threshold { label, score_key, decision_key, threshold } => {
            let labels = schema.labels.as_ref().map_or(&[][..], |labels| &labels.names);
            out.pair("kind", &text("threshold"));
            out.pair("label", &text(&labels[usize::from(*label)]));
            out.pair("score_key", &text(score_key));
            out.pair("decision_key", &text(decision_key));
            out.pair("threshold", &number(*threshold));
        }
    }
    out.pair("echo_id", &schema.answer.echo_id.to_string());
    out.pair("neighbours", &schema.answer.neighbours.to_string());
}

fn dimension(out: &mut Text, spec: &DimensionSpec) {
    out.header("[[dimension]]");
    out.pair("name", &text(&spec.name));
    source(out, &spec.source);
    if !matches!(spec.source, Source::Flag { .. } | Source::Member { .. }) {
        out.pair("log", &spec.steps.log.to_string());
        out.pair("offset", &number(spec.steps.offset));
        out.pair("divide", &number(spec.steps.divide));
        if let Some(clamp) = spec.steps.clamp {
            out.pair("clamp", &numbers(clamp));
        }
    }
    if let Some(default) = spec.default {
        out.pair("default", &number(default));
    }
    out.pair("weight", &number(spec.weight));
    match spec.scale {
        Scale::None => {}
        Scale::Grid { range, resolution } => {
            out.pair("range", &numbers(range));
            out.pair("resolution", &number(resolution));
        }
        Scale::MinMax => out.pair("scale", &text("min-max")),
        Scale::Quantiles => out.pair("scale", &text("quantiles")),
    }
}

fn source(out: &mut Text, source: &Source) {
    match source {
        Source::Number(path) => out.pair("number", &text(path)),
        Source::Hour(path) => out.pair("hour", &text(path)),
        Source::Weekday(path) => out.pair("weekday", &text(path)),
        Source::Flag { path, invert } => {
            out.pair("flag", &text(path));
            out.pair("invert", &invert.to_string());
        }
        Source::Ratio { numerator, divisor, by_zero } => {
            out.pair("ratio", &format!("[{}, {}]", text(numerator), text(divisor)));
            if let Some(by_zero) = by_zero {
                out.pair("by_zero", &numbers(*by_zero));
            }
        }
        Source::Minutes { from, to } => out.pair("minutes", &format!("[{}, {}]", text(from), text(to))),
        Source::Lookup { path, table, other } => {
            let row = |(key, value): &(String, f64)| format!("{} = {}", text(key), number(*value));
            out.pair("lookup", &text(path));
            out.pair("table", &format!("{{{}}}", table.iter().map(row).collect::<Vec<_>>().join(", ")));
            out.pair("other", &number(*other));
        }
        Source::Member { path, list, invert } => {
            out.pair("member", &text(path));
            match list {
                List::Field(path) => out.pair("of", &text(path)),
                List::Texts(list) => out.pair("of", &texts(list)),
            }
            out.pair("invert", &invert.to_string());
        }
    }
}
