//! The names of a payload: the one list of what must be where.
use std::fmt;
use std::str::FromStr;

/// A known key of the payload; displays as its dotted path, e.g. `transaction.amount`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs)] // each is what its path in `NAMES` says
pub enum Field {
    Id,
    Transaction,
    Amount,
    Installments,
    RequestedAt,
    Customer,
    CustomerAvgAmount,
    TxCount24h,
    KnownMerchants,
    Merchant,
    MerchantId,
    Mcc,
    MerchantAvgAmount,
    Terminal,
    IsOnline,
    CardPresent,
    KmFromHome,
    LastTransaction,
    LastTimestamp,
    KmFromCurrent,
}

const NAMES: [(Field, &str); 20] = [
    (Field::Id, "id"),
    (Field::Transaction, "transaction"),
    (Field::Amount, "transaction.amount"),
    (Field::Installments, "transaction.installments"),
    (Field::RequestedAt, "transaction.requested_at"),
    (Field::Customer, "customer"),
    (Field::CustomerAvgAmount, "customer.avg_amount"),
    (Field::TxCount24h, "customer.tx_count_24h"),
    (Field::KnownMerchants, "customer.known_merchants"),
    (Field::Merchant, "merchant"),
    (Field::MerchantId, "merchant.id"),
    (Field::Mcc, "merchant.mcc"),
    (Field::MerchantAvgAmount, "merchant.avg_amount"),
    (Field::Terminal, "terminal"),
    (Field::IsOnline, "terminal.is_online"),
    (Field::CardPresent, "terminal.card_present"),
    (Field::KmFromHome, "terminal.km_from_home"),
    (Field::LastTransaction, "last_transaction"),
    (Field::LastTimestamp, "last_transaction.timestamp"),
    (Field::KmFromCurrent, "last_transaction.km_from_current"),
];

impl Field {
    /// All fields, an object before its content.
    pub const ALL: [Self; NAMES.len()] = {
        let mut all = [Self::Id; NAMES.len()];
        let mut place = 0;
        while place < all.len() {
            all[place] = NAMES[place].0;
            place += 1;
        }
        all
    };

    /// The dotted path, e.g. `transaction.amount`.
    pub const fn path(self) -> &'static str {
        NAMES[self as usize].1
    }

    /// The last part of its path: its key in its object.
    pub fn key(self) -> &'static str {
        self.path().rsplit('.').next().unwrap_or_default()
    }

    /// The object that it lies in; `None` for a field of the document itself.
    pub fn section(self) -> Option<Self> {
        let (section, _) = self.path().split_once('.')?;
        Self::in_document(section)
    }

    /// The field under `key` of the document itself.
    pub(crate) fn in_document(key: &str) -> Option<Self> {
        Some(match key {
            "id" => Self::Id,
            "transaction" => Self::Transaction,
            "customer" => Self::Customer,
            "merchant" => Self::Merchant,
            "terminal" => Self::Terminal,
            "last_transaction" => Self::LastTransaction,
            _ => return None,
        })
    }

    /// The field under `key` of the object that is the value of `self`.
    pub(crate) fn child(self, key: &str) -> Option<Self> {
        Some(match (self, key) {
            (Self::Transaction, "amount") => Self::Amount,
            (Self::Transaction, "installments") => Self::Installments,
            (Self::Transaction, "requested_at") => Self::RequestedAt,
            (Self::Customer, "avg_amount") => Self::CustomerAvgAmount,
            (Self::Customer, "tx_count_24h") => Self::TxCount24h,
            (Self::Customer, "known_merchants") => Self::KnownMerchants,
            (Self::Merchant, "id") => Self::MerchantId,
            (Self::Merchant, "mcc") => Self::Mcc,
            (Self::Merchant, "avg_amount") => Self::MerchantAvgAmount,
            (Self::Terminal, "is_online") => Self::IsOnline,
            (Self::Terminal, "card_present") => Self::CardPresent,
            (Self::Terminal, "km_from_home") => Self::KmFromHome,
            (Self::LastTransaction, "timestamp") => Self::LastTimestamp,
            (Self::LastTransaction, "km_from_current") => Self::KmFromCurrent,
            _ => return None,
        })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.path())
    }
}

/// No field has this path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no field of a payload; there are {}", Field::ALL.map(Field::path).join(", "))]
pub struct UnknownField;

impl FromStr for Field {
    type Err = UnknownField;

    /// By its dotted path.
    fn from_str(path: &str) -> Result<Self, UnknownField> {
        Self::ALL.into_iter().find(|field| field.path() == path).ok_or(UnknownField)
    }
}

/// Which fields have been met.
#[derive(Clone, Copy, Default)]
pub(crate) struct Seen(u32);

impl Seen {
    /// Whether `field` is met for the first time.
    pub(crate) fn insert(&mut self, field: Field) -> bool {
        let before = self.0;
        self.0 |= 1 << field as u32;
        self.0 != before
    }

    /// Every field is there, or the first that is not; an object is reported before its content.
    pub(crate) fn require_all(self) -> Result<(), Field> {
        match NAMES.get(self.0.trailing_ones() as usize) {
            Some(&(field, _)) => Err(field),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_by_its_path_and_listed_at_its_number() {
        for (number, (field, path)) in NAMES.into_iter().enumerate() {
            assert_eq!(field as usize, number);
            let found = match path.split_once('.') {
                None => Field::in_document(path),
                Some((section, key)) => Field::in_document(section).and_then(|section| section.child(key)),
            };
            assert_eq!(found, Some(field), "{path}");
            assert_eq!(field.to_string(), path);
            assert_eq!(path.parse(), Ok(field));
            let section = field.section().map(|section| format!("{section}.")).unwrap_or_default();
            assert_eq!(format!("{section}{}", field.key()), path);
        }
    }

    #[test]
    fn a_name_in_the_wrong_place_is_no_field() {
        assert_eq!(Field::in_document("amount"), None);
        assert_eq!(Field::Transaction.child("avg_amount"), None);
        assert_eq!(Field::Id.child("id"), None);
        assert_eq!("amount".parse::<Field>(), Err(UnknownField));
    }

    #[test]
    fn the_first_field_not_seen_is_the_one_reported() {
        let mut seen = Seen::default();
        assert_eq!(seen.require_all(), Err(Field::Id));
        for (field, _) in NAMES {
            assert_eq!(seen.require_all(), Err(field));
            assert!(seen.insert(field));
            assert!(!seen.insert(field));
        }
        assert_eq!(seen.require_all(), Ok(()));
    }
}
