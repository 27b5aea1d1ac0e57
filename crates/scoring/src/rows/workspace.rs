//! The memory that reading, searching and answering need, of any generation.

use index::knn::NearestRows;
use schema::{BodyError, MAX_DIMENSIONS, MAX_K, MAX_LABELS, PayloadReader};

use super::answer_form::MAX_ECHOED_ID_BYTES;
use super::generation::RowGeneration;

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

    /// Answers what was read last. Where no neighbours are listed, their labels are counted, for which they need not be found.
    pub fn answer(&mut self, generation: &RowGeneration) -> WrittenAnswer<'_> {
        const SOUND: &str = "a plan makes finite vectors of its index, and a schema asks for 1 to 64 rows";
        let Self { nearest, query, answer, .. } = self;
        let (index, form) = (generation.index(), generation.answer_form());
        let query = &query[..generation.plan().dimensions()];
        let mut counts = [0; MAX_LABELS];
        let counts = &mut counts[..index.shape().labels as usize];
        let found = if form.lists_neighbours() {
            let found = index.search(query, form.k(), nearest).expect(SOUND);
            found.iter().filter_map(|found| index.label(found.row)).for_each(|label| counts[usize::from(label)] += 1);
            found
        } else {
            index.count_labels(query, form.k(), nearest, counts).expect(SOUND);
            &[]
        };
        let label = form.finish(index, counts, found, answer);
        WrittenAnswer { json: answer, label }
    }
}
