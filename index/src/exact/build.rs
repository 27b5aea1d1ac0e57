//! Partitions space into blocks of near points and writes them as an image.
//!
//! Five steps, each with a file: [`query_model`] predicts what queries look at, [`partition`] orders the points by recursive
//! splits ([`split_plane`]) so that every 16 neighbours in memory are neighbours in space, [`pack`] makes leaves and 16-way
//! nodes of the splits, [`pairing`] finds the order of dimensions in which blocks take the fewest bytes, [`write`] lays
//! everything out as bytes. [`labelled_point`] is what they all move around.
//!
//! Twice: a *sample* of the references gets a tree of its own, small enough for a core's second-level cache. Most answers
//! can be proved from it.

mod labelled_point;
mod pack;
mod pairing;
mod partition;
mod query_model;
mod split_plane;
mod write;

use labelled_point::LabelledPoint;
use query_model::Ball;
use space::{Label, NEIGHBOURS, Point, Progress};

use crate::format::{MAX_REFERENCES, RuleSections, SectionKind};

/// Why no index could be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// Fewer references than neighbours asked for.
    #[error("{0} references: at least 5 are needed, or there are no 5 nearest")]
    TooFewReferences(usize),
    /// More references than a tag can name.
    #[error("{0} references: an index holds at most 2147483647")]
    TooManyReferences(usize),
    /// The two slices are not parallel.
    #[error("{vectors} vectors, but {labels} labels")]
    LengthsDiffer {
        /// Vectors given.
        vectors: usize,
        /// Labels given.
        labels: usize,
    },
    /// A section of the rules that no reader would accept.
    #[error("the rules' section {section} must have {required} bytes, not {bytes}")]
    RuleSection {
        /// Its name.
        section: &'static str,
        /// Bytes given.
        bytes: usize,
        /// Bytes that it can have.
        required: &'static str,
    },
}

/// Builds an image: the bytes that [`Index::open`](crate::Index::open) takes, docs/FORMAT.md describes.
///
/// `vectors` and `labels` are parallel; a reference's number is its position in them. The same input gives the same
/// bytes, whatever the number of threads. `rules` are stored as they are. Peak memory is about 100 bytes a reference beside the image.
///
/// # Errors
///
/// If the input is too short, too long or not parallel, or readers would refuse the length of a section of the rules.
pub fn build(
    vectors: &[Point],
    labels: &[Label],
    rules: RuleSections<'_>,
    progress: &Progress<'_>,
) -> Result<Vec<u8>, BuildError> {
    if vectors.len() != labels.len() {
        return Err(BuildError::LengthsDiffer { vectors: vectors.len(), labels: labels.len() });
    }
    if vectors.len() < NEIGHBOURS {
        return Err(BuildError::TooFewReferences(vectors.len()));
    }
    if vectors.len() > MAX_REFERENCES as usize {
        return Err(BuildError::TooManyReferences(vectors.len()));
    }
    check_lengths(rules)?;
    let step = (vectors.len() / SAMPLE_LEAST).clamp(1, SAMPLE_STEP);
    let sampled = (0..vectors.len()).step_by(step);
    let rest = (0..vectors.len()).filter(|reference| !reference.is_multiple_of(step));
    let balls = balls_around(&at(vectors, sampled.clone()), &at(labels, sampled.clone()), rules)?;
    let mut points = Vec::with_capacity(vectors.len());
    let point = |reference: usize| LabelledPoint::new(reference, &vectors[reference], labels[reference]);
    points.extend(sampled.clone().chain(rest).map(point));
    let (head, tail) = points.split_at_mut(sampled.len());
    let trees = write::Roots {
        sample: pack::pack(&partition::partition(head, 0, &[], "sample", progress)),
        rest: (!tail.is_empty())
            .then(|| pack::pack(&partition::partition(tail, sampled.len(), &balls, "split", progress))),
    };
    let order = pairing::choose(&trees, &points);
    Ok(write::write(&trees, &points, order, rules, progress))
}

/// The lengths that readers require of the two sections.
fn check_lengths(rules: RuleSections<'_>) -> Result<(), BuildError> {
    let element_bytes = |kind: SectionKind| kind.element_bytes() as usize;
    let refuse =
        |kind: SectionKind, bytes, required| Err(BuildError::RuleSection { section: kind.name(), bytes, required });
    match (rules.normalization.len(), rules.mcc_risk.len()) {
        (bytes, _) if bytes != element_bytes(SectionKind::Normalization) => {
            refuse(SectionKind::Normalization, bytes, "56")
        }
        (_, bytes) if !bytes.is_multiple_of(element_bytes(SectionKind::MccRisk)) => {
            refuse(SectionKind::MccRisk, bytes, "a multiple of 16")
        }
        _ => Ok(()),
    }
}

/// One reference of so many is in the sample. From 32 to 128 the speed differs by 15 %: a larger sample proves more but leaves
/// the cache, a smaller one proves less.
const SAMPLE_STEP: usize = 96;
/// Small sets are sampled more densely, so that the sample has a full block.
const SAMPLE_LEAST: usize = 16;

/// The query model, made with an index of the sampled references alone; empty if they are few.
fn balls_around(vectors: &[Point], labels: &[Label], rules: RuleSections<'_>) -> Result<Vec<Ball>, BuildError> {
    if vectors.len() < query_model::POINTS_LEAST {
        return Ok(Vec::new());
    }
    Ok(query_model::balls(vectors, &build(vectors, labels, rules, &|_, _, _| ())?))
}

/// Those of some references.
fn at<T: Copy>(all: &[T], references: impl Iterator<Item = usize>) -> Vec<T> {
    references.map(|reference| all[reference]).collect()
}
