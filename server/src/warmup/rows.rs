//! Requests of an own schema.

use super::requests::{BODY_BYTES, Warmed, ask};
use crate::limits::{self, answer_room};
use crate::service::{AnswerPool, Common, RowScore};
use index::knn::NearestRows;
use listener::Limits;
use listener::{Phase, SharedPhase};
use schema::{Kind, List, MAX_K, Plan, Source};
use scoring::{RowGeneration, RowScorer};
use std::fmt::Write;
use std::sync::Arc;

/// Rows that are searched for between two rests.
const SEARCHES_BETWEEN_RESTS: usize = 16;

/// Answers payloads made of the index's own rows, and searches for those rows: a payload is near its row where a dimension is a
/// number as it is, and anywhere else where it is not.
pub fn warm_up(generation: &Arc<RowGeneration>, limits: &Limits, rest: &dyn Fn()) -> Warmed {
    let (index, plan) = (generation.index(), generation.plan());
    let points = index.shape().points as usize;
    let count = points.min(limits::WARM_UP_REQUESTS as usize);
    let slots = move || (0..count).map(move |number| number * points / count);
    let mut nearest = NearestRows::with_room_for(MAX_K);
    for (number, slot) in slots().enumerate() {
        if number.is_multiple_of(SEARCHES_BETWEEN_RESTS) {
            rest();
        }
        let found = index.search(&index.values(slot), generation.answer_form().k(), &mut nearest);
        std::hint::black_box(found.is_ok());
    }
    let room = answer_room(generation.answer_form().max_bytes());
    let scorer = RowScorer::new(generation.clone(), BODY_BYTES, room);
    let common = Common::new(Arc::new(SharedPhase::new(Phase::Ready)));
    let mut service = RowScore::new(common, scorer, AnswerPool::new(room, 1));
    let bodies = slots().map(|slot| payload(plan, &index.values(slot)));
    ask(&mut service, "/score", bodies, &limits.http(), rest)
}

/// What a key of a payload holds.
enum Node {
    /// JSON.
    Value(String),
    Object(Vec<(String, Node)>),
}

/// A payload with all fields, in the schema's order.
fn payload(plan: &Plan, values: &[f32]) -> String {
    let form = plan.schema().payload();
    let fields = plan.fields().iter().map(|field| (&*field.path, value(plan, &field.path, field.kind, values)));
    let id = form.id.as_deref().map(|path| (path, "\"warm-up\"".to_owned()));
    let mut all: Vec<(&str, String)> = id.into_iter().chain(fields).collect();
    if !form.order.is_empty() {
        all.sort_by_key(|(path, _)| form.order.iter().position(|ordered| ordered == path));
    }
    let mut root = Vec::new();
    for (path, value) in all {
        insert(&mut root, path, value);
    }
    let mut body = String::with_capacity(BODY_BYTES);
    write_object(&mut body, &root).expect("writing to a String cannot fail");
    body
}

fn insert(object: &mut Vec<(String, Node)>, path: &str, value: String) {
    let Some((key, rest)) = path.split_once('.') else {
        object.push((path.to_owned(), Node::Value(value)));
        return;
    };
    let place = object.iter().position(|(known, _)| known == key).unwrap_or_else(|| {
        object.push((key.to_owned(), Node::Object(Vec::new())));
        object.len() - 1
    });
    if let Node::Object(inner) = &mut object[place].1 {
        insert(inner, rest, value);
    }
}

fn write_object(body: &mut String, object: &[(String, Node)]) -> std::fmt::Result {
    body.push('{');
    for (place, (key, node)) in object.iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        write!(body, "{comma}{}:", quoted(key))?;
        match node {
            Node::Value(value) => body.push_str(value),
            Node::Object(inner) => write_object(body, inner)?,
        }
    }
    body.push('}');
    Ok(())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A value of the field at `path`, as JSON.
fn value(plan: &Plan, path: &str, kind: Kind, values: &[f32]) -> String {
    let mut dimensions = plan.schema().dimensions().iter().zip(values);
    match kind {
        Kind::Number => {
            let number = dimensions.find_map(|(dimension, value)| match &dimension.source {
                Source::Number(number) if number == path => {
                    let stepped = f64::from(*value) * dimension.steps.divide - dimension.steps.offset;
                    let is_log = dimension.steps.log;
                    Some(if is_log { stepped.abs().min(50.0).exp_m1().copysign(stepped) } else { stepped })
                }
                _ => None,
            });
            format!("{}", number.filter(|number| number.is_finite()).unwrap_or(1.0))
        }
        Kind::Flag => {
            let value = dimensions.find_map(|(dimension, value)| match &dimension.source {
                Source::Flag { path: flag, invert } if flag == path => Some((*value != 0.0) != *invert),
                _ => None,
            });
            value.unwrap_or(true).to_string()
        }
        Kind::Text => {
            let text = dimensions.find_map(|(dimension, _)| match &dimension.source {
                Source::Lookup { path: text, table, .. } if text == path => table.first().map(|(text, _)| text.clone()),
                Source::Member { path: text, list: List::Texts(texts), .. } if text == path => texts.first().cloned(),
                _ => None,
            });
            quoted(text.as_deref().unwrap_or("warm-up"))
        }
        Kind::Time => "\"2026-03-11T20:23:35Z\"".to_owned(),
        Kind::Texts => "[]".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::{PayloadReader, SchemaFile};

    #[test]
    fn a_payload_is_read_and_near_its_row() {
        let schema = SchemaFile::parse(
            "all.toml",
            r#"
            name = "all"
            k = 3
            [payload]
            id = "meta.id"
            [[dimension]]
            name = "a"
            number = "in.a"
            offset = 3
            divide = 4
            [[dimension]]
            name = "b"
            flag = "in.b"
            invert = true
            [[dimension]]
            name = "c"
            lookup = "c"
            table = { x = 7 }
            other = 1
            [[dimension]]
            name = "d"
            hour = "d"
            [[dimension]]
            name = "e"
            member = "c"
            of = "list"
            [[dimension]]
            name = "f"
            number = "f"
            log = true
            "#,
        )
        .unwrap();
        let plan = Plan::new(&schema);
        let row = [2.5, 0.0, 7.0, 20.0, 0.0, -1.5];
        let body = payload(&plan, &row);
        // the last digits are those of the machine's exponential function
        let expected = r#"{"meta":{"id":"warm-up"},"in":{"a":7,"b":true},"c":"x","d":"2026-03-11T20:23:35Z","list":[],"f":-3.48168907033806"#;
        assert!(body.starts_with(expected), "{body}");
        let mut vector = [0.0; 6];
        PayloadReader::new(1024).vectorize(&plan, body.as_bytes(), &mut vector).unwrap();
        assert_eq!(vector, row);
    }
}
