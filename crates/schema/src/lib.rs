//! A card transaction: from the bytes of a JSON body to the checked vector that the index is asked for.
//!
//! ```text
//! body bytes --Parser::parse--> Transaction --Rules::vectorize--> Point (14 x i16)
//! ```
//!
//! ```
//! use schema::{Parser, PayloadError, Rules};
//!
//! let body = br#"{"id":"tx-1","transaction":{"amount":41.12,"installments":2,"requested_at":"2026-03-11T18:45:53Z"},
//!     "customer":{"avg_amount":82.24,"tx_count_24h":3,"known_merchants":["MERC-016"]},
//!     "merchant":{"id":"MERC-016","mcc":"5411","avg_amount":60.25},
//!     "terminal":{"is_online":false,"card_present":true,"km_from_home":29.23},"last_transaction":null}"#;
//! let rules = Rules::default();
//! let mut parser = Parser::new(64 * 1024);
//! let query = rules.vectorize(&parser.parse(body)?);
//! assert_eq!(query.values(), &[41, 1667, 500, 7826, 3333, -10000, -10000, 292, 1500, 0, 10000, 0, 1500, 60]);
//! # Ok::<(), PayloadError>(())
//! ```

mod canonical;
mod decision;
mod depth;
mod diagnosis;
mod dimensions;
mod error;
mod field;
mod field_tree;
mod fitter;
mod found;
mod json;
mod mcc_risk;
mod one_pass;
mod parser;
mod payload;
mod payload_reader;
mod plan;
mod repeats;
mod rules;
mod rules_error;
mod sample_payload;
mod schema_file;
mod stored_plan;
mod stored_rules;
mod swar;
mod timestamp;
mod value;
mod vectorize;

pub use decision::Decision;
pub use depth::MAX_DEPTH;
pub use dimensions::{Definition, Dimension};
pub use error::{Expected, PayloadError, SyntaxFault};
pub use field::{Field, UnknownField};
pub use field_tree::FieldSpec;
pub use fitter::{Fitter, NothingToFit};
pub use mcc_risk::{MccCode, MccRisk, UNKNOWN_MCC_RISK};
pub use parser::Parser;
pub use payload::{LastTransaction, Transaction};
pub use payload_reader::{BodyError, Payload, PayloadReader};
pub use plan::{Fitted, Grid, MeasuredValue, Plan, QUANTILES, VectorError};
pub use rules::{Normalization, Rules};
pub use rules_error::{MAX_MCC_CODES, RulesError};
pub use schema_file::{
    Answer, AnswerKind, DimensionSpec, Labels, List, MAX_DIMENSIONS, MAX_K, MAX_LABELS, MAX_SCHEMA_BYTES,
    MAX_TABLE_ROWS, PayloadForm, SCHEMA_KEYS, Scale, SchemaError, SchemaFile, Source, Steps,
};
pub use stored_plan::StoredPlanError;
pub use stored_rules::{StoredRules, StoredRulesError};
pub use timestamp::Timestamp;
pub use value::{Kind, Value};
pub use vectorize::Measured;
