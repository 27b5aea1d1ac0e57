//! The official references and the published payloads come out as published.

use dataset::{
    OFFICIAL_SHA256, Payload, PayloadRecipe, References, generate_payloads, nearest, official_references,
    write_payloads,
};
use schema::{Parser, Rules};
use sha2::{Digest, Sha256};
use space::{DIMENSIONS, Label, Point};
use std::sync::LazyLock;

static OFFICIAL: LazyLock<References> = LazyLock::new(|| official_references(&|_, _, _| {}).unwrap());

fn payloads(recipe: &PayloadRecipe) -> Vec<Payload> {
    generate_payloads(recipe, &OFFICIAL, &|_, _, _| {})
}

fn sha256_of_file(payloads: &[Payload]) -> String {
    let mut text = Vec::new();
    write_payloads(payloads, OFFICIAL_SHA256, &mut text).unwrap();
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn histogram(payloads: &[Payload]) -> [usize; 6] {
    std::array::from_fn(|frauds| {
        payloads.iter().filter(|payload| usize::from(payload.expected_frauds) == frauds).count()
    })
}

#[test]
fn official_references_have_the_published_checksum_and_labels() {
    let frauds = OFFICIAL.labels.iter().filter(|&&label| label == Label::Fraud).count();
    assert_eq!((OFFICIAL.vectors.len(), OFFICIAL.labels.len(), frauds), (3_000_000, 3_000_000, 999_406));
}

#[test]
fn checked_examples_have_their_five_nearest_references() {
    let examples = [
        (
            [41, 1667, 500, 7826, 3333, -10_000, -10_000, 292, 1500, 0, 10_000, 0, 1500, 60],
            [2_120_963, 1_028_864, 570_415, 452_589, 2_728_265],
            Label::Legit,
        ),
        (
            [9506, 8333, 10_000, 2174, 8333, -10_000, -10_000, 9523, 10_000, 0, 10_000, 10_000, 7500, 55],
            [687_501, 731_246, 2_430_750, 1_350_975, 2_641_800],
            Label::Fraud,
        ),
    ];
    for (values, references, label) in examples {
        let found = nearest(&Point::new(values).unwrap(), &OFFICIAL).unwrap();
        assert_eq!(found.map(|neighbour| neighbour.reference), references);
        assert_eq!(found.map(|neighbour| neighbour.label), [label; 5]);
    }
}

#[test]
fn first_payloads_of_preview_1_keep_their_text_and_answers() {
    let payloads = payloads(&PayloadRecipe { count: 2000, ..PayloadRecipe::PREVIEW_1 });
    assert_eq!(
        payloads[0].request,
        concat!(
            r#"{"id":"tx-1329056812","#,
            r#""transaction":{"amount":2508.13,"installments":7,"requested_at":"2026-03-11T03:45:53Z"},"#,
            r#""customer":{"avg_amount":209.74,"tx_count_24h":13,"known_merchants":["MERC-003","MERC-016"]},"#,
            r#""merchant":{"id":"MERC-089","mcc":"7801","avg_amount":25.15},"#,
            r#""terminal":{"is_online":false,"card_present":true,"km_from_home":667.7296579973},"#,
            r#""last_transaction":null}"#
        )
    );
    assert_eq!(histogram(&payloads), [1110, 8, 28, 31, 13, 810]);
    assert_eq!(sha256_of_file(&payloads), "a172e4e09fbde836470f287190145c7af8f2d3ca7e527e10b8671de9c23587eb");
}

#[test]
fn first_payloads_of_preview_2_keep_their_text_and_answers() {
    let payloads = payloads(&PayloadRecipe { count: 2000, ..PayloadRecipe::PREVIEW_2 });
    assert_eq!(histogram(&payloads), [1103, 8, 28, 22, 14, 825]);
    assert_eq!(sha256_of_file(&payloads), "74c021b58b7f168c4f3357739629b0284955481400b4612386edb0ec4ee57832");
}

#[test]
fn first_payloads_of_the_harder_set_keep_their_text_and_answers() {
    let payloads = payloads(&PayloadRecipe { count: 500, ..PayloadRecipe::FINAL_LIKE });
    assert_eq!(histogram(&payloads), [279, 22, 48, 61, 27, 63]);
    assert_eq!(sha256_of_file(&payloads), "155e1dd509ded34c66fe45b7687b4f3d9ff16e59b75aa838b55924b60f1b9c8b");
}

#[test]
fn requests_parse_to_the_vectors_they_were_drawn_with() {
    let none = References::default();
    let (mut parser, rules) = (Parser::new(1024), Rules::default());
    for recipe in [PayloadRecipe::PREVIEW_1, PayloadRecipe::PREVIEW_2, PayloadRecipe::FINAL_LIKE] {
        for payload in generate_payloads(&PayloadRecipe { count: 20_000, ..recipe }, &none, &|_, _, _| {}) {
            let transaction = parser.parse(payload.request.as_bytes()).unwrap();
            assert_eq!(rules.vectorize(&transaction), payload.query, "{}", payload.request);
        }
    }
}

#[test]
fn two_hundred_payloads_have_the_labels_of_a_plain_loop_over_floats() {
    let floats = |query: &Point| query.values().map(|value| f64::from(value) / 10_000.0);
    let vectors: Vec<[f64; DIMENSIONS]> = OFFICIAL.vectors.iter().map(floats).collect();
    let recipes = [(PayloadRecipe::PREVIEW_1, 50), (PayloadRecipe::PREVIEW_2, 50), (PayloadRecipe::FINAL_LIKE, 100)];
    let mut expected = [0; 6];
    for payload in recipes.iter().flat_map(|&(recipe, count)| payloads(&PayloadRecipe { count, ..recipe })) {
        let (query, mut best) = (floats(&payload.query), [(f64::INFINITY, Label::Legit); 5]);
        for (vector, &label) in vectors.iter().zip(&OFFICIAL.labels) {
            let distance = query.iter().zip(vector).fold(0.0, |sum, (a, b)| sum + (a - b) * (a - b));
            insert(&mut best, distance, label);
        }
        let frauds = best.iter().filter(|&&(_, label)| label == Label::Fraud).count();
        assert_eq!(usize::from(payload.expected_frauds), frauds, "{}", payload.request);
        expected[frauds] += 1;
    }
    assert!(expected.iter().all(|&count| count > 0), "the payloads lack an answer: {expected:?}");
}

/// Keeps the five least, the first of equal ones.
fn insert(best: &mut [(f64, Label); 5], distance: f64, label: Label) {
    if distance < best[4].0 {
        let place = best.iter().take_while(|other| other.0 <= distance).count();
        best[place..].rotate_right(1);
        best[place] = (distance, label);
    }
}
