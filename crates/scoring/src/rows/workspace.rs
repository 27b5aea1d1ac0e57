//! The memory that reading, searching and answering need, of any generation.

use index::knn::{Found, NearestRows};
use schema::{BodyError, MAX_DIMENSIONS, MAX_K, PayloadReader};

use super::generation::RowGeneration;
use super::scorer_limits::MAX_ECHOED_ID_BYTES;

/// Reused memory of a reader, a search and an answer. Read and answer by the same generation.
pub struct RowWorkspace {
    reader: PayloadReader,
    nearest: NearestRows,
    query: [f32; MAX_DIMENSIONS],
    answer: Vec<u8>,
}

/// Why there is no answer to a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowBodyError<'p> {
    /// It has no vector.
    #[error("{0}")]
    Body(BodyError<'p>),
    /// Its id is too long to be repeated.
    #[error("{0}: longer than {MAX_ECHOED_ID_BYTES} bytes, and the answer repeats it")]
    IdTooLong(&'p str),
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WrittenAnswer<'a> {
    /// As JSON.
    pub json: &'a [u8],
    /// The number of the most frequent label, if rows have labels.
    pub label: Option<u8>,
    /// The nearest rows.
    pub found: &'a [Found],
}

impl RowWorkspace {
    /// `body_bytes`: the longest body; `answer_bytes`: the longest answer, in bytes, that need no more memory.
    pub fn new(body_bytes: usize, answer_bytes: usize) -> Self {
        Self {
            reader: PayloadReader::new(body_bytes),
            nearest: NearestRows::with_room_for(MAX_K),
            query: [0.0; MAX_DIMENSIONS],
            answer: Vec::with_capacity(answer_bytes),
        }
    }

    /// Reads a payload, for [`RowWorkspace::answer`] to answer.
    ///
    /// # Errors
    ///
    /// What [`PayloadReader::vectorize`] refuses; an id that is too long to be repeated.
    pub fn read<'g>(&mut self, generation: &'g RowGeneration, body: &[u8]) -> Result<(), RowBodyError<'g>> {
        let Self { reader, query, answer, .. } = self;
        let (plan, form) = (generation.plan(), generation.answer_form());
        let read = reader.read(plan, body, |payload| {
            if form.echoes_id() && payload.id.is_some_and(|id| id.len() > MAX_ECHOED_ID_BYTES) {
                return Err(RowBodyError::IdTooLong(plan.schema().payload().id.as_deref().unwrap_or_default()));
            }
            form.begin(payload.id, answer);
            let vectorized = plan.vectorize(payload.fields, &mut query[..plan.dimensions()]);
            vectorized.map_err(|error| RowBodyError::Body(BodyError::Vector(error)))
        });
        read.map_err(|error| RowBodyError::Body(BodyError::Payload(error)))?
    }

    /// Answers what was read last.
    pub fn answer(&mut self, generation: &RowGeneration) -> WrittenAnswer<'_> {
        let Self { nearest, query, answer, .. } = self;
        let (index, form) = (generation.index(), generation.answer_form());
        let found = index
            .search(&query[..generation.plan().dimensions()], form.k(), nearest)
            .expect("a plan makes finite vectors of its index, and a schema asks for 1 to 64 rows");
        let label = form.finish(index, found, answer);
        WrittenAnswer { json: answer, label, found }
    }
}
