//! The risk of each merchant category: a small sorted table.
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::rules_error::{MAX_MCC_CODES, RulesError};

/// The risk of a merchant category that is not in the table.
pub const UNKNOWN_MCC_RISK: f64 = 0.5;

/// 1..=8 bytes of a merchant category code, zero padded.
pub type MccCode = [u8; 8];

/// The risk of each merchant category, 0..=1; [`UNKNOWN_MCC_RISK`] for all others.
///
/// In JSON an object of code to risk, `{"5411":0.15,…}`; a code given twice is refused.
#[derive(Clone, Debug, PartialEq)]
pub struct MccRisk(Vec<(MccCode, f64)>);

impl MccRisk {
    /// A table of code to risk.
    ///
    /// # Errors
    ///
    /// Codes that are empty, longer than 8 bytes or hold a NUL, risks outside 0..=1 or not finite, and more than
    /// [`MAX_MCC_CODES`] entries.
    pub fn new(entries: BTreeMap<String, f64>) -> Result<Self, RulesError> {
        if entries.len() > MAX_MCC_CODES {
            return Err(RulesError::TooManyCodes { count: entries.len() });
        }
        // The map's order is that of the padded codes, as no code holds a NUL.
        let entries = entries.into_iter().map(|(text, risk)| match code(&text) {
            None => Err(RulesError::BadCode { code: text }),
            Some(_) if !(0.0..=1.0).contains(&risk) => Err(RulesError::BadRisk { code: text, risk }),
            Some(code) => Ok((code, risk)),
        });
        Ok(Self(entries.collect::<Result<_, _>>()?))
    }

    /// Ascending by code.
    pub fn entries(&self) -> &[(MccCode, f64)] {
        &self.0
    }

    /// The risk of `mcc`, [`UNKNOWN_MCC_RISK`] if the table does not hold it.
    pub fn risk(&self, mcc: &str) -> f64 {
        // As numbers codes have the order of their bytes, and compare at once.
        let number = |code: MccCode| u64::from_be_bytes(code);
        let find = |code| self.0.binary_search_by_key(&number(code), |entry| number(entry.0)).ok();
        let found = code(mcc).and_then(find);
        found.map_or(UNKNOWN_MCC_RISK, |at| self.0[at].1)
    }
}

impl Default for MccRisk {
    /// The official table.
    fn default() -> Self {
        let official = [
            ("4511", 0.35),
            ("5311", 0.25),
            ("5411", 0.15),
            ("5812", 0.30),
            ("5912", 0.20),
            ("5944", 0.45),
            ("5999", 0.50),
            ("7801", 0.80),
            ("7802", 0.75),
            ("7995", 0.85),
        ];
        let entries = official.into_iter().map(|(code, risk)| (code.to_owned(), risk)).collect();
        Self::new(entries).expect("the official table is valid")
    }
}

fn code(text: &str) -> Option<MccCode> {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.len() > size_of::<MccCode>() {
        return None;
    }
    let mut code = MccCode::default();
    for (place, &byte) in code.iter_mut().zip(bytes) {
        // A NUL would make two texts the same code.
        if byte == 0 {
            return None;
        }
        *place = byte;
    }
    Some(code)
}

impl Serialize for MccRisk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (code, risk) in &self.0 {
            let text = std::str::from_utf8(code).expect("codes are made from text");
            map.serialize_entry(text.trim_end_matches('\0'), risk)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for MccRisk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Table;
        impl<'de> Visitor<'de> for Table {
            type Value = MccRisk;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of merchant category code to risk")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<MccRisk, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some((code, risk)) = map.next_entry::<String, f64>()? {
                    if entries.len() == MAX_MCC_CODES {
                        return Err(A::Error::custom(RulesError::TooManyCodes { count: MAX_MCC_CODES + 1 }));
                    }
                    if entries.insert(code.clone(), risk).is_some() {
                        return Err(A::Error::custom(RulesError::DuplicateCode { code }));
                    }
                }
                MccRisk::new(entries).map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_map(Table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(entries: &[(&str, f64)]) -> Result<MccRisk, RulesError> {
        MccRisk::new(entries.iter().map(|&(code, risk)| (code.to_owned(), risk)).collect())
    }

    #[test]
    fn the_official_table_holds_ten_codes_and_half_for_the_rest() {
        let official = MccRisk::default();
        assert_eq!(official.entries().len(), 10);
        assert_eq!(official.risk("5411"), 0.15);
        assert_eq!(official.risk("7995"), 0.85);
        assert_eq!(official.risk("4511"), 0.35);
        for absent in ["", "541", "54110", "5411 ", "5411\0", "\0", "123456789", "é"] {
            assert_eq!(official.risk(absent), 0.5, "{absent:?}");
        }
    }

    #[test]
    fn entries_ascend_by_code_whatever_their_lengths() {
        let table = table(&[("9", 0.1), ("10", 0.2), ("1", 0.3), ("12345678", 1.0), ("100", 0.0)]).unwrap();
        assert!(table.entries().is_sorted_by(|a, b| a.0 < b.0));
        for (code, risk) in [("9", 0.1), ("10", 0.2), ("1", 0.3), ("12345678", 1.0), ("100", 0.0)] {
            assert_eq!(table.risk(code), risk, "{code}");
        }
    }

    #[test]
    fn codes_and_risks_that_cannot_be_are_refused_by_name() {
        for (entry, message) in [
            (("", 0.5), r#"mcc risk: the code "" must be 1 to 8 bytes long, without NUL"#),
            (("123456789", 0.5), r#"mcc risk: the code "123456789" must be 1 to 8 bytes long, without NUL"#),
            (("5\0", 0.5), r#"mcc risk: the code "5\0" must be 1 to 8 bytes long, without NUL"#),
            (("5411", 1.1), r#"mcc risk: the risk of "5411" is 1.1, it must be within 0..=1"#),
            (("5411", -0.1), r#"mcc risk: the risk of "5411" is -0.1, it must be within 0..=1"#),
            (("5411", f64::NAN), r#"mcc risk: the risk of "5411" is NaN, it must be within 0..=1"#),
        ] {
            assert_eq!(table(&[entry]).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn more_than_4096_codes_are_refused() {
        let codes = |count: usize| (0..count).map(|code| (code.to_string(), 0.5)).collect::<BTreeMap<_, _>>();
        assert!(MccRisk::new(codes(4096)).is_ok());
        assert!(matches!(MccRisk::new(codes(4097)), Err(RulesError::TooManyCodes { count: 4097 })));
        let json = serde_json::to_string(&codes(4097)).unwrap();
        assert!(serde_json::from_str::<MccRisk>(&json).unwrap_err().to_string().contains("4097 codes"));
    }

    #[test]
    fn json_is_an_object_of_code_to_risk_and_round_trips() {
        let table: MccRisk = serde_json::from_str(r#"{"5411":0.15,"7":1,"0":0}"#).unwrap();
        assert_eq!((table.risk("5411"), table.risk("7"), table.risk("0")), (0.15, 1.0, 0.0));
        let json = serde_json::to_string(&table).unwrap();
        assert_eq!(json, r#"{"0":0.0,"5411":0.15,"7":1.0}"#);
        assert_eq!(serde_json::from_str::<MccRisk>(&json).unwrap(), table);
    }

    #[test]
    fn a_code_given_twice_in_json_is_refused() {
        let error = serde_json::from_str::<MccRisk>(r#"{"5411":0.15,"5411":0.15}"#).unwrap_err();
        assert!(error.to_string().starts_with(r#"mcc risk: the code "5411" is given twice"#), "{error}");
    }
}
