//! Time of one payload: bytes to transaction, transaction to query, and both.
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use transaction::{Parser, Rules};

/// Compact, with a last transaction, as clients send it.
const CANONICAL: &[u8] = br#"{"id":"tx-3576980410","transaction":{"amount":384.88,"installments":3,"requested_at":"2026-03-11T20:23:35Z"},"customer":{"avg_amount":769.76,"tx_count_24h":3,"known_merchants":["MERC-009","MERC-001"]},"merchant":{"id":"MERC-001","mcc":"5912","avg_amount":298.95},"terminal":{"is_online":false,"card_present":true,"km_from_home":13.7090520965},"last_transaction":{"timestamp":"2026-03-11T14:58:35Z","km_from_current":18.8626479774}}"#;

/// The same with offsets and fractions, which take the general way.
const OFFSETS: &[u8] = br#"{"id":"tx-3576980410","transaction":{"amount":384.88,"installments":3,"requested_at":"2026-03-11T20:23:35.25-03:00"},"customer":{"avg_amount":769.76,"tx_count_24h":3,"known_merchants":["MERC-009","MERC-001"]},"merchant":{"id":"MERC-001","mcc":"5912","avg_amount":298.95},"terminal":{"is_online":false,"card_present":true,"km_from_home":13.7090520965},"last_transaction":{"timestamp":"2026-03-11T14:58:35.5-03:00","km_from_current":18.8626479774}}"#;

const NO_LAST: &[u8] = br#"{"id":"tx-1329056812","transaction":{"amount":41.12,"installments":2,"requested_at":"2026-03-11T18:45:53Z"},"customer":{"avg_amount":82.24,"tx_count_24h":3,"known_merchants":["MERC-003","MERC-016"]},"merchant":{"id":"MERC-016","mcc":"5411","avg_amount":60.25},"terminal":{"is_online":false,"card_present":true,"km_from_home":29.2331036248},"last_transaction":null}"#;

const MISSING_FIELD: &[u8] = br#"{"id":"tx-1329056812","transaction":{"amount":41.12,"installments":2},"customer":{"avg_amount":82.24,"tx_count_24h":3,"known_merchants":["MERC-003","MERC-016"]},"merchant":{"id":"MERC-016","mcc":"5411","avg_amount":60.25},"terminal":{"is_online":false,"card_present":true,"km_from_home":29.2331036248},"last_transaction":null}"#;

fn payload(criterion: &mut Criterion) {
    let rules = Rules::default();
    let mut parser = Parser::new(64 * 1024);

    let mut group = criterion.benchmark_group("parse");
    for (name, body) in
        [("canonical", CANONICAL), ("offsets", OFFSETS), ("no_last", NO_LAST), ("missing_field", MISSING_FIELD)]
    {
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| parser.parse(black_box(body)).is_ok()));
    }
    group.finish();

    let transaction = parser.parse(CANONICAL).expect("the canonical payload is valid");
    criterion.bench_function("vectorize/canonical", |bencher| {
        bencher.iter(|| rules.vectorize(black_box(&transaction)));
    });

    let mut parser = Parser::new(64 * 1024);
    criterion.bench_function("parse_and_vectorize/canonical", |bencher| {
        bencher.iter(|| parser.parse(black_box(CANONICAL)).map(|transaction| rules.vectorize(&transaction)));
    });
}

criterion_group!(benches, payload);
criterion_main!(benches);
