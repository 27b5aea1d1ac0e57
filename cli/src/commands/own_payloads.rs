//! Payloads made from rows of a table of one's own, with the answers that the exact engine over all of its rows gives.

use super::own_data::OwnRows;
use crate::cache::data::DataFolder;
use crate::cache::index_image;
use crate::console::progress::Reporter;
use anyhow::{Context, Result, ensure};
use index::knn::RowIndex;
use load_test::{Entries, Payloads, RowEntry};
use scoring::{RowGeneration, RowScorer};

/// Where rows of one's own are answered, unless a target names another path.
pub const OWN_PATH: &str = "/score";
/// Payloads where a plan does not say how many it needs, if there are as many rows.
const MOST: u64 = 50_000;
/// Answers between two lines of progress.
const TOLD_EVERY: u64 = 256;

/// As many payloads as a plan needs, or one for each row up to 50,000: in turn one of a row's own values and one between two rows,
/// from rows that are spread evenly over the table.
///
/// # Errors
///
/// What the index of the rows cannot be built or opened for.
pub fn own_payloads(rows: &OwnRows, folder: &DataFolder, needed: Option<u64>, reporter: &Reporter) -> Result<Payloads> {
    let generation = index_image::open_rows(&rows.index(folder, reporter)?)?;
    let count = needed.unwrap_or(u64::from(generation.index().shape().points).min(MOST));
    let requests = own_requests(&generation, count)?;
    let longest = requests.iter().map(String::len).max().unwrap_or(0);
    let answer_bytes = generation.answer_form().max_bytes();
    let mut scorer = RowScorer::new(generation, longest, answer_bytes);
    let mut entries = Vec::with_capacity(requests.len());
    for (number, request) in (0_u64..).zip(requests) {
        if number.is_multiple_of(TOLD_EVERY) || number + 1 == count {
            reporter.report("answering in process", number + 1, count);
        }
        scorer.read(request.as_bytes()).map_err(|error| anyhow::anyhow!("{error}")).with_context(|| {
            format!("a payload made from a row cannot be read, which is a fault of this program: {request}")
        })?;
        let answer = scorer.answer().json.to_vec();
        entries.push(RowEntry { request, answer });
    }
    Ok(Payloads { name: rows.named(), entries: Entries::Rows(entries) })
}

/// The payloads alone, `count` of them.
///
/// # Errors
///
/// The index holds no rows.
pub fn own_requests(generation: &RowGeneration, count: u64) -> Result<Vec<String>> {
    let points = u64::from(generation.index().shape().points);
    ensure!(points > 0, "the table holds no rows");
    Ok((0..count).map(|number| request(generation, points, number, count)).collect())
}

/// Payload `number` of `count`.
fn request(generation: &RowGeneration, points: u64, number: u64, count: u64) -> String {
    let place = if count > points { number % points } else { number * points / count };
    let values = values(generation.index(), place);
    if number.is_multiple_of(2) {
        return generation.plan().payload_near(&values);
    }
    let other = self::values(generation.index(), (place + points / 2) % points);
    let between: Vec<f32> = values.iter().zip(other).map(|(one, other)| one / 2.0 + other / 2.0).collect();
    generation.plan().payload_near(&between)
}

fn values(index: &RowIndex<'_>, place: u64) -> Vec<f32> {
    index.values(place as usize).to_vec()
}
