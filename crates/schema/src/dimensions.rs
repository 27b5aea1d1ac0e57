//! The dimensions of the contest's vector: the one table of their order, names, sources, units and formulas.
//!
//! A formula's `clamp` limits to 0..=1, its `max_…` and `…_ratio` are the constants of
//! [`Normalization`](crate::Normalization). The contest states the formulas in its detection rules; `docs/DATA.md` explains
//! them to users.
use space::DIMENSIONS;

use crate::field::Field;

/// A dimension of the vector; `dimension as usize` is its place in [`space::Point::values`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(usize)]
#[allow(missing_docs)] // each is what its row of `DEFINITIONS` says
pub enum Dimension {
    Amount,
    Installments,
    AmountVsAvg,
    HourOfDay,
    DayOfWeek,
    MinutesSinceLast,
    KmFromLast,
    KmFromHome,
    TxCount24h,
    IsOnline,
    CardPresent,
    UnknownMerchant,
    MccRisk,
    MerchantAvgAmount,
}

/// What one dimension is.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// Which dimension.
    pub dimension: Dimension,
    /// Its name in the contest's rules.
    pub name: &'static str,
    /// The payload's fields that it is computed from.
    pub fields: &'static [Field],
    /// The unit of the number that is normalized, so of what reads as 1.0.
    pub unit: &'static str,
    /// How its value of -1..=1 follows from the fields, in exactly this order of operations in f64.
    pub formula: &'static str,
}

const fn define(
    dimension: Dimension,
    name: &'static str,
    fields: &'static [Field],
    unit: &'static str,
    formula: &'static str,
) -> Definition {
    Definition { dimension, name, fields, unit, formula }
}

const DEFINITIONS: [Definition; DIMENSIONS] = [
    define(Dimension::Amount, "amount", &[Field::Amount], "currency", "clamp(amount / max_amount)"),
    define(
        Dimension::Installments,
        "installments",
        &[Field::Installments],
        "installments",
        "clamp(installments / max_installments)",
    ),
    define(
        Dimension::AmountVsAvg,
        "amount_vs_avg",
        &[Field::Amount, Field::CustomerAvgAmount],
        "ratio",
        "clamp((amount / customer.avg_amount) / amount_vs_avg_ratio); of an average of 0: 1 if amount > 0, else 0",
    ),
    define(Dimension::HourOfDay, "hour_of_day", &[Field::RequestedAt], "hours, UTC", "hour / 23"),
    define(
        Dimension::DayOfWeek,
        "day_of_week",
        &[Field::RequestedAt],
        "days, UTC",
        "day / 6, where Monday is 0 and Sunday 6",
    ),
    define(
        Dimension::MinutesSinceLast,
        "minutes_since_last_tx",
        &[Field::LastTimestamp, Field::RequestedAt],
        "minutes",
        "clamp((seconds / 60) / max_minutes); -1 without a last transaction",
    ),
    define(
        Dimension::KmFromLast,
        "km_from_last_tx",
        &[Field::KmFromCurrent],
        "kilometres",
        "clamp(km_from_current / max_km); -1 without a last transaction",
    ),
    define(Dimension::KmFromHome, "km_from_home", &[Field::KmFromHome], "kilometres", "clamp(km_from_home / max_km)"),
    define(
        Dimension::TxCount24h,
        "tx_count_24h",
        &[Field::TxCount24h],
        "transactions",
        "clamp(tx_count_24h / max_tx_count_24h)",
    ),
    define(Dimension::IsOnline, "is_online", &[Field::IsOnline], "flag", "1 if true, else 0"),
    define(Dimension::CardPresent, "card_present", &[Field::CardPresent], "flag", "1 if true, else 0"),
    define(
        Dimension::UnknownMerchant,
        "unknown_merchant",
        &[Field::MerchantId, Field::KnownMerchants],
        "flag",
        "0 if merchant.id is one of known_merchants, else 1",
    ),
    define(
        Dimension::MccRisk,
        "mcc_risk",
        &[Field::Mcc],
        "risk",
        "the risk of mcc in the table, 0.5 if it is not there",
    ),
    define(
        Dimension::MerchantAvgAmount,
        "merchant_avg_amount",
        &[Field::MerchantAvgAmount],
        "currency",
        "clamp(merchant.avg_amount / max_merchant_avg_amount)",
    ),
];

impl Dimension {
    /// All dimensions in the order of a vector's values.
    pub const ALL: [Self; DIMENSIONS] = {
        let mut all = [Self::Amount; DIMENSIONS];
        let mut place = 0;
        while place < DIMENSIONS {
            all[place] = DEFINITIONS[place].dimension;
            assert!(all[place] as usize == place, "definitions stand in the order of the dimensions");
            place += 1;
        }
        all
    };

    /// The dimensions that are -1 together, when there is no last transaction.
    pub const OF_LAST_TRANSACTION: [Self; 2] = [Self::MinutesSinceLast, Self::KmFromLast];

    /// What it is.
    pub const fn definition(self) -> &'static Definition {
        &DEFINITIONS[self as usize]
    }

    /// Its name in the contest's rules, e.g. `minutes_since_last_tx`.
    pub const fn name(self) -> &'static str {
        self.definition().name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (name, formula) of each row of the table in `docs/DATA.md`.
    fn documented() -> Vec<(String, String)> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/DATA.md");
        let text = std::fs::read_to_string(path).unwrap();
        let rows = text.lines().skip_while(|line| !line.starts_with("| | dimension |")).skip(2);
        rows.take_while(|line| line.starts_with('|'))
            .map(|line| {
                let cells: Vec<_> = line.split('|').map(|cell| cell.trim().replace('`', "")).collect();
                (cells[2].clone(), cells[3].clone())
            })
            .collect()
    }

    #[test]
    fn names_stand_in_the_documented_order() {
        let names: Vec<_> = documented().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, Dimension::ALL.map(Dimension::name));
    }

    #[test]
    fn every_field_but_the_id_and_the_sections_is_in_a_dimension() {
        let used = |field| DEFINITIONS.iter().any(|definition| definition.fields.contains(&field));
        for field in Field::ALL {
            let is_value = field.path().contains('.');
            assert_eq!(used(field), is_value, "{field}");
        }
    }

    #[test]
    fn a_formula_and_its_documentation_use_the_same_constants() {
        let words = |text: &str| {
            let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            let is_constant = |word: &&str| word.starts_with("max_") || word.ends_with("_ratio");
            words.filter(is_constant).map(str::to_owned).collect::<Vec<_>>()
        };
        for (definition, (name, documented)) in DEFINITIONS.iter().zip(documented()) {
            assert_eq!(words(definition.formula), words(&documented), "{name}");
        }
    }
}
