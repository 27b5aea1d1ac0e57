//! The rules as bytes: two sections of an index image, so that the rules travel with the vectors made by them.
//!
//! docs/FORMAT.md draws both. The index stores and returns these bytes without knowing what they mean.

use std::collections::BTreeMap;

use crate::mcc_risk::{MccCode, MccRisk};
use crate::rules::{Normalization, Rules};

/// Bytes of a number.
const NUMBER_BYTES: usize = size_of::<f64>();
/// Bytes of a row of the risk table: the code, its risk.
const ROW_BYTES: usize = size_of::<MccCode>() + NUMBER_BYTES;

/// [`Rules`] as they are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRules {
    /// Seven f64, little-endian, in the order of the fields of [`Normalization`].
    pub normalization: Vec<u8>,
    /// Rows of 16 bytes, ascending: a code, zero-padded to 8 bytes, and its risk as f64, little-endian.
    pub mcc_risk: Vec<u8>,
}

/// Why stored bytes are no rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rules in the index are refused: {reason}")]
pub struct StoredRulesError {
    reason: String,
}

impl StoredRulesError {
    fn new(reason: impl ToString) -> Self {
        Self { reason: reason.to_string() }
    }
}

impl Rules {
    /// The rules as they are stored; [`Rules::decode`] reads them.
    pub fn encode(&self) -> StoredRules {
        let row = |(code, risk): &(MccCode, f64)| [*code, risk.to_le_bytes()].concat();
        StoredRules {
            normalization: constants(&self.normalization).into_iter().flat_map(f64::to_le_bytes).collect(),
            mcc_risk: self.mcc_risk.entries().iter().flat_map(row).collect(),
        }
    }

    /// The rules that lie in the two sections of an image.
    ///
    /// # Errors
    ///
    /// If the bytes have no length that [`Rules::encode`] writes, or hold codes that are no text or do not ascend; and
    /// whatever [`Rules::new`] and [`MccRisk::new`] refuse.
    pub fn decode(normalization: &[u8], mcc_risk: &[u8]) -> Result<Self, StoredRulesError> {
        Self::new(decode_normalization(normalization)?, decode_mcc_risk(mcc_risk)?).map_err(StoredRulesError::new)
    }
}

fn decode_normalization(bytes: &[u8]) -> Result<Normalization, StoredRulesError> {
    let (numbers, rest) = bytes.as_chunks::<NUMBER_BYTES>();
    let numbers: Vec<f64> = numbers.iter().copied().map(f64::from_le_bytes).collect();
    let ([amount, installments, ratio, minutes, km, tx_count, merchant], []) = (&numbers[..], rest) else {
        return Err(StoredRulesError::new(format!("normalization has {} bytes, must have 56", bytes.len())));
    };
    Ok(Normalization {
        max_amount: *amount,
        max_installments: *installments,
        amount_vs_avg_ratio: *ratio,
        max_minutes: *minutes,
        max_km: *km,
        max_tx_count_24h: *tx_count,
        max_merchant_avg_amount: *merchant,
    })
}

fn decode_mcc_risk(bytes: &[u8]) -> Result<MccRisk, StoredRulesError> {
    let (rows, []) = bytes.as_chunks::<ROW_BYTES>() else {
        return Err(StoredRulesError::new(format!("mcc_risk has {} bytes, no whole rows of {ROW_BYTES}", bytes.len())));
    };
    let mut entries = BTreeMap::new();
    let mut last: Option<String> = None;
    for row in rows {
        let code = decode_code(&row[..size_of::<MccCode>()])?;
        if last.as_ref().is_some_and(|last| *last >= code) {
            return Err(StoredRulesError::new(format!("category code {code} does not ascend")));
        }
        let risk = row.last_chunk().copied().map(f64::from_le_bytes).expect("a row ends with a number");
        entries.insert(code.clone(), risk);
        last = Some(code);
    }
    MccRisk::new(entries).map_err(StoredRulesError::new)
}

fn decode_code(padded: &[u8]) -> Result<String, StoredRulesError> {
    let length = padded.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    match std::str::from_utf8(&padded[..length]) {
        Ok(code) if !code.contains('\0') => Ok(code.to_owned()),
        _ => Err(StoredRulesError::new("a category code is not text")),
    }
}

fn constants(normalization: &Normalization) -> [f64; 7] {
    let n = normalization;
    [
        n.max_amount,
        n.max_installments,
        n.amount_vs_avg_ratio,
        n.max_minutes,
        n.max_km,
        n.max_tx_count_24h,
        n.max_merchant_avg_amount,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The message after one of the two sections of the official rules was changed.
    fn refusal(change: impl FnOnce(&mut StoredRules)) -> String {
        let mut stored = Rules::default().encode();
        change(&mut stored);
        Rules::decode(&stored.normalization, &stored.mcc_risk).unwrap_err().to_string()
    }

    #[test]
    fn what_was_stored_is_read_again() {
        let mut rules = Rules::default();
        for rules_of_other_lengths in [rules.clone(), {
            rules.normalization.max_km = 12.5;
            rules.mcc_risk =
                MccRisk::new(BTreeMap::from([("1".to_owned(), 0.0), ("12345678".to_owned(), 1.0)])).unwrap();
            rules
        }] {
            let stored = rules_of_other_lengths.encode();
            assert_eq!(Rules::decode(&stored.normalization, &stored.mcc_risk), Ok(rules_of_other_lengths));
        }
        let no_codes = Rules::decode(&Rules::default().encode().normalization, &[]).unwrap();
        assert!(no_codes.mcc_risk.entries().is_empty());
    }

    #[test]
    fn bytes_of_another_length_are_refused() {
        for length in [0, 48, 55, 57, 64] {
            let error = refusal(|stored| stored.normalization.resize(length, 1));
            assert_eq!(
                error,
                format!("the rules in the index are refused: normalization has {length} bytes, must have 56")
            );
        }
        let error = refusal(|stored| stored.mcc_risk.push(0));
        assert_eq!(error, "the rules in the index are refused: mcc_risk has 161 bytes, no whole rows of 16");
    }

    #[test]
    fn a_normalization_constant_that_is_not_a_positive_number_is_refused() {
        for (constant, text) in [(0.0, "0"), (-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
            let error = refusal(|stored| stored.normalization[8..16].copy_from_slice(&constant.to_le_bytes()));
            assert_eq!(
                error,
                format!(
                    "the rules in the index are refused: normalization: max_installments is {text}, it must be a finite \
                     number above 0"
                )
            );
        }
    }

    #[test]
    fn a_risk_outside_0_to_1_is_refused() {
        let error = refusal(|stored| stored.mcc_risk[8..16].copy_from_slice(&1.5f64.to_le_bytes()));
        assert_eq!(
            error,
            r#"the rules in the index are refused: mcc risk: the risk of "4511" is 1.5, it must be within 0..=1"#
        );
    }

    #[test]
    fn category_codes_out_of_order_are_refused() {
        let swapped = |stored: &mut StoredRules| {
            let (first, rest) = stored.mcc_risk.split_at_mut(16);
            first.swap_with_slice(&mut rest[..16]);
        };
        assert_eq!(refusal(swapped), "the rules in the index are refused: category code 4511 does not ascend");
        let repeated = |stored: &mut StoredRules| stored.mcc_risk.copy_within(..16, 16);
        assert_eq!(refusal(repeated), "the rules in the index are refused: category code 4511 does not ascend");
    }

    #[test]
    fn a_category_code_that_is_no_text_is_refused() {
        for (place, byte) in [(0, 0xff), (1, 0)] {
            let error = refusal(|stored| stored.mcc_risk[place] = byte);
            assert_eq!(error, "the rules in the index are refused: a category code is not text");
        }
    }
}
