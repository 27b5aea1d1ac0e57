//! Time of one payload: bytes to transaction, transaction to query, and both.
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use schema::{Parser, PayloadReader, Plan, Rules, SchemaFile};
use testkit::random::Random;

/// Compact, with a last transaction, as clients send it.
const CANONICAL: &[u8] = br#"{"id":"tx-3576980410","transaction":{"amount":384.88,"installments":3,"requested_at":"2026-03-11T20:23:35Z"},"customer":{"avg_amount":769.76,"tx_count_24h":3,"known_merchants":["MERC-009","MERC-001"]},"merchant":{"id":"MERC-001","mcc":"5912","avg_amount":298.95},"terminal":{"is_online":false,"card_present":true,"km_from_home":13.7090520965},"last_transaction":{"timestamp":"2026-03-11T14:58:35Z","km_from_current":18.8626479774}}"#;

/// The same in another order, which takes the general way.
const REORDERED: &[u8] = br#"{"transaction":{"amount":384.88,"installments":3,"requested_at":"2026-03-11T20:23:35Z"},"id":"tx-3576980410","customer":{"avg_amount":769.76,"tx_count_24h":3,"known_merchants":["MERC-009","MERC-001"]},"merchant":{"id":"MERC-001","mcc":"5912","avg_amount":298.95},"terminal":{"is_online":false,"card_present":true,"km_from_home":13.7090520965},"last_transaction":{"timestamp":"2026-03-11T14:58:35Z","km_from_current":18.8626479774}}"#;

/// The same with offsets and fractions, which do so too.
const OFFSETS: &[u8] = br#"{"id":"tx-3576980410","transaction":{"amount":384.88,"installments":3,"requested_at":"2026-03-11T20:23:35.25-03:00"},"customer":{"avg_amount":769.76,"tx_count_24h":3,"known_merchants":["MERC-009","MERC-001"]},"merchant":{"id":"MERC-001","mcc":"5912","avg_amount":298.95},"terminal":{"is_online":false,"card_present":true,"km_from_home":13.7090520965},"last_transaction":{"timestamp":"2026-03-11T14:58:35.5-03:00","km_from_current":18.8626479774}}"#;

/// The same with a key that is not known, which may not be repeated.
const EXTRA_KEY: &[u8] = br#"{"channel":"app","id":"tx-3576980410","transaction":{"amount":384.88,"installments":3,"requested_at":"2026-03-11T20:23:35Z"},"customer":{"avg_amount":769.76,"tx_count_24h":3,"known_merchants":["MERC-009","MERC-001"]},"merchant":{"id":"MERC-001","mcc":"5912","avg_amount":298.95},"terminal":{"is_online":false,"card_present":true,"km_from_home":13.7090520965},"last_transaction":{"timestamp":"2026-03-11T14:58:35Z","km_from_current":18.8626479774}}"#;

/// The same with several, where each object of the document is looked at for repeated ones.
const EXTRA_KEYS: &[u8] = br#"{"channel":"app","version":3,"device":{"os":"linux","model":"x","id":"9c1f"},"id":"tx-3576980410","transaction":{"amount":384.88,"installments":3,"requested_at":"2026-03-11T20:23:35Z"},"customer":{"avg_amount":769.76,"tx_count_24h":3,"known_merchants":["MERC-009","MERC-001"]},"merchant":{"id":"MERC-001","mcc":"5912","avg_amount":298.95},"terminal":{"is_online":false,"card_present":true,"km_from_home":13.7090520965},"last_transaction":{"timestamp":"2026-03-11T14:58:35Z","km_from_current":18.8626479774}}"#;

const NO_LAST: &[u8] = br#"{"id":"tx-1329056812","transaction":{"amount":41.12,"installments":2,"requested_at":"2026-03-11T18:45:53Z"},"customer":{"avg_amount":82.24,"tx_count_24h":3,"known_merchants":["MERC-003","MERC-016"]},"merchant":{"id":"MERC-016","mcc":"5411","avg_amount":60.25},"terminal":{"is_online":false,"card_present":true,"km_from_home":29.2331036248},"last_transaction":null}"#;

const MISSING_FIELD: &[u8] = br#"{"id":"tx-1329056812","transaction":{"amount":41.12,"installments":2},"customer":{"avg_amount":82.24,"tx_count_24h":3,"known_merchants":["MERC-003","MERC-016"]},"merchant":{"id":"MERC-016","mcc":"5411","avg_amount":60.25},"terminal":{"is_online":false,"card_present":true,"km_from_home":29.2331036248},"last_transaction":null}"#;

/// Bodies that differ as the contest's do, so that no branch can be learnt by heart.
const VARIED: usize = 8192;

/// Numbers that are the same each time.
struct Dice(Random);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0.next() % sides
    }

    fn cents(&mut self, most: u64) -> f64 {
        self.below(most * 100) as f64 / 100.0
    }

    fn km(&mut self) -> f64 {
        let most = [50, 1000][self.below(2) as usize];
        (self.below(most) * 10_000_000_000 + self.below(100_000) * 100_000 + self.below(100_000)) as f64 / 1e10
    }

    fn time(&mut self) -> String {
        let [month, day] = [12, 28].map(|most| 1 + self.below(most));
        let [hour, minute, second] = [24, 60, 60].map(|most| self.below(most));
        format!("2026-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }

    fn body(&mut self) -> String {
        let known: Vec<_> = (0..2 + self.below(4)).map(|_| format!("\"MERC-{:03}\"", 1 + self.below(20))).collect();
        let last = match self.below(5) {
            0 => "null".to_owned(),
            _ => format!(r#"{{"timestamp":"{}","km_from_current":{}}}"#, self.time(), self.km()),
        };
        format!(
            r#"{{"id":"tx-{}","transaction":{{"amount":{},"installments":{},"requested_at":"{}"}},"customer":{{"avg_amount":{},"tx_count_24h":{},"known_merchants":[{}]}},"merchant":{{"id":"MERC-{:03}","mcc":"{}","avg_amount":{}}},"terminal":{{"is_online":{},"card_present":{},"km_from_home":{}}},"last_transaction":{last}}}"#,
            self.below(1 << 31),
            self.cents(5000),
            1 + self.below(12),
            self.time(),
            self.cents(1000),
            self.below(20),
            known.join(","),
            1 + self.below(30),
            [4511, 5311, 5411, 5812, 5912, 5944, 5999, 7801, 7802, 7995][self.below(10) as usize],
            self.cents(500),
            self.below(2) == 0,
            self.below(2) == 0,
            self.km(),
        )
    }
}

/// Each body by [`Parser::parse`] and by the general reader alone.
fn parse(criterion: &mut Criterion) {
    let mut parser = Parser::new(64 * 1024);
    let mut group = criterion.benchmark_group("parse");
    for (name, body) in [
        ("canonical", CANONICAL),
        ("no_last", NO_LAST),
        ("reordered", REORDERED),
        ("offsets", OFFSETS),
        ("extra_key", EXTRA_KEY),
        ("extra_keys", EXTRA_KEYS),
        ("missing_field", MISSING_FIELD),
    ] {
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| parser.parse(black_box(body)).is_ok()));
        group.bench_function(format!("{name}/any_form"), |bencher| {
            bencher.iter(|| parser.parse_any_form(black_box(body)).is_ok());
        });
    }
    group.finish();
}

fn vectorize(criterion: &mut Criterion) {
    let rules = Rules::default();
    let mut parser = Parser::new(64 * 1024);
    let transaction = parser.parse(CANONICAL).expect("the canonical payload is valid");
    criterion.bench_function("vectorize/canonical", |bencher| {
        bencher.iter(|| rules.vectorize(black_box(&transaction)));
    });
}

fn parse_and_vectorize(criterion: &mut Criterion) {
    let rules = Rules::default();
    let mut parser = Parser::new(64 * 1024);
    let mut dice = Dice(Random(1));
    let bodies: Vec<_> = (0..VARIED).map(|_| dice.body().into_bytes()).collect();
    let mut group = criterion.benchmark_group("parse_and_vectorize");
    for (name, bodies) in [("canonical", &[CANONICAL.to_vec()][..]), ("varied", &bodies)] {
        group.throughput(Throughput::Elements(1));
        let mut next = bodies.iter().cycle();
        group.bench_function(name, |bencher| {
            let mut body = || next.next().expect("a cycle has no end");
            bencher.iter(|| parser.parse(body()).map(|transaction| rules.vectorize(&transaction)));
        });
        group.bench_function(format!("{name}/any_form"), |bencher| {
            let mut body = || next.next().expect("a cycle has no end");
            bencher.iter(|| parser.parse_any_form(body()).map(|transaction| rules.vectorize(&transaction)));
        });
    }
    group.finish();
}

/// The contest's schema as a file beside its own reader: `parse_and_vectorize` of the same bodies.
fn plan(criterion: &mut Criterion) {
    let plan = Plan::new(&SchemaFile::contest());
    let mut reader = PayloadReader::new(64 * 1024);
    let mut dice = Dice(Random(1));
    let varied: Vec<_> = (0..VARIED).map(|_| dice.body().into_bytes()).collect();
    let (mut vector, mut grid) = ([0.0; 14], [0; 14]);
    let mut group = criterion.benchmark_group("plan");
    for (name, bodies) in
        [("canonical", &[CANONICAL.to_vec()][..]), ("reordered", &[REORDERED.to_vec()]), ("varied", &varied)]
    {
        group.throughput(Throughput::Elements(1));
        let mut next = bodies.iter().cycle();
        let mut body = || next.next().expect("a cycle has no end");
        group.bench_function(format!("{name}/read"), |bencher| {
            bencher.iter(|| reader.read(&plan, body(), |payload| black_box(payload.fields).len()));
        });
        group.bench_function(format!("{name}/vectorize"), |bencher| {
            bencher.iter(|| reader.vectorize(&plan, body(), black_box(&mut vector)).is_ok());
        });
        group.bench_function(format!("{name}/quantize"), |bencher| {
            bencher.iter(|| {
                reader.read(&plan, body(), |payload| plan.quantize(payload.fields, black_box(&mut grid)).is_some())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, parse, vectorize, parse_and_vectorize, plan);
criterion_main!(benches);
