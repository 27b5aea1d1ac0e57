//! Payload files: requests, their expected answers and statistics of them.

use super::source::open;
use crate::error::DataError;
use crate::number::Number;
use crate::payload::Payload;
use schema::Decision;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::io::{self, Read, Write};

/// One entry of a payload file.
#[derive(Clone, Debug, PartialEq)]
pub struct PayloadEntry {
    /// The request's text as it stands in the file, in any key order.
    pub request: String,
    /// Whether the transaction should be approved.
    pub expected_approved: bool,
    /// Frauds among the five nearest references, 0 to 5.
    pub expected_frauds: u8,
}

/// Reads a payload file, gzip and zstd recognised by their first bytes. Keys that are not needed are passed over.
///
/// # Errors
/// [`DataError::Payload`] names the first entry that is none: a request that is no object, a score that is not a fifth
/// of 0 to 5, or an approval that contradicts its score.
pub fn read_payloads(source: impl Read) -> Result<Vec<PayloadEntry>, DataError> {
    read_entries(Box::new(source))
}

fn read_entries(source: Box<dyn Read + '_>) -> Result<Vec<PayloadEntry>, DataError> {
    let mut deserializer = serde_json::Deserializer::from_reader(open(source)?);
    let mut file = FileSeed { entries: Vec::new(), in_entries: false };
    let outcome = file.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    outcome.map_err(|source| match source {
        source if source.is_io() => DataError::Read(source.into()),
        source if file.in_entries => DataError::Payload { entry: file.entries.len() as u64, source },
        source => DataError::Shape { expected: "a payload file", source },
    })?;
    Ok(file.entries)
}

/// Writes the published shape of a payload file.
///
/// `references_sha256` is the SHA-256 in hex of the uncompressed references file that the answers were made from.
///
/// # Errors
///
/// [`DataError::Write`] if the destination fails.
pub fn write_payloads(payloads: &[Payload], references_sha256: &str, mut out: impl Write) -> Result<(), DataError> {
    write_text(payloads, references_sha256, &mut out).map_err(DataError::Write)
}

fn write_text(payloads: &[Payload], references_sha256: &str, out: &mut dyn Write) -> io::Result<()> {
    let checksum = serde_json::to_string(references_sha256)?;
    write!(out, r#"{{"references_checksum_sha256":{checksum},"stats":{{{}}},"entries":["#, Stats::of(payloads))?;
    for (number, payload) in payloads.iter().enumerate() {
        let comma = if number > 0 { "," } else { "" };
        let expected = payload.expected();
        write!(
            out,
            r#"{comma}{{"request":{},"expected_approved":{},"expected_fraud_score":{}}}"#,
            payload.request,
            expected.approved(),
            Number(expected.fraud_score())
        )?;
    }
    out.write_all(b"]}\n")?;
    out.flush()
}

struct Stats {
    total: usize,
    frauds: usize,
    edge_cases: usize,
}

impl Stats {
    fn of(payloads: &[Payload]) -> Self {
        Self {
            total: payloads.len(),
            frauds: payloads.iter().filter(|payload| !payload.expected().approved()).count(),
            edge_cases: payloads.iter().filter(|payload| payload.expected() == Decision::FIRST_DENIED).count(),
        }
    }

    /// To four decimals; of nothing it is 0.
    fn rate(&self, count: usize) -> Number {
        Number((count as f64 / self.total.max(1) as f64 * 10_000.0).round() / 10_000.0)
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let legit = self.total - self.frauds;
        write!(
            formatter,
            r#""total":{},"fraud_count":{},"legit_count":{legit},"fraud_rate":{},"legit_rate":{},"#,
            self.total,
            self.frauds,
            self.rate(self.frauds),
            self.rate(legit)
        )?;
        write!(formatter, r#""edge_case_count":{},"edge_case_rate":{}"#, self.edge_cases, self.rate(self.edge_cases))
    }
}

#[derive(Deserialize)]
struct Entry {
    request: Box<RawValue>,
    expected_approved: bool,
    expected_fraud_score: f64,
}

impl Entry {
    fn check(self) -> Result<PayloadEntry, String> {
        let Self { request, expected_approved, expected_fraud_score: score } = self;
        if !request.get().starts_with('{') {
            return Err("the request is no object".to_owned());
        }
        let expected = Decision::of_fraud_score(score)
            .ok_or_else(|| format!("expected_fraud_score is {score}, not a fifth of 0 to 5"))?;
        if expected_approved != expected.approved() {
            return Err(format!("expected_approved is {expected_approved} at expected_fraud_score {score}"));
        }
        let request = String::from(Box::<str>::from(request));
        Ok(PayloadEntry { request, expected_approved, expected_frauds: expected.frauds() })
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    Entries,
    #[serde(other)]
    Other,
}

/// The object around the entries.
struct FileSeed {
    entries: Vec<PayloadEntry>,
    /// The place an error is at.
    in_entries: bool,
}

impl<'de> DeserializeSeed<'de> for &mut FileSeed {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut FileSeed {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with entries")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut has_entries = false;
        while let Some(key) = map.next_key()? {
            match key {
                Key::Other => drop(map.next_value::<IgnoredAny>()?),
                Key::Entries if has_entries => return Err(A::Error::duplicate_field("entries")),
                Key::Entries => {
                    map.next_value_seed(EntriesSeed(self))?;
                    has_entries = true;
                }
            }
        }
        if has_entries { Ok(()) } else { Err(A::Error::missing_field("entries")) }
    }
}

struct EntriesSeed<'a>(&'a mut FileSeed);

impl<'de> DeserializeSeed<'de> for EntriesSeed<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for EntriesSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.0.in_entries = true;
        while let Some(entry) = entries.next_element::<Entry>()? {
            self.0.entries.push(entry.check().map_err(A::Error::custom)?);
        }
        self.0.in_entries = false;
        Ok(())
    }
}
