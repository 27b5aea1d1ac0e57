//! The arithmetic of the contract: from a transaction to its vector.
use crate::dimensions::Dimension;
use crate::payload::{LastTransaction, Transaction};
use crate::rules::Rules;
use crate::timestamp::{day_of_week, hour_of_day, seconds_between};
use space::{DIMENSIONS, Point, SCALE};

impl Rules {
    /// The vector of a transaction by the formulas of [`Dimension`], in f64 operation for operation as they stand there: a
    /// reciprocal, a fused operation or a merged constant would change hundreds of values.
    pub fn vectorize(&self, transaction: &Transaction<'_>) -> Point {
        let constants = &self.normalization;
        let (minutes, km) = match transaction.last {
            Some(last) => (
                fixed(clamp(minutes_since(&last, transaction) / constants.max_minutes)),
                fixed(clamp(last.km_from_current / constants.max_km)),
            ),
            None => (-SCALE, -SCALE),
        };
        let mut values = [0; DIMENSIONS];
        let mut set = |dimension: Dimension, value| values[dimension as usize] = value;
        set(Dimension::Amount, fixed(clamp(transaction.amount / constants.max_amount)));
        set(Dimension::Installments, fixed(clamp(transaction.installments / constants.max_installments)));
        set(Dimension::AmountVsAvg, fixed(amount_vs_avg(transaction, constants.amount_vs_avg_ratio)));
        set(Dimension::HourOfDay, fixed(hour_of_day(transaction.requested_at) as f64 / 23.0));
        set(Dimension::DayOfWeek, fixed(day_of_week(transaction.requested_at) as f64 / 6.0));
        set(Dimension::MinutesSinceLast, minutes);
        set(Dimension::KmFromLast, km);
        set(Dimension::KmFromHome, fixed(clamp(transaction.km_from_home / constants.max_km)));
        set(Dimension::TxCount24h, fixed(clamp(transaction.tx_count_24h / constants.max_tx_count_24h)));
        set(Dimension::IsOnline, flag(transaction.is_online));
        set(Dimension::CardPresent, flag(transaction.card_present));
        set(Dimension::UnknownMerchant, flag(!transaction.merchant_is_known));
        set(Dimension::MccRisk, fixed(self.mcc_risk.risk(transaction.mcc)));
        let merchant_avg_amount = transaction.merchant_avg_amount / constants.max_merchant_avg_amount;
        set(Dimension::MerchantAvgAmount, fixed(clamp(merchant_avg_amount)));
        Point::from_bounded(values)
    }
}

fn amount_vs_avg(transaction: &Transaction<'_>, max_ratio: f64) -> f64 {
    if transaction.customer_avg_amount == 0.0 {
        return if transaction.amount > 0.0 { 1.0 } else { 0.0 };
    }
    clamp((transaction.amount / transaction.customer_avg_amount) / max_ratio)
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

fn flag(set: bool) -> i16 {
    if set { SCALE } else { 0 }
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
}
