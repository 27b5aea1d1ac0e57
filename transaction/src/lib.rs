//! A card transaction: from the bytes of a JSON body to the checked vector that the index is asked for.
#![allow(missing_docs, clippy::todo)]
use std::collections::BTreeMap;

/// Dimensions of a vector.
pub const DIMENSIONS: usize = 14;
/// A dimension's value 1.0 as it is stored.
pub const SCALE: i16 = 10_000;

/// A point of the space: 14 values in -10000..=10000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Query([i16; DIMENSIONS]);
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
#[error("dimension {dimension} is {value}, outside -10000..=10000")]
pub struct OutOfRange {
    pub dimension: usize,
    pub value: i16,
}
impl Query {
    pub fn new(values: [i16; DIMENSIONS]) -> Result<Self, OutOfRange> {
        for (dimension, &value) in values.iter().enumerate() {
            if !(-SCALE..=SCALE).contains(&value) {
                return Err(OutOfRange { dimension, value });
            }
        }
        Ok(Self(values))
    }
    pub const fn values(&self) -> &[i16; DIMENSIONS] {
        &self.0
    }
}
/// What a reference was labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Label {
    Legit = 0,
    Fraud = 1,
}

/// normalization.json
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalization {
    pub max_amount: f64,
    pub max_installments: f64,
    pub amount_vs_avg_ratio: f64,
    pub max_minutes: f64,
    pub max_km: f64,
    pub max_tx_count_24h: f64,
    pub max_merchant_avg_amount: f64,
}
/// mcc_risk.json: `{"5411":0.15,…}`; lookups are a binary search, 0.5 if absent.
#[derive(Clone, Debug, PartialEq)]
pub struct MccRisk(Vec<(MccCode, f64)>);
/// 1..=8 bytes of a merchant category code, zero padded
pub type MccCode = [u8; 8];
/// What turns a transaction into a vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    pub normalization: Normalization,
    pub mcc_risk: MccRisk,
}
impl Default for Rules {
    fn default() -> Self {
        todo!()
    }
}
impl MccRisk {
    /// refuses empty or over-long codes, risks outside 0..=1 or not finite, more than 4096 entries
    pub fn new(entries: BTreeMap<String, f64>) -> Result<Self, RulesError> {
        let _ = entries;
        todo!()
    }
    /// ascending by code
    pub fn entries(&self) -> &[(MccCode, f64)] {
        &self.0
    }
    pub fn risk(&self, mcc: &str) -> f64 {
        let _ = mcc;
        todo!()
    }
}
#[derive(Debug, thiserror::Error)]
pub enum RulesError {}
impl Rules {
    /// every constant must be finite and > 0
    pub fn new(normalization: Normalization, mcc_risk: MccRisk) -> Result<Self, RulesError> {
        let _ = (normalization, mcc_risk);
        todo!()
    }
    /// exactly the arithmetic of the contract
    pub fn vectorize(&self, transaction: &Transaction<'_>) -> Query {
        let _ = transaction;
        todo!()
    }
}
/// A parsed payload; text borrows from the body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transaction<'a> {
    pub amount: f64,
    pub installments: f64,
    pub requested_at: jiff::Timestamp,
    pub customer_avg_amount: f64,
    pub tx_count_24h: f64,
    pub merchant_is_known: bool,
    pub mcc: &'a str,
    pub merchant_avg_amount: f64,
    pub is_online: bool,
    pub card_present: bool,
    pub km_from_home: f64,
    pub last: Option<LastTransaction>,
}
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LastTransaction {
    pub timestamp: jiff::Timestamp,
    pub km_from_current: f64,
}
/// Reused memory of one parser; after warm-up parsing allocates nothing.
pub struct Parser {}
impl Parser {
    /// `capacity`: the longest body in bytes that must parse without allocating
    pub fn new(capacity: usize) -> Self {
        let _ = capacity;
        todo!()
    }
    /// Rewrites `body`.
    pub fn parse<'a>(&mut self, body: &'a mut [u8]) -> Result<Transaction<'a>, PayloadError> {
        let _ = body;
        todo!()
    }
}
/// Display names the field; needs no allocation to make or to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {}
