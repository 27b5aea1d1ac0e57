//! The contest's requests.

use super::requests::{BODY_BYTES, Warmed, ask};
use crate::limits;
use crate::service::{Common, FraudScore};
use listener::Limits;
use listener::{Phase, SharedPhase};
use schema::{Dimension, Normalization};
use scoring::{Generation, Scorer};
use space::{Point, SCALE};
use std::fmt::Write;
use std::sync::Arc;

/// Answers requests near the index's own vectors.
pub fn warm_up(generation: &Arc<Generation>, limits: &Limits, rest: &dyn Fn()) -> Warmed {
    let normalization = generation.rules().normalization;
    let queries: Vec<Point> = generation.index().spread(limits::WARM_UP_REQUESTS).collect();
    let common = Common::new(Arc::new(SharedPhase::new(Phase::Ready)));
    let mut service = FraudScore::new(common, Scorer::new(generation.clone(), BODY_BYTES));
    let bodies = queries.iter().map(|query| {
        let mut body = String::with_capacity(BODY_BYTES);
        write_payload(&mut body, query, &normalization).expect("writing to a String cannot fail");
        body
    });
    ask(&mut service, "/fraud-score", bodies, &limits.http(), rest)
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
