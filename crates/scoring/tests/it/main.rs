//! Generations, scorers and explanations over small indexes.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod explanations;
mod generations;
mod row_explanations;

use schema::{Dimension, Rules};
use scoring::Generation;
use space::{DIMENSIONS, Label, Point};

/// The first of the contest's checked examples: an amount of 41.12, so a first value of 0.0041.
const BODY: &str = r#"{"id":"tx-1329056812","transaction":{"amount":41.12,"installments":2,"requested_at":"2026-03-11T18:45:53Z"},"customer":{"avg_amount":82.24,"tx_count_24h":3,"known_merchants":["MERC-003","MERC-016"]},"merchant":{"id":"MERC-016","mcc":"5411","avg_amount":60.25},"terminal":{"is_online":false,"card_present":true,"km_from_home":29.2331036248},"last_transaction":null}"#;

/// References that differ in the amount alone, 0 to 0.0009; every label is that of `label`.
fn image(rules: &Rules, label: impl Fn(usize) -> Label) -> Vec<u8> {
    let vectors = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(|amount| {
        let mut values = [0; DIMENSIONS];
        values[Dimension::Amount as usize] = amount;
        Point::new(values).unwrap()
    });
    let labels: Vec<Label> = (0..vectors.len()).map(label).collect();
    scoring::build(&vectors, &labels, rules, &|_, _, _| {}).unwrap()
}

fn generation(label: impl Fn(usize) -> Label) -> Generation {
    Generation::open(image(&Rules::default(), label), index::InstructionSet::detect()).unwrap()
}
