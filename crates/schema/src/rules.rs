//! The constants that turn a transaction into a vector.
use crate::mcc_risk::MccRisk;
use crate::rules_error::RulesError;

/// What turns a transaction into a vector.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Rules {
    /// The divisors of the dimensions.
    pub normalization: Normalization,
    /// The risk of each merchant category.
    pub mcc_risk: MccRisk,
}

impl Rules {
    /// Rules of checked constants.
    ///
    /// # Errors
    ///
    /// A constant that is not finite or not above 0.
    pub fn new(normalization: Normalization, mcc_risk: MccRisk) -> Result<Self, RulesError> {
        for (name, value) in normalization.constants() {
            if !(value.is_finite() && value > 0.0) {
                return Err(RulesError::BadConstant { name, value });
            }
        }
        Ok(Self { normalization, mcc_risk })
    }
}

/// The divisors of the dimensions, in the shape of `normalization.json`: all seven keys and no other.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalization {
    /// Amount that reads as 1.0.
    pub max_amount: f64,
    /// Number of installments that reads as 1.0.
    pub max_installments: f64,
    /// Ratio of the amount to the customer's average that reads as 1.0.
    pub amount_vs_avg_ratio: f64,
    /// Minutes since the last transaction that read as 1.0.
    pub max_minutes: f64,
    /// Kilometres that read as 1.0.
    pub max_km: f64,
    /// Number of transactions within 24 hours that reads as 1.0.
    pub max_tx_count_24h: f64,
    /// Merchant's average amount that reads as 1.0.
    pub max_merchant_avg_amount: f64,
}

impl Normalization {
    fn constants(&self) -> [(&'static str, f64); 7] {
        [
            ("max_amount", self.max_amount),
            ("max_installments", self.max_installments),
            ("amount_vs_avg_ratio", self.amount_vs_avg_ratio),
            ("max_minutes", self.max_minutes),
            ("max_km", self.max_km),
            ("max_tx_count_24h", self.max_tx_count_24h),
            ("max_merchant_avg_amount", self.max_merchant_avg_amount),
        ]
    }
}

impl Default for Normalization {
    /// The official constants.
    fn default() -> Self {
        Self {
            max_amount: 10_000.0,
            max_installments: 12.0,
            amount_vs_avg_ratio: 10.0,
            max_minutes: 1_440.0,
            max_km: 1_000.0,
            max_tx_count_24h: 20.0,
            max_merchant_avg_amount: 10_000.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICIAL: &str = r#"{"max_amount":10000,"max_installments":12,"amount_vs_avg_ratio":10,"max_minutes":1440,
        "max_km":1000,"max_tx_count_24h":20,"max_merchant_avg_amount":10000}"#;

    #[test]
    fn the_default_is_the_official_file() {
        assert_eq!(serde_json::from_str::<Normalization>(OFFICIAL).unwrap(), Normalization::default());
    }

    #[test]
    fn a_missing_unknown_or_repeated_constant_is_refused_by_name() {
        for (json, message) in [
            (OFFICIAL.replace(r#""max_km":1000,"#, ""), "missing field `max_km`"),
            (OFFICIAL.replace("max_km", "max_kms"), "unknown field `max_kms`"),
            (OFFICIAL.replace("max_km", "max_amount"), "duplicate field `max_amount`"),
        ] {
            let error = serde_json::from_str::<Normalization>(&json).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn a_constant_that_is_no_divisor_is_refused_by_name() {
        for (value, text) in [(0.0, "0"), (-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
            for key in 0..7 {
                let mut constants = serde_json::to_value(Normalization::default()).unwrap();
                let (name, _) = Normalization::default().constants()[key];
                constants[name] = 77.0.into();
                let mut normalization: Normalization = serde_json::from_value(constants).unwrap();
                for constant in [
                    &mut normalization.max_amount,
                    &mut normalization.max_installments,
                    &mut normalization.amount_vs_avg_ratio,
                    &mut normalization.max_minutes,
                    &mut normalization.max_km,
                    &mut normalization.max_tx_count_24h,
                    &mut normalization.max_merchant_avg_amount,
                ] {
                    if *constant == 77.0 {
                        *constant = value;
                    }
                }
                let error = Rules::new(normalization, MccRisk::default()).unwrap_err().to_string();
                assert_eq!(error, format!("normalization: {name} is {text}, it must be a finite number above 0"));
            }
        }
    }
}
