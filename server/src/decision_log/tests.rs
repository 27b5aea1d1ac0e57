//! Which decisions are taken, and what a line of them holds and leaves out.

use super::counts::Counts;
use super::redaction::{ContestRedaction, RedactedField};
use super::ring::{Decided, Sampled, ring};
use super::{Sampler, contest_record};
use index::InstructionSet;
use schema::{Dimension, Field, Parser, Rules};
use scoring::Generation;
use serde_json::{Value, json};
use space::{DIMENSIONS, Label, Point};
use std::num::NonZeroU32;
use std::sync::Arc;

const BODY: &str = r#"{"id":"tx-1","extra":{"name":"somebody"},"transaction":{"amount":384.88,"installments":3,"requested_at":"2026-03-11T20:23:35Z","note":1},"customer":{"avg_amount":769.76,"tx_count_24h":3,"known_merchants":["MERC-009","MERC-001"]},"merchant":{"id":"MERC-001","mcc":"5912","avg_amount":298.95},"terminal":{"is_online":false,"card_present":true,"km_from_home":13.7},"last_transaction":null}"#;

#[test]
fn of_each_n_decisions_the_last_is_taken_and_what_does_not_fit_is_counted() {
    for (every, decisions) in [(1, 100), (7, 100), (100, 99), (100, 100), (1_000, 5_999)] {
        let (producer, mut consumer) = ring(64 * 1024);
        let counts = Arc::new(Counts::default());
        let mut sampler =
            Sampler::new(NonZeroU32::new(every).unwrap(), producer, counts.clone(), std::thread::current());
        for number in 1..=decisions {
            sampler.offer(&number.to_string().into_bytes(), Decided::Frauds(3), || 9);
        }
        let mut body = Vec::new();
        let mut expected = (1..=decisions).filter(|number: &u32| number.is_multiple_of(every));
        while let Some(sampled) = consumer.take(&mut body) {
            assert_eq!((sampled.decided, sampled.generation), (Decided::Frauds(3), 9));
            assert_eq!(String::from_utf8(body.clone()).ok(), expected.next().map(|number| number.to_string()));
        }
        assert_eq!((expected.next(), counts.dropped(), counts.written()), (None, 0, 0));
    }
    let (producer, _consumer) = ring(128);
    let counts = Arc::new(Counts::default());
    let mut sampler = Sampler::new(NonZeroU32::MIN, producer, counts.clone(), std::thread::current());
    (0..10).for_each(|_| sampler.offer(b"a body", Decided::Frauds(0), || 0));
    assert_eq!(counts.dropped(), 7, "three records of 40 bytes fit");
}

fn current() -> Generation {
    let vectors: Vec<_> = (0..9).map(|value| Point::new([value * 1_000; DIMENSIONS]).unwrap()).collect();
    let labels = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(|place| if place < 5 { Label::Legit } else { Label::Fraud });
    let image = scoring::build(&vectors, &labels, &Rules::default(), &|_, _, _| {}).unwrap();
    Generation::open(image, InstructionSet::detect()).unwrap()
}

fn line(by: Option<&Generation>, redact: &[Field]) -> (Value, String) {
    let sampled = Sampled { decided: Decided::Frauds(0), generation: 0, unix_ns: 1_773_260_615_000_000_000 };
    let mut line = b"what was there before".to_vec();
    let mut parser = Parser::new(1024);
    let redact: Vec<RedactedField> = redact.iter().map(|field| field.path().parse().unwrap()).collect();
    let redaction = ContestRedaction::of(&redact);
    let by = by.map(|by| (Some(3), by));
    contest_record::write(&mut line, (sampled, 0), BODY.as_bytes(), by, &mut parser, &redaction).unwrap();
    let text = String::from_utf8(line).unwrap();
    assert_eq!((text.matches('\n').count(), text.ends_with('\n')), (1, true));
    (serde_json::from_str(&text).unwrap(), text)
}

#[test]
fn a_line_tells_when_what_by_which_index_and_why() {
    let by = current();
    let (line, text) = line(Some(&by), &[]);
    assert!(
        text.starts_with(r#"{"time":"2026-03-11T20:23:35.000000Z","id":"tx-1","generation":3,"checksum":""#),
        "{text}"
    );
    assert_eq!(line["checksum"], by.index().info().checksum);
    assert_eq!(line["decision"], json!({"approved": true, "fraud_score": 0.0, "frauds": 0}));
    let mut request: Value = serde_json::from_str(BODY).unwrap();
    request.as_object_mut().unwrap().remove("extra");
    request["transaction"].as_object_mut().unwrap().remove("note");
    assert_eq!(line["request"], request, "the fields of the contract and no others");
    let keys: Vec<_> = line["explanation"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["dimensions", "neighbours", "proof"]);
    assert_eq!(line["explanation"]["dimensions"][0]["raw"], 384.88);
}

#[test]
fn a_decision_of_an_index_that_is_gone_is_logged_without_explanation() {
    let (line, _) = line(None, &[]);
    assert_eq!((&line["id"], &line["decision"]["fraud_score"]), (&json!("tx-1"), &json!(0.0)));
    assert_eq!(
        (&line["explanation"], &line["generation"], &line["checksum"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
}

#[test]
fn a_field_left_out_is_in_no_part_of_the_line() {
    let by = current();
    let (redacted, text) = line(Some(&by), &[Field::Id, Field::KnownMerchants, Field::MerchantId, Field::Amount]);
    for secret in ["tx-1", "MERC-", "384.88", "somebody"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert_eq!((&redacted["id"], &redacted["request"]["id"]), (&json!("[redacted]"), &json!("[redacted]")));
    assert_eq!(redacted["request"]["customer"]["known_merchants"], "[redacted]");
    assert_eq!(redacted["request"]["customer"]["avg_amount"], 769.76);
    let secret = [Dimension::Amount, Dimension::AmountVsAvg, Dimension::UnknownMerchant];
    for dimension in Dimension::ALL {
        let (place, is_secret) = (dimension as usize, secret.contains(&dimension));
        let told = &redacted["explanation"]["dimensions"][place];
        assert_eq!(told["name"], dimension.name());
        assert_eq!((told["quantized"].is_null(), told["value"].is_null()), (is_secret, is_secret), "{told}");
        for neighbour in redacted["explanation"]["neighbours"].as_array().unwrap() {
            let values = (neighbour["vector"][place].is_null(), neighbour["shares"][place].is_null());
            assert_eq!(values, (is_secret, is_secret), "{neighbour}");
        }
    }
}

#[test]
fn an_object_is_left_out_with_all_its_fields() {
    let by = current();
    let (redacted, _) = line(Some(&by), &[Field::Customer, Field::LastTransaction]);
    assert_eq!(redacted["request"]["customer"], "[redacted]");
    assert_eq!(redacted["request"]["last_transaction"], "[redacted]");
    assert_eq!(redacted["request"]["merchant"]["id"], "MERC-001");
    let is_hidden = |dimension: Dimension| redacted["explanation"]["dimensions"][dimension as usize]["value"].is_null();
    let hidden: Vec<_> = Dimension::ALL.into_iter().filter(|dimension| is_hidden(*dimension)).collect();
    let expected = [
        Dimension::AmountVsAvg,
        Dimension::MinutesSinceLast,
        Dimension::KmFromLast,
        Dimension::TxCount24h,
        Dimension::UnknownMerchant,
    ];
    assert_eq!(hidden, expected);
}
