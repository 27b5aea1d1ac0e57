//! A plan as bytes: a section of an index image, so that schema and scales travel with the vectors made by them.
//!
//! | bytes | what |
//! |---|---|
//! | 0..4 | length of the text, u32 little-endian |
//! | 4..8 | count of the numbers, u32 little-endian |
//! | from 8 | [`SchemaFile::canonical_text`], then zeros up to a multiple of 8 |
//! | after that | the numbers, f64 little-endian: what was found from data, dimension by dimension |

use crate::plan::{Fitted, Parameters, Plan};
use crate::schema_file::{MAX_SCHEMA_BYTES, SchemaFile};

const HEADER_BYTES: usize = 8;
const NUMBER_BYTES: usize = size_of::<f64>();

/// Why stored bytes are no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the schema in the index is refused: {reason}")]
pub struct StoredPlanError {
    reason: Box<str>,
}

fn refuse<T>(reason: impl Into<Box<str>>) -> Result<T, StoredPlanError> {
    Err(StoredPlanError { reason: reason.into() })
}

impl Plan {
    /// The plan as it is stored; [`Plan::decode`] reads it. `None` if a scale has not been found from data yet.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let text = self.schema().canonical_text();
        let fitted = self.fitted();
        let mut numbers = Vec::new();
        for (dimension, parameters) in self.schema().dimensions().iter().zip(&fitted.parameters) {
            let found = parameters.as_ref().map_or(&[][..], Parameters::numbers);
            if found.len() != Parameters::count(dimension.scale) {
                return None;
            }
            numbers.extend_from_slice(found);
        }
        let header = [text.len(), numbers.len()].map(|length| u32::try_from(length).expect("a schema is of some KiB"));
        let mut bytes: Vec<u8> = header.into_iter().flat_map(u32::to_le_bytes).collect();
        bytes.extend_from_slice(text.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(NUMBER_BYTES), 0);
        bytes.extend(numbers.into_iter().flat_map(f64::to_le_bytes));
        Some(bytes)
    }

    /// The plan that [`Plan::encode`] has stored.
    ///
    /// # Errors
    ///
    /// Bytes of another length than they say, a text that is no schema or not in its canonical form, and numbers that are
    /// no scales of its dimensions.
    pub fn decode(bytes: &[u8]) -> Result<Self, StoredPlanError> {
        let Some((&header, rest)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
            return refuse(format!("{} bytes, there must be at least {HEADER_BYTES}", bytes.len()));
        };
        let [text_len, count] = [0, 4].map(|at| {
            let word = [header[at], header[at + 1], header[at + 2], header[at + 3]];
            u32::from_le_bytes(word) as usize
        });
        let (text_end, expected) = (text_len.next_multiple_of(NUMBER_BYTES), count.saturating_mul(NUMBER_BYTES));
        if text_len > 2 * MAX_SCHEMA_BYTES || rest.len() != text_end.saturating_add(expected) {
            return refuse(format!("{} bytes for a text of {text_len} and {count} numbers", bytes.len()));
        }
        let (text, numbers) = rest.split_at(text_end);
        if text[text_len..].iter().any(|byte| *byte != 0) {
            return refuse("the text is not followed by zeros");
        }
        let Ok(text) = std::str::from_utf8(&text[..text_len]) else {
            return refuse("its text is no UTF-8");
        };
        let schema = match SchemaFile::parse("schema", text) {
            Ok(schema) if schema.canonical_text() == text => schema,
            Ok(_) => return refuse("its text is not in the canonical form"),
            Err(error) => return refuse(error.to_string()),
        };
        let numbers: Vec<f64> = numbers.as_chunks().0.iter().copied().map(f64::from_le_bytes).collect();
        Ok(Self::new(&schema).with_fitted(fitted(&schema, &numbers)?))
    }
}

fn fitted(schema: &SchemaFile, numbers: &[f64]) -> Result<Fitted, StoredPlanError> {
    let mut rest = numbers;
    let mut parameters = Vec::new();
    for dimension in schema.dimensions() {
        let count = Parameters::count(dimension.scale);
        let Some((these, others)) = rest.split_at_checked(count) else {
            return refuse(format!("the dimension {} has no scale", dimension.name));
        };
        rest = others;
        parameters.push(match Parameters::new(dimension.scale, these) {
            None if count > 0 => return refuse(format!("the scale of the dimension {} is none", dimension.name)),
            found => found,
        });
    }
    if !rest.is_empty() {
        return refuse(format!("{} numbers too many", rest.len()));
    }
    Ok(Fitted { parameters })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    const SCALED: &str = r#"
        name = "scaled"
        k = 3
        [[dimension]]
        name = "a"
        number = "a"
        scale = "min-max"
        [[dimension]]
        name = "b"
        number = "b"
        log = true
        scale = "quantiles"
        default = -1
        [[dimension]]
        name = "c"
        number = "c"
    "#;

    fn plan() -> Plan {
        let plan = Plan::new(&SchemaFile::parse("scaled.toml", SCALED).unwrap());
        let mut fitter = plan.fitter();
        for n in 0..1000 {
            let b = if n % 10 == 0 { Value::Missing } else { Value::Number(f64::from(n * n)) };
            fitter.push(&[Value::Number(f64::from(n) - 500.0), b, Value::Number(1e9)]).unwrap();
        }
        let fitted = fitter.finish().unwrap();
        plan.with_fitted(fitted)
    }

    fn refusal(change: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut bytes = plan().encode().unwrap();
        change(&mut bytes);
        Plan::decode(&bytes).unwrap_err().to_string()
    }

    #[test]
    fn what_was_stored_is_read_again() {
        let plans = [plan(), Plan::new(&SchemaFile::contest())];
        for plan in plans {
            let bytes = plan.encode().unwrap();
            assert_eq!(bytes.len() % 8, 0);
            let read = Plan::decode(&bytes).unwrap();
            assert_eq!((read.schema(), read.fitted()), (plan.schema(), plan.fitted()));
            assert_eq!(read.fingerprint(), plan.fingerprint());
            assert_eq!(read.encode().unwrap(), bytes);
        }
    }

    #[test]
    fn a_plan_without_its_scales_neither_computes_nor_is_stored() {
        let plan = Plan::new(&SchemaFile::parse("scaled.toml", SCALED).unwrap());
        assert!(plan.needs_data() && plan.encode().is_none());
        let fields = [Value::Number(1.0), Value::Missing, Value::Number(1.0)];
        let error = plan.vectorize(&fields, &mut [0.0; 3]).unwrap_err();
        assert_eq!(error.to_string(), "the dimension a: its scale has not been found from data");
        let error = plan.fitter().finish().unwrap_err();
        assert_eq!(error.to_string(), "the dimension a: no row has a value to find its scale by");
    }

    #[test]
    fn scales_lead_to_0_to_1_and_a_default_stays_what_it_is() {
        let plan = plan();
        let mut out = [0.0; 3];
        for (a, b, expected) in [
            (-500.0, Value::Number(1.0), [0.0, 0.0, 2.0]),
            (499.0, Value::Number(998_001.0), [1.0, 1.0, 2.0]),
            (1e6, Value::Number(-1e6), [1.0, 0.0, 2.0]),
            (-0.5, Value::Missing, [0.5, -1.0, 2.0]),
        ] {
            plan.vectorize(&[Value::Number(a), b, Value::Number(2.0)], &mut out).unwrap();
            assert_eq!(out, expected, "{a}");
        }
    }

    #[test]
    fn a_row_at_fault_changes_nothing_of_the_scales() {
        let plan = plan();
        let mut fitter = plan.fitter();
        let good = [Value::Number(1.0), Value::Number(1.0), Value::Number(1.0)];
        let mut bad = good;
        bad[0] = Value::Number(99.0);
        bad[2] = Value::Missing;
        fitter.push(&good).unwrap();
        assert_eq!(fitter.push(&bad), Err(crate::plan::VectorError::Missing("c")));
        let alone = {
            let mut fitter = plan.fitter();
            fitter.push(&good).unwrap();
            fitter.finish()
        };
        assert_eq!(fitter.finish(), alone);
    }

    #[test]
    fn damage_is_refused_by_name() {
        let text_len = plan().schema().canonical_text().len();
        let begins = |message: String, text: &str| {
            let expected = format!("the schema in the index is refused: {text}");
            assert!(message.starts_with(&expected), "{message}");
        };
        begins(refusal(|bytes| bytes.truncate(7)), "7 bytes, there must be at least 8");
        begins(refusal(|bytes| bytes.truncate(bytes.len() - 1)), "");
        begins(refusal(|bytes| bytes.extend([0; 8])), "");
        begins(refusal(|bytes| bytes[3] = 0xff), "");
        begins(refusal(|bytes| bytes[8] = 0xff), "its text is no UTF-8");
        begins(refusal(|bytes| bytes[8] = b'N'), "schema:1:1: `Name` is no key here; is `name` meant?");
        begins(refusal(|bytes| bytes[8 + 4] = b'\t'), "its text is not in the canonical form");
        let first_number = 8 + text_len.next_multiple_of(8);
        for number in [1e9, f64::NAN, f64::INFINITY] {
            let change =
                |bytes: &mut Vec<u8>| bytes[first_number..first_number + 8].copy_from_slice(&number.to_le_bytes());
            begins(refusal(change), "the scale of the dimension a is none");
        }
        let with_count = |count: u32, bytes: &mut Vec<u8>| {
            bytes[4..8].copy_from_slice(&count.to_le_bytes());
            bytes.resize(first_number + 8 * count as usize, 0);
        };
        begins(refusal(|bytes| with_count(1, bytes)), "the dimension a has no scale");
        begins(refusal(|bytes| with_count(259, bytes)), "1 numbers too many");
    }
}
