//! Why a decision is what it is.

use schema::{Dimension, PayloadError};
use serde::Serialize;
use space::{DIMENSIONS, Label, NEIGHBOURS, Neighbour, Point, SCALE};

use crate::generation::Generation;

/// A decision and what led to it; serialized, it is what `fraudring index neighbours --json` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// Whether the transaction is approved.
    pub approved: bool,
    /// Share of frauds among the neighbours, 0..=1.
    pub fraud_score: f64,
    /// Frauds among the neighbours.
    pub frauds: u8,
    /// The vector's values, -1..=1, in the order of [`Dimension::ALL`].
    pub vector: [f64; DIMENSIONS],
    /// The nearest references, nearest first, ties by the lower reference.
    pub neighbours: [ExplainedNeighbour; NEIGHBOURS],
}

/// One of the nearest references.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ExplainedNeighbour {
    /// Position in the references, counted from 0.
    pub reference: u32,
    /// Euclidean, in units of the vector.
    pub distance: f64,
    /// Squared, in units of 1e-8: exact.
    pub squared_distance: u64,
    /// `legit` or `fraud`.
    pub label: &'static str,
}

/// Why there is no explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// The payload is at fault.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The engine is: its two searches contradict each other.
    #[error("the engine answers {frauds} frauds, its neighbours hold {listed}: please report this payload")]
    Contradiction {
        /// What it decides by.
        frauds: u8,
        /// Frauds among the neighbours that it lists.
        listed: usize,
    },
}

impl Explanation {
    /// Explains the decision about a vector. Allocates nothing.
    ///
    /// # Errors
    ///
    /// [`ExplainError::Contradiction`] if the neighbours do not explain the decision, which would be a fault of the engine.
    pub fn of(generation: &Generation, query: &Point) -> Result<Self, ExplainError> {
        let decision = generation.decide(query);
        let neighbours = generation.index().neighbours(query);
        let listed = neighbours.iter().filter(|neighbour| neighbour.label == Label::Fraud).count();
        if listed != usize::from(decision.frauds()) {
            return Err(ExplainError::Contradiction { frauds: decision.frauds(), listed });
        }
        Ok(Self {
            approved: decision.approved(),
            fraud_score: decision.fraud_score(),
            frauds: decision.frauds(),
            vector: query.values().map(|value| f64::from(value) / f64::from(SCALE)),
            neighbours: neighbours.map(ExplainedNeighbour::from),
        })
    }

    /// The vector by dimension.
    pub fn dimensions(&self) -> impl Iterator<Item = (Dimension, f64)> {
        Dimension::ALL.into_iter().zip(self.vector)
    }
}

impl From<Neighbour> for ExplainedNeighbour {
    fn from(Neighbour { reference, distance, label }: Neighbour) -> Self {
        Self {
            reference,
            distance: (distance as f64).sqrt() / f64::from(SCALE),
            squared_distance: distance,
            label: label.name(),
        }
    }
}
