//! Makes the first request as fast as the thousandth: pages mapped, caches and predictors warm.
//!
//! Thousands of requests made from the index's own vectors go through the whole path, connection state machine
//! included, so that what is run here is what will be run later.

use crate::limits;
use crate::service::FraudScore;
use http::{Buffer, Connection, Step};
use listener::Limits;
use listener::{Phase, SharedPhase};
use schema::{Dimension, Normalization};
use scoring::{Generation, Scorer};
use space::{Point, SCALE};
use std::fmt::Write;
use std::sync::Arc;

/// Smallest page of the platforms served.
const PAGE_BYTES: usize = 4096;
/// Bytes touched, and requests answered, before the caller may rest: a millisecond or less.
const BYTES_BETWEEN_RESTS: usize = 1 << 20;
const REQUESTS_BETWEEN_RESTS: usize = 64;
/// No body of the warm-up is longer.
const BODY_BYTES: usize = 1024;

/// Answers of the warm-up that were scores; all of them unless something is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warmed {
    pub requests: u32,
    pub scored: u32,
}

/// Touches the whole index and answers `limits::WARM_UP_REQUESTS` requests, or one per vector if there are fewer. Calls
/// `rest` every millisecond or so.
pub fn warm_up(generation: &Arc<Generation>, limits: &Limits, rest: &dyn Fn()) -> Warmed {
    touch(generation.index().bytes(), rest);
    let normalization = generation.rules().normalization;
    let queries: Vec<Point> = generation.index().spread(limits::WARM_UP_REQUESTS).collect();
    let scorer = Scorer::new(generation.clone(), BODY_BYTES);
    let mut service = FraudScore::new(Arc::new(SharedPhase::new(Phase::Ready)), Some(scorer));
    let limits = &limits.http();
    let mut buffer = Buffer::new(limits);
    let mut warmed = Warmed { requests: 0, scored: 0 };
    let mut request = String::with_capacity(1024);
    for (number, query) in queries.iter().enumerate() {
        if number.is_multiple_of(REQUESTS_BETWEEN_RESTS) {
            rest();
        }
        write_request(&mut request, query, &normalization);
        warmed.requests += 1;
        warmed.scored += u32::from(is_scored(&mut service, &mut buffer, limits, request.as_bytes()));
    }
    warmed
}

fn touch(bytes: &[u8], rest: &dyn Fn()) {
    for part in bytes.chunks(BYTES_BETWEEN_RESTS) {
        let sum = part.iter().step_by(PAGE_BYTES).fold(0u8, |sum, byte| sum.wrapping_add(*byte));
        std::hint::black_box(sum);
        rest();
    }
}

fn is_scored(service: &mut FraudScore, buffer: &mut Buffer, limits: &http::Limits, request: &[u8]) -> bool {
    buffer.clear();
    buffer.room()[..request.len()].copy_from_slice(request);
    buffer.received(request.len());
    let step = Connection::new(limits, 0).received(buffer, service, 0);
    step == Step::Write && buffer.unsent().starts_with(b"HTTP/1.1 200")
}

fn write_request(request: &mut String, query: &Point, normalization: &Normalization) {
    let mut body = String::with_capacity(512);
    write_payload(&mut body, query, normalization).expect("writing to a String cannot fail");
    request.clear();
    write!(request, "POST /fraud-score HTTP/1.1\r\nHost: warm-up\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .expect("writing to a String cannot fail");
}

/// A payload whose vector is near `query`: the search then walks where real requests will.
fn write_payload(body: &mut String, query: &Point, normalization: &Normalization) -> std::fmt::Result {
    let stored = |dimension: Dimension| query.values()[dimension as usize];
    let value = |dimension| f64::from(stored(dimension).max(0)) / f64::from(SCALE);
    let amount = value(Dimension::Amount) * normalization.max_amount;
    let average = amount / (value(Dimension::AmountVsAvg) * normalization.amount_vs_avg_ratio).max(0.01);
    let hour = (value(Dimension::HourOfDay) * 23.0).round() as u32;
    let day = 9 + (value(Dimension::DayOfWeek) * 6.0).round() as u32; // 9 March 2026 is a Monday
    let known = if stored(Dimension::UnknownMerchant) == 0 { "MERC-001" } else { "MERC-002" };
    write!(
        body,
        r#"{{"id":"warm-up","transaction":{{"amount":{amount:.2},"installments":{installments},"requested_at":"2026-03-{day:02}T{hour:02}:30:00Z"}},"customer":{{"avg_amount":{average:.2},"tx_count_24h":{count},"known_merchants":["{known}"]}},"merchant":{{"id":"MERC-001","mcc":"5411","avg_amount":{merchant:.2}}},"terminal":{{"is_online":{online},"card_present":{present},"km_from_home":{home}}},"#,
        installments = (value(Dimension::Installments) * normalization.max_installments).round(),
        count = (value(Dimension::TxCount24h) * normalization.max_tx_count_24h).round(),
        merchant = value(Dimension::MerchantAvgAmount) * normalization.max_merchant_avg_amount,
        online = stored(Dimension::IsOnline) > 0,
        present = stored(Dimension::CardPresent) > 0,
        home = value(Dimension::KmFromHome) * normalization.max_km,
    )?;
    if stored(Dimension::MinutesSinceLast) < 0 {
        return body.write_str(r#""last_transaction":null}"#);
    }
    let minutes = (value(Dimension::MinutesSinceLast) * normalization.max_minutes).round() as u32;
    let last = (day * 24 * 60 + hour * 60 + 30).saturating_sub(minutes.min(2 * 24 * 60));
    write!(
        body,
        r#""last_transaction":{{"timestamp":"2026-03-{day:02}T{hour:02}:{minute:02}:00Z","km_from_current":{km}}}}}"#,
        day = last / (24 * 60),
        hour = last / 60 % 24,
        minute = last % 60,
        km = value(Dimension::KmFromLast) * normalization.max_km,
    )
}
