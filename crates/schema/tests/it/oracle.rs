//! Parsing against serde_json: random payloads in random dress, and random damage.
//!
//! The oracle accepts what serde_json reads both as a value without repeated keys (so that skipped parts are JSON too)
//! and as the structs below. It differs from the parser in these ways, none of which the damage here can reach: its structs may be given
//! as arrays, and it stops at a depth of 127.

mod damage;
mod dress;

use crate::common::{CANONICAL, Facts, assert_plan_agrees, rfc3339_ns};
use damage::Damage;
use dress::{Writer, payload};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use schema::Parser;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::HashSet;
use std::fmt;
use testkit::random::Random;

#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "id")]
    _id: String,
    transaction: Current,
    customer: Customer,
    merchant: Merchant,
    terminal: Terminal,
    // Without a default of its own: null is none, but the key must be there.
    #[serde(deserialize_with = "Option::deserialize")]
    last_transaction: Option<Last>,
}
#[derive(Deserialize)]
struct Current {
    amount: f64,
    installments: f64,
    requested_at: String,
}
#[derive(Deserialize)]
struct Customer {
    avg_amount: f64,
    tx_count_24h: f64,
    known_merchants: Vec<String>,
}
#[derive(Deserialize)]
struct Merchant {
    id: String,
    mcc: String,
    avg_amount: f64,
}
#[derive(Deserialize)]
struct Terminal {
    is_online: bool,
    card_present: bool,
    km_from_home: f64,
}
#[derive(Deserialize)]
struct Last {
    timestamp: String,
    km_from_current: f64,
}

/// Any JSON of whose objects none has a key twice.
struct WithoutRepeats;

impl<'de> Deserialize<'de> for WithoutRepeats {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for WithoutRepeats {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON without repeated keys")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self, A::Error> {
        while sequence.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut keys = HashSet::new();
        while let Some((key, Self)) = map.next_entry::<String, Self>()? {
            if !keys.insert(key) {
                return Err(A::Error::custom("a key is repeated"));
            }
        }
        Ok(self)
    }
}

fn oracle(body: &[u8]) -> Option<Facts> {
    serde_json::from_slice::<WithoutRepeats>(body).ok()?;
    let payload: Payload = serde_json::from_slice(body).ok()?;
    let last = match payload.last_transaction {
        Some(last) => Some((rfc3339_ns(&last.timestamp)?, last.km_from_current)),
        None => None,
    };
    Some(Facts {
        amount: payload.transaction.amount,
        installments: payload.transaction.installments,
        requested_at_ns: rfc3339_ns(&payload.transaction.requested_at)?,
        customer_avg_amount: payload.customer.avg_amount,
        tx_count_24h: payload.customer.tx_count_24h,
        merchant_is_known: payload.customer.known_merchants.contains(&payload.merchant.id),
        mcc: payload.merchant.mcc,
        merchant_avg_amount: payload.merchant.avg_amount,
        is_online: payload.terminal.is_online,
        card_present: payload.terminal.card_present,
        km_from_home: payload.terminal.km_from_home,
        last,
    })
}

fn parsed(parser: &mut Parser, body: &[u8]) -> Option<Facts> {
    assert_plan_agrees(body);
    parser.parse(body).ok().map(Facts::from)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_payload_in_any_dress_reads_as_serde_json_reads_it(payload in payload(), seed: u64) {
        let mut writer = Writer { out: String::new(), dice: Random(seed) };
        writer.json(&payload);
        assert_plan_agrees(writer.out.as_bytes());
        let expected = oracle(writer.out.as_bytes());
        let mut parser = Parser::new(1024);
        let got = parser.parse(writer.out.as_bytes()).map(Facts::from);
        prop_assert_eq!(got.as_ref().ok(), expected.as_ref(), "{:?}\n{}", got, writer.out);
        prop_assert_eq!(expected.is_none(), payload.repeats_a_key(), "{}", writer.out);
    }
}

fn damaged(damage: &[Damage]) -> Vec<u8> {
    let mut body = CANONICAL.as_bytes().to_vec();
    for damage in damage {
        damage.apply(&mut body);
    }
    body
}

#[test]
fn damage_leaves_enough_bodies_valid_to_compare_their_values() {
    let mut runner = TestRunner::deterministic();
    let strategy = prop::collection::vec(Damage::any(), 1..4);
    let bodies: Vec<_> = (0..2_000).map(|_| damaged(&strategy.new_tree(&mut runner).unwrap().current())).collect();
    let valid = bodies.iter().filter(|body| oracle(body).is_some()).count();
    assert!((200..1_800).contains(&valid), "{valid} of 2000");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 25_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_is_refused_exactly_when_serde_json_refuses_it(damage in prop::collection::vec(Damage::any(), 1..4)) {
        let body = damaged(&damage);
        let got = parsed(&mut Parser::new(256), &body);
        prop_assert_eq!(&got, &oracle(&body), "{}", String::from_utf8_lossy(&body));
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_are_refused(body in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Parser::new(16).parse(&body).is_err());
    }
}
