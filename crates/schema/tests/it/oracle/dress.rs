//! Random payloads in any dress: keys in any order, white space, escapes, numbers of every spelling, unknown keys.

use proptest::prelude::*;
use std::collections::HashSet;
use testkit::random::Random;

/// JSON with its keys in order, and numbers as they are written.
#[derive(Clone, Debug)]
pub enum Json {
    Plain(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

pub fn number() -> impl Strategy<Value = String> {
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
    pub fn repeats_a_key(&self) -> bool {
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

pub fn payload() -> BoxedStrategy<Json> {
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
pub struct Writer {
    pub out: String,
    pub dice: Random,
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

    pub fn json(&mut self, json: &Json) {
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
