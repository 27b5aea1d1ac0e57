//! Parsing against serde_json: random payloads in random dress, and random damage.
//!
//! The oracle accepts what serde_json reads both as a value without repeated keys (so that skipped parts are JSON too)
//! and as the structs below. It differs from the parser in these ways, none of which the damage here can reach: its structs may be given
//! as arrays, and it stops at a depth of 127.
use crate::common::{CANONICAL, Facts, assert_plan_agrees, rfc3339_ns};
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

/// JSON with its keys in order, and numbers as they are written.
#[derive(Clone, Debug)]
enum Json {
    Plain(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| format!("{number:e}")),
        (-1e9..1e9_f64).prop_map(|number| number.to_string()),
        (0..1_000_000_u32).prop_map(|cents| format!("{}.{:02}", cents / 100, cents % 100)),
        (0..30_u8).prop_map(|whole| format!("{whole}.0")),
        any::<u64>().prop_map(|whole| whole.to_string()),
        any::<i64>().prop_map(|whole| whole.to_string()),
        any::<i128>().prop_map(|whole| whole.to_string()),
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?",
        Just(format!("{}e-300", "9".repeat(310))),
        Just("18446744073709551616".to_owned()),
        Just("-9223372036854775809".to_owned()),
        Just("2.2250738585072011e-308".to_owned()),
        Just("1e-999".to_owned()),
        Just("-0".to_owned()),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Z]{4}-0[0-3]", "\\PC{0,20}", any::<String>(), "[\\x00-\\x7f]{0,70}"]
}

fn time() -> impl Strategy<Value = String> {
    let offset = prop_oneof![Just("Z".to_owned()), Just("z".to_owned()), "[+-]([01][0-9]|2[0-3]):[0-5][0-9]"];
    let date = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)";
    (date, "(\\.[0-9]{1,12})?", offset).prop_map(|(date, fraction, offset)| date + &fraction + &offset)
}

fn anything() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        number().prop_map(Json::Plain),
        text().prop_map(Json::Text),
        prop_oneof![Just("null"), Just("true"), Just("false")].prop_map(|word| Json::Plain(word.to_owned())),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::vec((unknown_key(), inner), 0..4).prop_map(Json::Object),
        ]
    })
}

/// Now and then one that another is likely to have too.
fn unknown_key() -> impl Strategy<Value = String> {
    prop_oneof![20 => text(), 1 => "[a-c]"].prop_map(|text| format!("{text}!"))
}

impl Json {
    fn repeats_a_key(&self) -> bool {
        match self {
            Self::Plain(_) | Self::Text(_) => false,
            Self::Array(elements) => elements.iter().any(Self::repeats_a_key),
            Self::Object(pairs) => {
                let mut keys = HashSet::new();
                pairs.iter().any(|(key, value)| !keys.insert(key) || value.repeats_a_key())
            }
        }
    }
}

/// An object of `pairs` and up to two unknown keys, in any order.
fn object(pairs: Vec<(&'static str, BoxedStrategy<Json>)>) -> BoxedStrategy<Json> {
    let known: Vec<_> = pairs.into_iter().map(|(key, value)| (Just(key.to_owned()), value)).collect();
    (known, prop::collection::vec((unknown_key(), anything()), 0..3))
        .prop_map(|(known, extra)| known.into_iter().chain(extra).collect::<Vec<_>>())
        .prop_shuffle()
        .prop_map(Json::Object)
        .boxed()
}

fn payload() -> BoxedStrategy<Json> {
    let number = || number().prop_map(Json::Plain).boxed();
    let text = || text().prop_map(Json::Text).boxed();
    let time = || time().prop_map(Json::Text).boxed();
    let boolean = || any::<bool>().prop_map(|flag| Json::Plain(flag.to_string())).boxed();
    let merchants = prop::collection::vec(text(), 0..6).prop_map(Json::Array).boxed();
    let last = prop_oneof![
        Just(Json::Plain("null".to_owned())),
        object(vec![("timestamp", time()), ("km_from_current", number())])
    ];
    object(vec![
        ("id", text()),
        ("transaction", object(vec![("amount", number()), ("installments", number()), ("requested_at", time())])),
        (
            "customer",
            object(vec![("avg_amount", number()), ("tx_count_24h", number()), ("known_merchants", merchants)]),
        ),
        ("merchant", object(vec![("id", text()), ("mcc", text()), ("avg_amount", number())])),
        ("terminal", object(vec![("is_online", boolean()), ("card_present", boolean()), ("km_from_home", number())])),
        ("last_transaction", last.boxed()),
    ])
}

/// Writes JSON with white space and escapes drawn from `dice`.
struct Writer {
    out: String,
    dice: Random,
}

impl Writer {
    fn roll(&mut self, sides: u64) -> u64 {
        self.dice.next() % sides
    }

    fn token(&mut self, token: &str) {
        self.space();
        self.out.push_str(token);
        self.space();
    }

    fn space(&mut self) {
        while self.roll(4) == 0 {
            let space = [' ', '\t', '\n', '\r'][self.roll(4) as usize];
            self.out.push(space);
        }
    }

    fn text(&mut self, text: &str) {
        self.space();
        self.out.push('"');
        for character in text.chars() {
            let short = match character {
                '"' => Some("\\\""),
                '\\' => Some("\\\\"),
                '\n' => Some("\\n"),
                '/' if self.roll(2) == 0 => Some("\\/"),
                _ => None,
            };
            match short {
                Some(escape) => self.out.push_str(escape),
                None if character < ' ' || self.roll(8) == 0 => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        let hex = if self.roll(2) == 0 { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") };
                        self.out.push_str(&hex);
                    }
                }
                None => self.out.push(character),
            }
        }
        self.out.push('"');
        self.space();
    }

    fn json(&mut self, json: &Json) {
        match json {
            Json::Plain(plain) => self.token(plain),
            Json::Text(text) => self.text(text),
            Json::Array(elements) => {
                self.token("[");
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        self.token(",");
                    }
                    self.json(element);
                }
                self.token("]");
            }
            Json::Object(pairs) => {
                self.token("{");
                for (index, (key, value)) in pairs.iter().enumerate() {
                    if index > 0 {
                        self.token(",");
                    }
                    self.text(key);
                    self.token(":");
                    self.json(value);
                }
                self.token("}");
            }
        }
    }
}

fn parsed(parser: &mut Parser, body: &[u8]) -> Option<Facts> {
    assert_plan_agrees(body);
    parser.parse(body).ok().map(Facts::from)
}

/// One change to the bytes of a body: places are fractions of its length.
#[derive(Clone, Debug)]
enum Damage {
    Replace(f64, u8),
    Insert(f64, u8),
    Delete(f64, usize),
    Repeat(f64, usize),
    Move(f64, usize, f64),
    Cut(f64),
    Number(f64, String),
    Digit(f64, u8),
}

impl Damage {
    fn any() -> impl Strategy<Value = Self> {
        let telling =
            prop::sample::select(b"{}[]\",:\\ \t\n\r\x0b\x0c\x000123456789-+.eEtTfnZzu/\x7f\x80\xc3\xff".to_vec());
        let byte = || prop_oneof![telling.clone(), any::<u8>()];
        let place = || 0.0..1.0_f64;
        prop_oneof![
            1 => (place(), byte()).prop_map(|(at, byte)| Self::Replace(at, byte)),
            1 => (place(), byte()).prop_map(|(at, byte)| Self::Insert(at, byte)),
            1 => (place(), 1..30_usize).prop_map(|(at, len)| Self::Delete(at, len)),
            1 => (place(), 1..60_usize).prop_map(|(at, len)| Self::Repeat(at, len)),
            1 => (place(), 1..60_usize, place()).prop_map(|(at, len, to)| Self::Move(at, len, to)),
            1 => place().prop_map(Self::Cut),
            2 => (place(), prop_oneof![number(), "-?[0-9]{1,3}\\.?[0-9]{0,3}[eE]?[+-]?[0-9]{0,4}"])
                .prop_map(|(at, number)| Self::Number(at, number)),
            4 => (place(), b'0'..=b'9').prop_map(|(at, digit)| Self::Digit(at, digit)),
        ]
    }

    fn apply(&self, body: &mut Vec<u8>) {
        let place = |at: f64, len: usize| (at * len as f64) as usize;
        let len = body.len();
        match *self {
            _ if body.is_empty() => {}
            Self::Replace(at, byte) => body[place(at, len)] = byte,
            Self::Insert(at, byte) => body.insert(place(at, len), byte),
            Self::Delete(at, count) => {
                let at = place(at, len);
                body.drain(at..len.min(at + count));
            }
            Self::Repeat(at, count) => {
                let at = place(at, len);
                let piece = body[at..len.min(at + count)].to_vec();
                body.splice(at..at, piece);
            }
            Self::Move(at, count, to) => {
                let at = place(at, len);
                let piece: Vec<u8> = body.drain(at..len.min(at + count)).collect();
                let to = place(to, body.len() + 1);
                body.splice(to..to, piece);
            }
            Self::Cut(at) => body.truncate(place(at, len)),
            Self::Number(at, ref number) => {
                let numbers: Vec<usize> =
                    (1..len).filter(|&at| body[at - 1] == b':' && body[at].is_ascii_digit()).collect();
                if let Some(&start) = numbers.get(place(at, numbers.len())) {
                    let digits = body[start..].iter().take_while(|byte| !b",}".contains(byte)).count();
                    body.splice(start..start + digits, number.bytes());
                }
            }
            Self::Digit(at, digit) => {
                let digits: Vec<usize> = (0..len).filter(|&at| body[at].is_ascii_digit()).collect();
                if let Some(&at) = digits.get(place(at, digits.len())) {
                    body[at] = digit;
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

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
    #![proptest_config(ProptestConfig { cases: 60_000, failure_persistence: None, ..ProptestConfig::default() })]

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
