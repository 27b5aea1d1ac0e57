//! The two sections that say how a transaction becomes a vector: the rules travel with the vectors made by them.

use std::collections::BTreeMap;

use schema::{MccCode, MccRisk, Normalization, Rules};

use super::OpenError;

pub(crate) fn encode_normalization(normalization: &Normalization) -> Vec<u8> {
    constants(normalization).into_iter().flat_map(f64::to_le_bytes).collect()
}

pub(crate) fn encode_mcc_risk(mcc_risk: &MccRisk) -> Vec<u8> {
    let row = |(code, risk): &(MccCode, f64)| code.iter().copied().chain(risk.to_le_bytes()).collect::<Vec<_>>();
    mcc_risk.entries().iter().flat_map(row).collect()
}

/// The rules in the two sections, accepted by the same constructors that read them from JSON.
pub(crate) fn decode_rules(normalization: &[u8], mcc_risk: &[u8]) -> Result<Rules, OpenError> {
    let numbers: Vec<f64> = normalization.chunks_exact(8).map(read_f64).collect();
    let [amount, installments, ratio, minutes, km, tx_count, merchant] = numbers[..] else {
        return Err(OpenError::ElementCount {
            section: "normalization",
            found: (normalization.len() / 56) as u64,
            required: "exactly one",
        });
    };
    let normalization = Normalization {
        max_amount: amount,
        max_installments: installments,
        amount_vs_avg_ratio: ratio,
        max_minutes: minutes,
        max_km: km,
        max_tx_count_24h: tx_count,
        max_merchant_avg_amount: merchant,
    };
    let mut entries = BTreeMap::new();
    let mut last: Option<String> = None;
    for row in mcc_risk.chunks_exact(16) {
        let code = read_code(&row[..8])?;
        if last.as_ref().is_some_and(|last| *last >= code) {
            return Err(OpenError::Rules(format!("category code {code} does not ascend")));
        }
        entries.insert(code.clone(), read_f64(&row[8..]));
        last = Some(code);
    }
    let refuse = |error: &dyn std::fmt::Display| OpenError::Rules(error.to_string());
    let mcc_risk = MccRisk::new(entries).map_err(|error| refuse(&error))?;
    Rules::new(normalization, mcc_risk).map_err(|error| refuse(&error))
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

fn read_f64(bytes: &[u8]) -> f64 {
    f64::from_le_bytes(std::array::from_fn(|i| bytes[i]))
}

fn read_code(bytes: &[u8]) -> Result<String, OpenError> {
    let length = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    match std::str::from_utf8(&bytes[..length]) {
        Ok(code) if !code.contains('\0') => Ok(code.to_owned()),
        _ => Err(OpenError::Rules("a category code is not text".to_owned())),
    }
}
