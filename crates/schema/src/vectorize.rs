//! The arithmetic of the contract: from a transaction to its vector.
use crate::dimensions::Dimension;
use crate::payload::{LastTransaction, Transaction};
use crate::rules::Rules;
use crate::timestamp::{day_of_week, hour_of_day, seconds_between};
use space::{DIMENSIONS, Point, SCALE};

/// One dimension of a transaction before it is rounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// What is normalized, in the unit of the dimension's [`Definition`](crate::Definition), 1 and 0 for a flag. `None` if
    /// there is no such number: without a last transaction, and for the ratio to an average of 0.
    pub raw: Option<f64>,
    /// The dimension's value, -1..=1.
    pub value: f64,
}

/// Takes the dimensions as they are computed.
trait Take {
    /// `value` is what `raw` became.
    fn number(&mut self, dimension: Dimension, raw: f64, value: f64);
    fn flag(&mut self, dimension: Dimension, is_set: bool);
    /// There is no last transaction.
    fn absent(&mut self, dimension: Dimension);
}

impl Rules {
    /// The vector of a transaction by the formulas of [`Dimension`], in f64 operation for operation as they stand there: a
    /// reciprocal, a fused operation or a merged constant would change hundreds of values.
    pub fn vectorize(&self, transaction: &Transaction<'_>) -> Point {
        let mut values = Fixed([0; DIMENSIONS]);
        self.compute(transaction, &mut values);
        Point::from_bounded(values.0)
    }

    /// The dimensions in their order, before they are rounded: what [`Rules::vectorize`] rounds.
    pub fn measure(&self, transaction: &Transaction<'_>) -> [Measured; DIMENSIONS] {
        let mut measured = Unrounded([Measured { raw: None, value: -1.0 }; DIMENSIONS]);
        self.compute(transaction, &mut measured);
        measured.0
    }

    #[inline(always)]
    fn compute(&self, transaction: &Transaction<'_>, take: &mut impl Take) {
        let constants = &self.normalization;
        let mut share = |dimension, raw: f64, constant: f64| take.number(dimension, raw, clamp(raw / constant));
        share(Dimension::Amount, transaction.amount, constants.max_amount);
        share(Dimension::Installments, transaction.installments, constants.max_installments);
        share(Dimension::KmFromHome, transaction.km_from_home, constants.max_km);
        share(Dimension::TxCount24h, transaction.tx_count_24h, constants.max_tx_count_24h);
        share(Dimension::MerchantAvgAmount, transaction.merchant_avg_amount, constants.max_merchant_avg_amount);
        match transaction.last {
            Some(last) => {
                share(Dimension::MinutesSinceLast, minutes_since(&last, transaction), constants.max_minutes);
                share(Dimension::KmFromLast, last.km_from_current, constants.max_km);
            }
            None => Dimension::OF_LAST_TRANSACTION.into_iter().for_each(|dimension| take.absent(dimension)),
        }
        let ratio = transaction.amount / transaction.customer_avg_amount;
        take.number(Dimension::AmountVsAvg, ratio, amount_vs_avg(transaction, ratio, constants.amount_vs_avg_ratio));
        let (hour, day) = (hour_of_day(transaction.requested_at) as f64, day_of_week(transaction.requested_at) as f64);
        take.number(Dimension::HourOfDay, hour, hour / 23.0);
        take.number(Dimension::DayOfWeek, day, day / 6.0);
        let risk = self.mcc_risk.risk(transaction.mcc);
        take.number(Dimension::MccRisk, risk, risk);
        take.flag(Dimension::IsOnline, transaction.is_online);
        take.flag(Dimension::CardPresent, transaction.card_present);
        take.flag(Dimension::UnknownMerchant, !transaction.merchant_is_known);
    }
}

/// Values as they are stored.
struct Fixed([i16; DIMENSIONS]);

impl Take for Fixed {
    #[inline(always)]
    fn number(&mut self, dimension: Dimension, _raw: f64, value: f64) {
        self.0[dimension as usize] = fixed(value);
    }

    #[inline(always)]
    fn flag(&mut self, dimension: Dimension, is_set: bool) {
        self.0[dimension as usize] = if is_set { SCALE } else { 0 };
    }

    #[inline(always)]
    fn absent(&mut self, dimension: Dimension) {
        self.0[dimension as usize] = -SCALE;
    }
}

/// Values before they are rounded.
struct Unrounded([Measured; DIMENSIONS]);

impl Take for Unrounded {
    fn number(&mut self, dimension: Dimension, raw: f64, value: f64) {
        self.0[dimension as usize] = Measured { raw: raw.is_finite().then_some(raw), value };
    }

    fn flag(&mut self, dimension: Dimension, is_set: bool) {
        let value = f64::from(u8::from(is_set));
        self.0[dimension as usize] = Measured { raw: Some(value), value };
    }

    fn absent(&mut self, dimension: Dimension) {
        self.0[dimension as usize] = Measured { raw: None, value: -1.0 };
    }
}

fn amount_vs_avg(transaction: &Transaction<'_>, ratio: f64, max_ratio: f64) -> f64 {
    if transaction.customer_avg_amount == 0.0 {
        return if transaction.amount > 0.0 { 1.0 } else { 0.0 };
    }
    clamp(ratio / max_ratio)
}

fn minutes_since(last: &LastTransaction, transaction: &Transaction<'_>) -> f64 {
    seconds_between(last.timestamp, transaction.requested_at) / 60.0
}

fn clamp(value: f64) -> f64 {
    value.clamp(0.0, 1.0)
}

/// A value of 0..=1 as it is stored, half away from zero; NaN, which no parsed transaction yields, is 0.
fn fixed(value: f64) -> i16 {
    let scaled = value * f64::from(SCALE);
    // `round` is a call where SSE4.1 is not a given. What truncation takes away is exact.
    let whole = scaled as i32;
    whole as i16 + i16::from(scaled - f64::from(whole) >= 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_rounded_half_away_from_zero() {
        for halves in 0..=2 * u32::from(SCALE.unsigned_abs()) {
            let value = f64::from(halves) / 2.0 / f64::from(SCALE);
            for value in [value.next_down().max(0.0), value, value.next_up().min(1.0)] {
                assert_eq!(fixed(value), (value * f64::from(SCALE)).round() as i16, "{value}");
            }
        }
        assert_eq!(fixed(f64::NAN), 0);
    }

    #[test]
    fn what_is_measured_is_what_is_rounded() {
        let body = |amount: f64, average: f64, last: &str| {
            format!(
                r#"{{"id":"a","transaction":{{"amount":{amount},"installments":5,"requested_at":"2026-03-11T20:23:35Z"}},
                "customer":{{"avg_amount":{average},"tx_count_24h":33,"known_merchants":["m"]}},
                "merchant":{{"id":"m","mcc":"5912","avg_amount":298.95}},
                "terminal":{{"is_online":false,"card_present":true,"km_from_home":13.70905}},"last_transaction":{last}}}"#
            )
        };
        let last = r#"{"timestamp":"2026-03-11T14:58:35Z","km_from_current":18.86264}"#;
        let (rules, mut parser) = (Rules::default(), crate::Parser::new(1024));
        for (amount, average) in [(384.88, 769.76), (384.88, 0.0), (0.0, 0.0), (-3.5, 7.0), (1e300, 1e-300)] {
            for last in [last, "null"] {
                let body = body(amount, average, last);
                let transaction = parser.parse(body.as_bytes()).unwrap();
                let (vector, measured) = (rules.vectorize(&transaction), rules.measure(&transaction));
                for (dimension, (stored, measured)) in Dimension::ALL.iter().zip(vector.values().iter().zip(measured)) {
                    let rounded = if measured.value < 0.0 { -SCALE } else { fixed(measured.value) };
                    assert_eq!(*stored, rounded, "{} of {body}", dimension.name());
                    assert!(measured.raw.is_none_or(f64::is_finite), "{} of {body}", dimension.name());
                }
                let raw = |dimension: Dimension| measured[dimension as usize].raw;
                assert_eq!((raw(Dimension::Amount), raw(Dimension::TxCount24h)), (Some(amount), Some(33.0)));
                assert_eq!((raw(Dimension::HourOfDay), raw(Dimension::DayOfWeek)), (Some(20.0), Some(2.0)));
                assert_eq!(raw(Dimension::MinutesSinceLast), (last != "null").then_some(325.0));
                assert_eq!(raw(Dimension::AmountVsAvg).is_some(), (amount / average).is_finite());
                assert_eq!((raw(Dimension::UnknownMerchant), raw(Dimension::CardPresent)), (Some(0.0), Some(1.0)));
            }
        }
    }
}
