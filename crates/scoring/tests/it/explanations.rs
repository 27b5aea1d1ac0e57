//! What an explanation says, and that its JSON keeps its shape.

use super::{BODY, generation};
use scoring::{ExplainError, Scorer};
use space::Label;
use std::sync::Arc;

fn scorer() -> Scorer {
    let generation = generation(|number| if number < 7 { Label::Legit } else { Label::Fraud });
    Scorer::new(Arc::new(generation), BODY.len())
}

#[test]
fn the_nearest_references_are_listed_nearest_first_and_explain_the_decision() {
    let explanation = scorer().explain(BODY.as_bytes()).unwrap();
    assert_eq!(explanation.neighbours.map(|neighbour| neighbour.reference), [9, 8, 7, 6, 5]);
    assert_eq!(explanation.neighbours.map(|neighbour| neighbour.label), ["fraud", "fraud", "fraud", "legit", "legit"]);
    assert_eq!((explanation.approved, explanation.fraud_score, explanation.frauds), (false, 0.6, 3));
    let [first, second, ..] = explanation.neighbours;
    // 41 - 9 and 41 - 8 in the first dimension, the same in all others
    assert_eq!(second.squared_distance - first.squared_distance, 33 * 33 - 32 * 32);
    assert_eq!(first.distance, (first.squared_distance as f64).sqrt() / 10_000.0);
}

#[test]
fn the_vector_is_told_by_dimension() {
    let explanation = scorer().explain(BODY.as_bytes()).unwrap();
    let told: Vec<_> = explanation.dimensions().map(|(dimension, value)| (dimension.name(), value)).collect();
    assert_eq!(told.len(), 14);
    assert_eq!(told[0], ("amount", 0.0041));
    assert_eq!(told[5], ("minutes_since_last_tx", -1.0));
    assert_eq!(told[12], ("mcc_risk", 0.15));
}

#[test]
fn its_json_has_the_keys_that_scripts_read() {
    let json = serde_json::to_value(scorer().explain(BODY.as_bytes()).unwrap()).unwrap();
    assert_eq!((&json["approved"], &json["fraud_score"], &json["frauds"]), (&false.into(), &0.6.into(), &3.into()));
    assert_eq!(json["vector"].as_array().unwrap().len(), 14);
    let neighbour = json["neighbours"][0].as_object().unwrap();
    let keys: Vec<_> = neighbour.keys().collect();
    assert_eq!(keys, ["distance", "label", "reference", "squared_distance"]);
}

#[test]
fn a_payload_at_fault_is_not_explained() {
    let refused = scorer().explain(b"{}").unwrap_err();
    assert!(matches!(refused, ExplainError::Payload(_)), "{refused}");
    assert_eq!(refused.to_string(), "id: missing");
}
