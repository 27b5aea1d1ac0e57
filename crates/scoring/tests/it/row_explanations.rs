//! What an explanation by rows says, and that its JSON keeps its shape.

use index::InstructionSet;
use index::knn::Method;
use schema::{Plan, SchemaFile};
use scoring::{RowExplanation, RowGeneration, RowsImage};
use serde_json::{Value, json};
use space::{RowIds, Rows, row_distance};

const SCHEMA: &str = r#"
name = "loans"
k = 3
[labels]
names = ["ok", "late"]
from = "outcome"
[rows]
id = "id"
[payload]
id = "id"
[answer]
echo_id = true
[[dimension]]
name = "amount"
number = "amount"
divide = 10
[[dimension]]
name = "is_new"
flag = "new"
default = -1
weight = 2.5
[[dimension]]
name = "ratio"
ratio = ["amount", "income"]
by_zero = [0, 9]
clamp = [0, 10]
"#;

const VALUES: [f32; 12] = [0.5, 1.0, 0.25, 1.0, 0.0, 0.5, 1.5, -1.0, 1.0, 9.0, 0.0, 9.0];
const LABELS: [u8; 4] = [0, 1, 0, 1];
const WEIGHTS: [f64; 3] = [1.0, 2.5, 1.0];

fn generation(method: Method) -> RowGeneration {
    let plan = Plan::new(&SchemaFile::parse("loans.toml", SCHEMA).unwrap());
    let mut ids = RowIds::default();
    ["L-0", "L-1", "L-2", "L-3"].iter().for_each(|id| ids.push(id));
    let rows = Rows::new(3, &VALUES).unwrap();
    let image = RowsImage::plan(&plan, rows, Some(&LABELS), Some(&ids), Some(method), &|_, _, _| {}).unwrap();
    let mut bytes = Vec::new();
    image.write(&mut bytes).unwrap();
    RowGeneration::open(bytes, InstructionSet::detect(), &|_, _, _| {}).unwrap()
}

#[test]
fn the_nearest_rows_are_listed_with_what_they_differ_in() {
    for method in [Method::GridTree, Method::CellScan] {
        let generation = generation(method);
        let body = br#"{"id":"q-1","amount":10,"new":true,"income":20}"#;
        let explanation = RowExplanation::of(&generation, body).unwrap();
        let query = [1.0, 1.0, 0.5];
        let mut expected: Vec<(f64, usize)> =
            (0..4).map(|row| (row_distance(&query, &VALUES[3 * row..][..3], &WEIGHTS), row)).collect();
        expected.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        assert_eq!(explanation.neighbours.len(), 3);
        for (told, (distance, row)) in explanation.neighbours.iter().zip(&expected) {
            assert_eq!((told.neighbour.row as usize, told.neighbour.distance), (*row, *distance));
            assert_eq!(told.neighbour.id, Some(&*format!("L-{row}")));
            assert_eq!(told.neighbour.label, Some(["ok", "late"][usize::from(LABELS[*row])]));
            assert_eq!(told.vector, VALUES[3 * row..][..3]);
            for (place, share) in told.shares.iter().enumerate() {
                let difference = f64::from(query[place]) - f64::from(told.vector[place]);
                assert_eq!(*share, WEIGHTS[place] * (difference * difference) / distance);
            }
            assert!((told.shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
        assert_eq!((explanation.label, explanation.k, explanation.method), (Some("ok"), 3, method.name()));
        assert!(explanation.work.measured >= 3, "{:?}", explanation.work);
        let answer: Value = serde_json::from_str(explanation.answer.get()).unwrap();
        assert_eq!(answer["id"], "q-1");
        assert_eq!(answer["label"], "ok");
        assert_eq!(answer["shares"]["ok"].as_f64(), Some(2.0 / 3.0));
    }
}

#[test]
fn each_dimension_is_told_from_the_payload_to_what_is_compared() {
    let generation = generation(Method::CellScan);
    let explanation = RowExplanation::of(&generation, br#"{"id":"","amount":5,"income":0}"#).unwrap();
    let told: Vec<_> = explanation.dimensions.iter().map(|told| (told.name, told.raw, told.unit, told.value)).collect();
    let expected =
        [("amount", Some(5.0), None, 0.5), ("is_new", None, Some("flag"), -1.0), ("ratio", None, Some("ratio"), 9.0)];
    assert_eq!(told, expected);
    let defaults: Vec<_> = explanation.dimensions.iter().map(|told| told.is_default).collect();
    assert_eq!(defaults, [false, true, false]);
    assert_eq!(explanation.dimensions[0].stepped, Some(0.5));
}

#[test]
fn at_no_distance_no_dimension_has_a_share() {
    let generation = generation(Method::GridTree);
    let explanation = RowExplanation::of(&generation, br#"{"id":"x","amount":5,"new":true,"income":20}"#).unwrap();
    let nearest = &explanation.neighbours[0];
    assert_eq!((nearest.neighbour.row, nearest.neighbour.distance), (0, 0.0));
    assert_eq!(nearest.shares, [0.0; 3]);
}

#[test]
fn its_json_has_the_keys_that_scripts_read() {
    let generation = generation(Method::GridTree);
    let body = br#"{"id":"a\"b","amount":10,"new":false,"income":40}"#;
    let text = serde_json::to_string(&RowExplanation::of(&generation, body).unwrap()).unwrap();
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&told["schema"], &told["id"], &told["k"]), (&json!("loans"), &json!("a\"b"), &json!(3)));
    let in_order = |keys: &[&str]| {
        let places: Vec<_> = keys.iter().map(|key| text.find(&format!("\"{key}\":")).unwrap()).collect();
        assert!(places.is_sorted(), "{keys:?} in {text}");
    };
    in_order(&["schema", "answer", "method", "work", "dimensions", "neighbours"]);
    in_order(&["name", "raw", "unit", "stepped", "scale", "value", "is_default", "weight"]);
    in_order(&["row", "distance", "vector"]);
    assert_eq!(told["shares"].as_object().unwrap().len(), 2);
}

#[test]
fn a_long_id_is_cut_and_one_that_is_repeated_is_refused() {
    let generation = generation(Method::GridTree);
    let body = |length: usize| format!(r#"{{"id":"{}","amount":1,"income":1}}"#, "x".repeat(length));
    let longest = RowExplanation::of(&generation, body(scoring::MAX_ECHOED_ID_BYTES).as_bytes()).unwrap();
    assert_eq!(longest.id.unwrap().len(), scoring::MAX_ID_BYTES.min(scoring::MAX_ECHOED_ID_BYTES));
    let too_long = body(scoring::MAX_ECHOED_ID_BYTES + 1);
    let refused = RowExplanation::of(&generation, too_long.as_bytes()).unwrap_err();
    assert!(refused.to_string().starts_with("id: longer than"), "{refused}");
}

#[test]
fn a_payload_at_fault_is_not_explained() {
    let generation = generation(Method::GridTree);
    for (body, fault) in [("{}", "id: missing"), (r#"{"id":"","amount":"x"}"#, "amount: expected a number")] {
        assert_eq!(RowExplanation::of(&generation, body.as_bytes()).unwrap_err().to_string(), fault);
    }
}
