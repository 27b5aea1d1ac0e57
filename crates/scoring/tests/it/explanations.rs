//! What an explanation says, and that its JSON keeps its shape.

use super::{BODY, generation};
use scoring::{ExplainError, Generation, Scorer};
use space::Label;
use std::sync::Arc;

fn scorer() -> Scorer {
    let generation = generation(|number| if number < 7 { Label::Legit } else { Label::Fraud });
    Scorer::new(Arc::new(generation), BODY.len())
}

#[test]
fn the_nearest_references_are_listed_nearest_first_and_explain_the_decision() {
    let mut scorer = scorer();
    let explanation = scorer.explain(BODY.as_bytes()).unwrap();
    assert_eq!(explanation.neighbours.map(|neighbour| neighbour.reference), [9, 8, 7, 6, 5]);
    assert_eq!(explanation.neighbours.map(|neighbour| neighbour.label), ["fraud", "fraud", "fraud", "legit", "legit"]);
    assert_eq!((explanation.approved, explanation.fraud_score, explanation.frauds), (false, 0.6, 3));
    let [first, second, ..] = explanation.neighbours;
    // 41 - 9 and 41 - 8 in the first dimension, the same in all others
    assert_eq!(second.squared_distance - first.squared_distance, 33 * 33 - 32 * 32);
    assert_eq!(first.distance, (first.squared_distance as f64).sqrt() / 10_000.0);
}

#[test]
fn each_dimension_is_told_from_the_payload_to_what_is_compared() {
    let mut scorer = scorer();
    let explanation = scorer.explain(BODY.as_bytes()).unwrap();
    let told = |name: &str| *explanation.dimensions.iter().find(|told| told.name == name).unwrap();
    let amount = told("amount");
    assert_eq!((amount.raw, amount.unit, amount.quantized), (Some(41.12), "currency", 41));
    assert_eq!(amount.value, 41.12 / 10_000.0);
    let minutes = told("minutes_since_last_tx");
    assert_eq!((minutes.raw, minutes.value, minutes.quantized), (None, -1.0, -10_000));
    assert_eq!(
        (told("amount_vs_avg").raw, told("mcc_risk").raw, told("card_present").raw),
        (Some(0.5), Some(0.15), Some(1.0))
    );
}

#[test]
fn shares_say_where_a_neighbour_differs_and_add_up_to_one() {
    let mut scorer = scorer();
    let explanation = scorer.explain(BODY.as_bytes()).unwrap();
    let query = explanation.dimensions.map(|told| f64::from(told.quantized));
    for neighbour in explanation.neighbours {
        assert_eq!(usize::from(neighbour.vector[0].unsigned_abs()), neighbour.reference as usize);
        for (place, share) in neighbour.shares.into_iter().enumerate() {
            let difference = query[place] - f64::from(neighbour.vector[place]);
            assert_eq!(share, difference * difference / neighbour.squared_distance as f64);
        }
        assert!((neighbour.shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
}

#[test]
fn at_no_distance_no_dimension_has_a_share() {
    let vector = *scorer().read(BODY.as_bytes()).unwrap().values();
    let vectors = [space::Point::new(vector).unwrap(); 5];
    let image = scoring::build(&vectors, &[Label::Fraud; 5], &schema::Rules::default(), &|_, _, _| {}).unwrap();
    let generation = Generation::open(image, index::InstructionSet::detect()).unwrap();
    let mut scorer = Scorer::new(Arc::new(generation), BODY.len());
    let explanation = scorer.explain(BODY.as_bytes()).unwrap();
    for neighbour in explanation.neighbours {
        assert_eq!((neighbour.squared_distance, neighbour.vector, neighbour.shares), (0, vector, [0.0; 14]));
    }
}

#[test]
fn the_id_is_repeated_escaped_and_no_longer_than_allowed() {
    let mut scorer = scorer();
    let mut json_of = |id: &str| {
        let body = BODY.replace("tx-1329056812", id);
        serde_json::to_string(&scorer.explain(body.as_bytes()).unwrap()).unwrap()
    };
    assert!(json_of("tx-1").starts_with(r#"{"id":"tx-1","approved":false,"#));
    let escaped = r#"a\"b\n\u0001<\\"#;
    assert!(json_of(escaped).starts_with(&format!(r#"{{"id":"{escaped}","approved""#)));
    let long: serde_json::Value = serde_json::from_str(&json_of(&"é".repeat(1_000))).unwrap();
    assert_eq!(long["id"].as_str().unwrap(), "é".repeat(scoring::MAX_ID_BYTES / 2));
    let odd: serde_json::Value = serde_json::from_str(&json_of(&format!("a{}", "é".repeat(1_000)))).unwrap();
    assert_eq!(odd["id"].as_str().unwrap().len(), scoring::MAX_ID_BYTES - 1);
}

#[test]
fn its_json_has_the_keys_that_scripts_read() {
    let mut scorer = scorer();
    let text = serde_json::to_string(&scorer.explain(BODY.as_bytes()).unwrap()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&json["approved"], &json["fraud_score"], &json["frauds"]), (&false.into(), &0.6.into(), &3.into()));
    assert!(index::Proof::ALL.iter().any(|proof| json["proof"] == proof.name()));
    assert_eq!((json["dimensions"].as_array().unwrap().len(), json["neighbours"].as_array().unwrap().len()), (14, 5));
    let in_order = |keys: &[&str]| {
        let places: Vec<_> = keys.iter().map(|key| text.find(&format!("\"{key}\":")).unwrap()).collect();
        assert!(places.is_sorted(), "{keys:?} in {text}");
    };
    in_order(&["id", "approved", "fraud_score", "frauds", "proof", "dimensions", "neighbours"]);
    in_order(&["name", "raw", "unit", "value", "quantized"]);
    in_order(&["reference", "label", "distance", "squared_distance", "vector", "shares"]);
}

#[test]
fn a_payload_at_fault_is_not_explained() {
    let mut scorer = scorer();
    let refused = scorer.explain(b"{}").unwrap_err();
    assert!(matches!(refused, ExplainError::Payload(_)), "{refused}");
    assert_eq!(refused.to_string(), "id: missing");
}
