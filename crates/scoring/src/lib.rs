//! Scoring: from the bytes of a payload to a decision, by an index and the rules that travel with it.
//!
//! ```text
//! references, rules --build--> image bytes --Generation::open--> Generation
//! body bytes --Scorer::score--> Decision
//! body bytes --Scorer::explain--> Explanation (dimensions, neighbours, proof, decision)
//! ```
//!
//! ```
//! use index::InstructionSet;
//! use schema::{Dimension, Rules};
//! use scoring::{Generation, Scorer};
//! use space::{Label, Point};
//! use std::sync::Arc;
//!
//! // six references: small amounts are legit, large ones frauds
//! let vectors = [0, 100, 200, 9000, 9500, 10_000].map(|amount| {
//!     let mut values = [0; 14];
//!     values[Dimension::Amount as usize] = amount;
//!     Point::new(values).expect("within -10000..=10000")
//! });
//! let labels = [0, 1, 2, 3, 4, 5].map(|number| if number < 3 { Label::Legit } else { Label::Fraud });
//! let image = scoring::build(&vectors, &labels, &Rules::default(), &|_, _, _| {})?;
//!
//! let generation = Arc::new(Generation::open(image, InstructionSet::detect())?);
//! let mut scorer = Scorer::new(generation, 64 * 1024);
//! let body = br#"{"id":"tx-1","transaction":{"amount":41.12,"installments":2,"requested_at":"2026-03-11T18:45:53Z"},
//!     "customer":{"avg_amount":82.24,"tx_count_24h":3,"known_merchants":["MERC-016"]},
//!     "merchant":{"id":"MERC-016","mcc":"5411","avg_amount":60.25},
//!     "terminal":{"is_online":false,"card_present":true,"km_from_home":29.23},"last_transaction":null}"#;
//! let decision = scorer.score(body)?;
//! assert_eq!((decision.approved(), decision.fraud_score()), (true, 0.4));
//!
//! let explanation = scorer.explain(body)?;
//! assert_eq!(explanation.frauds, 2);
//! assert_eq!(explanation.neighbours.map(|neighbour| neighbour.reference), [0, 1, 2, 3, 4]);
//! let amount = explanation.dimensions[Dimension::Amount as usize];
//! assert_eq!((amount.name, amount.raw, amount.quantized), ("amount", Some(41.12), 41));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod any_image;
mod explanation;
mod generation;
mod image;
mod rows;
mod scorer;
mod serial;

pub use any_image::{AnyGeneration, Contents, ImageInfo};
pub use explanation::{ExplainError, ExplainedDimension, ExplainedNeighbour, Explanation, MAX_ID_BYTES};
pub use generation::Generation;
pub use image::{ImageError, build};
pub use rows::{
    AnswerForm, Bin, Evaluation, EvaluationError, ExplainedRow, ExplainedValue, ExplainedWork, IDS_SECTION,
    LabelledNeighbour, LeftOut, MAX_ECHOED_ID_BYTES, OfK, PLAN_SECTION, Revision, RevisionError, RowAnswer,
    RowBodyError, RowExplanation, RowGeneration, RowScorer, RowWorkspace, RowsError, RowsImage, RowsInfo,
    WrittenAnswer, evaluate,
};
pub use scorer::Scorer;
