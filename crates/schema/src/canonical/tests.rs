//! The short cut against the general reader: it takes every canonical body, and says of any body the same or nothing.
use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::read;
use crate::{Parser, Transaction};

const WITH_LAST: &str = r#"{"id":"tx-3576980410","transaction":{"amount":384.88,"installments":3,"requested_at":"2026-03-11T20:23:35Z"},"customer":{"avg_amount":769.76,"tx_count_24h":3,"known_merchants":["MERC-009","MERC-001"]},"merchant":{"id":"MERC-001","mcc":"5912","avg_amount":298.95},"terminal":{"is_online":false,"card_present":true,"km_from_home":13.7090520965},"last_transaction":{"timestamp":"2026-03-11T14:58:35Z","km_from_current":18.8626479774}}"#;
const WITHOUT_LAST: &str = r#"{"id":"tx-1329056812","transaction":{"amount":41.12,"installments":2,"requested_at":"2026-03-11T18:45:53Z"},"customer":{"avg_amount":82.24,"tx_count_24h":3,"known_merchants":["MERC-003","MERC-016"]},"merchant":{"id":"MERC-016","mcc":"5411","avg_amount":60.25},"terminal":{"is_online":false,"card_present":true,"km_from_home":29.2331036248},"last_transaction":null}"#;

/// Every bit of it: no two finite numbers are shown alike, -0 and 0 are not either.
fn shown(transaction: Transaction<'_>) -> String {
    format!("{transaction:?}")
}

fn by_general_reader(body: &[u8]) -> Option<String> {
    Parser::new(1024).parse_any_form(body).ok().map(shown)
}

/// The values of a body as they are written.
#[derive(Clone, Debug)]
struct Values {
    numbers: [String; 7],
    texts: [String; 3],
    known_merchants: Vec<String>,
    times: [String; 2],
    is_online: bool,
    card_present: bool,
    has_last: bool,
}

impl Values {
    fn body(&self) -> String {
        let [amount, installments, customer_avg, tx_count, merchant_avg, from_home, from_current] = &self.numbers;
        let ([id, merchant, mcc], [requested_at, timestamp]) = (&self.texts, &self.times);
        let known: Vec<_> = self.known_merchants.iter().map(|known| format!(r#""{known}""#)).collect();
        let (known, is_online, card_present) = (known.join(","), self.is_online, self.card_present);
        let mut body = format!(
            r#"{{"id":"{id}","transaction":{{"amount":{amount},"installments":{installments},"requested_at":"{requested_at}"}},"customer":{{"avg_amount":{customer_avg},"tx_count_24h":{tx_count},"known_merchants":[{known}]}},"merchant":{{"id":"{merchant}","mcc":"{mcc}","avg_amount":{merchant_avg}}},"terminal":{{"is_online":{is_online},"card_present":{card_present},"km_from_home":{from_home}}},"last_transaction":"#
        );
        let last = format!(r#"{{"timestamp":"{timestamp}","km_from_current":{from_current}}}"#);
        let _ = write!(body, "{}}}", if self.has_last { &last } else { "null" });
        body
    }
}

/// Bodies of such values; in half of them the merchant is one of those known, if any is.
fn bodies(
    number: impl Strategy<Value = String> + 'static,
    text: impl Strategy<Value = String> + 'static,
    time: impl Strategy<Value = String> + 'static,
) -> impl Strategy<Value = String> {
    let (number, text, time) = (number.boxed(), text.boxed(), time.boxed());
    let numbers: [BoxedStrategy<String>; 7] = std::array::from_fn(|_| number.clone());
    let texts = [text.clone(), text.clone(), text.clone()];
    let known_merchants = prop::collection::vec(text, 0..7);
    let merchant_is_known = any::<Option<prop::sample::Index>>();
    (numbers, texts, known_merchants, merchant_is_known, [time.clone(), time], any::<[bool; 3]>()).prop_map(
        |(numbers, mut texts, known_merchants, known, times, [is_online, card_present, has_last])| {
            if let Some(known) = known.filter(|_| !known_merchants.is_empty()) {
                texts[1] = known.get(&known_merchants).clone();
            }
            Values { numbers, texts, known_merchants, times, is_online, card_present, has_last }.body()
        },
    )
}

/// Every spelling that the short cut must take.
fn plain_number() -> impl Strategy<Value = String> {
    let decimal = |digits: u64, places: u32| {
        let power = 10_u64.pow(places);
        format!("{}.{:0width$}", digits / power, digits % power, width = places as usize)
    };
    prop_oneof![
        (0..1_000_000_000_000_000_u64, 0..15_u32).prop_map(|(whole, digits)| (whole / 10_u64.pow(digits)).to_string()),
        (0..1_000_000_u64, 1..3_u32).prop_map(move |(cents, places)| decimal(cents, places)),
        (0..10_000_000_000_000_u64, 8..=10_u32).prop_map(move |(km, places)| decimal(km, places)),
        (0..=1_u64 << 53, 0..16_u32, 2..=15_u32)
            .prop_map(move |(digits, fewer, places)| decimal(digits / 10_u64.pow(fewer), places)),
    ]
}

fn odd_number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<f64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| format!("{number:e}")),
        any::<i128>().prop_map(|number| number.to_string()),
        (0..64_u32, 0..9_u64).prop_map(|(bits, more)| ((1_u64 << bits) + more).to_string()),
        (1_u64 << 53..1 << 56, 1..15_usize).prop_map(|(digits, at)| {
            let mut text = digits.to_string();
            text.insert(at, '.');
            text
        }),
        "-?[0-9]{1,20}(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
        "[-+]?[0-9]{0,3}\\.?[0-9]{0,3}[eE]?[+-]?[0-9]{0,4}",
        "0{0,3}\\.?0{0,30}[0-9]{0,3}",
    ]
}

fn plain_text() -> impl Strategy<Value = String> {
    prop_oneof!["MERC-0[0-2][0-9]", "tx-[0-9]{1,10}", "[0-9]{4}", "[ !#-\\[\\]-\\x7f]{0,40}", "[ABab]{0,2}"]
}

fn odd_text() -> impl Strategy<Value = String> {
    prop_oneof!["[\\x00-\\x7f]{0,20}", "\\PC{0,20}", "[A-Z\"\\\\u0-9]{0,12}", Just("\\u0041".to_owned())]
}

fn plain_time() -> impl Strategy<Value = String> {
    "([0-8][0-9]{3}|99[0-8][0-9])-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)Z"
}

fn odd_time() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,12})?([Zz]|[+-][0-2][0-9]:[0-6][0-9])",
        "(1900|2000|2023|2024|9999)-(02|12)-(28|29|30|31)T23:59:(59|60|61)Z",
        "[0-9TZ:.-]{18,22}",
    ]
}

/// One change to the bytes of a body.
#[derive(Clone, Debug)]
enum Change {
    Replace(prop::sample::Index, u8),
    Insert(prop::sample::Index, &'static str),
    Delete(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
    Cut(prop::sample::Index),
    /// Two members change places.
    Swap(prop::sample::Index, prop::sample::Index),
    /// A member is written again at the place of another.
    Again(prop::sample::Index, prop::sample::Index),
}

impl Change {
    fn any() -> impl Strategy<Value = Self> {
        let at = any::<prop::sample::Index>;
        let telling = b"{}[]\",:\\ \t\n\r\x000123456789-+.eEtTfnZzu\x1f\x7f\x80\xc3\xff".to_vec();
        let pieces = [
            " ",
            "\n",
            "\\",
            "\\u0041",
            "\\\"",
            "é",
            "\u{7f}",
            "\0",
            "\"",
            ",",
            ":",
            "{",
            "}",
            "[",
            "]",
            "0",
            "00",
            "-",
            "-0",
            "+",
            ".",
            "e5",
            "E-3",
            "e999",
            "null",
            "true",
            "\"x\":1,",
            "\"mcc\":\"5912\",",
            "00000000000000000000",
        ];
        prop_oneof![
            3 => (at(), prop_oneof![prop::sample::select(telling), any::<u8>()]).prop_map(|(at, byte)| Self::Replace(at, byte)),
            3 => (at(), b'0'..=b'9').prop_map(|(at, digit)| Self::Replace(at, digit)),
            3 => (at(), prop::sample::select(pieces.to_vec())).prop_map(|(at, piece)| Self::Insert(at, piece)),
            1 => (at(), 1..30_usize).prop_map(|(at, len)| Self::Delete(at, len)),
            1 => (at(), 1..60_usize).prop_map(|(at, len)| Self::Repeat(at, len)),
            1 => at().prop_map(Self::Cut),
            1 => (at(), at()).prop_map(|(one, other)| Self::Swap(one, other)),
            1 => (at(), at()).prop_map(|(one, other)| Self::Again(one, other)),
        ]
    }

    fn apply(&self, mut body: Vec<u8>) -> Vec<u8> {
        let len = body.len();
        if len == 0 {
            return body;
        }
        match *self {
            Self::Replace(at, byte) => body[at.index(len)] = byte,
            Self::Insert(at, piece) => _ = body.splice(at.index(len)..at.index(len), piece.bytes()),
            Self::Delete(at, count) => _ = body.drain(at.index(len)..len.min(at.index(len) + count)),
            Self::Repeat(at, count) => {
                let piece = body[at.index(len)..len.min(at.index(len) + count)].to_vec();
                body.splice(at.index(len)..at.index(len), piece);
            }
            Self::Cut(at) => body.truncate(at.index(len)),
            Self::Swap(one, other) => {
                let mut members: Vec<_> = body.split(|&byte| byte == b',').collect();
                let (one, other) = (one.index(members.len()), other.index(members.len()));
                members.swap(one, other);
                body = members.join(&b","[..]);
            }
            Self::Again(one, other) => {
                let mut members: Vec<_> = body.split(|&byte| byte == b',').collect();
                members.insert(other.index(members.len()), members[one.index(members.len())]);
                body = members.join(&b","[..]);
            }
        }
        body
    }
}

fn changed_bodies() -> impl Strategy<Value = Vec<u8>> {
    let number = prop_oneof![12 => plain_number(), 1 => odd_number()];
    let text = prop_oneof![12 => plain_text(), 1 => odd_text()];
    let time = prop_oneof![6 => plain_time(), 1 => odd_time()];
    (bodies(number, text, time), prop::collection::vec(Change::any(), 0..3))
        .prop_map(|(body, changes)| changes.iter().fold(body.into_bytes(), |body, change| change.apply(body)))
}

#[test]
fn the_examples_are_taken() {
    for body in [WITH_LAST, WITHOUT_LAST] {
        assert!(read(body.as_bytes()).is_some());
        assert_eq!(read(body.as_bytes()).map(shown), by_general_reader(body.as_bytes()));
    }
}

#[test]
fn the_examples_with_any_byte_replaced_cut_or_doubled_read_as_the_general_reader_reads_them() {
    for example in [WITH_LAST, WITHOUT_LAST].map(str::as_bytes) {
        let (mut taken, mut parser) = (0, Parser::new(1024));
        let mut compare = |body: &[u8]| {
            if let Some(transaction) = read(body) {
                taken += 1;
                assert_eq!(Some(shown(transaction)), parser.parse_any_form(body).ok().map(shown));
            }
        };
        for at in 0..example.len() {
            compare(&example[..at]);
            compare(&[&example[..at], &example[at + 1..]].concat());
            compare(&[&example[..=at], &example[at..]].concat());
            for byte in 0..=u8::MAX {
                compare(&[&example[..at], &[byte], &example[at + 1..]].concat());
            }
        }
        assert!(taken > 4_000, "{taken}");
    }
}

#[test]
fn numbers_are_taken_or_left_by_their_digits() {
    for (number, is_taken) in [
        ("0", true),
        ("0.0", true),
        ("7", true),
        ("0.1", true),
        ("12345678", true),
        ("12345678.12345678", true),
        ("999999999999999", true),
        ("1000000000000000", false),
        ("9.007199254740992", true),
        ("9.007199254740993", false),
        ("900719925474.0992", true),
        ("0.000000000000001", true),
        ("0.0000000000000001", false),
        // Its digits are 255926290448384 beyond the end of 64 bits.
        ("18447.000000000000000", false),
        ("00", false),
        ("01.5", false),
        ("-0", false),
        ("-1", false),
        ("1e3", false),
        ("1.", false),
        (".1", false),
        ("", false),
    ] {
        for (from, body) in [("384.88", WITH_LAST), ("18.8626479774", WITH_LAST), ("29.2331036248", WITHOUT_LAST)] {
            let body = body.replacen(from, number, 1);
            assert_eq!(read(body.as_bytes()).is_some(), is_taken, "{body}");
        }
    }
}

#[test]
fn enough_changed_bodies_are_taken_and_enough_are_left() {
    let mut runner = TestRunner::deterministic();
    let strategy = changed_bodies();
    let bodies: Vec<_> = (0..2_000).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    let taken = bodies.iter().filter(|body| read(body).is_some()).count();
    assert!((200..1_800).contains(&taken), "{taken} of 2000");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_canonical_body_is_taken_and_read_as_the_general_reader_reads_it(
        body in bodies(plain_number(), plain_text(), plain_time())
    ) {
        let taken = read(body.as_bytes()).map(shown);
        prop_assert!(taken.is_some(), "left: {body}");
        prop_assert_eq!(taken, by_general_reader(body.as_bytes()), "{}", body);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_taken_reads_as_the_general_reader_reads_it(body in changed_bodies()) {
        if let Some(transaction) = read(&body) {
            prop_assert_eq!(Some(shown(transaction)), by_general_reader(&body), "{}", String::from_utf8_lossy(&body));
        }
    }
}
