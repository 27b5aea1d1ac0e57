//! What equal references cost: counted in the index, measured where it runs.

use crate::console::progress::{Reporter, thousands};
use anyhow::Result;
use index::{EqualGroup, Index};
use serde::Serialize;
use space::Point;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// From so many blocks on, a search takes about 50 times as long as most do.
const WARN_FROM_BLOCKS: u32 = 100;
/// Searches that are timed; the fastest counts, as the others were disturbed.
const SEARCHES: usize = 5;

/// The references with equal vectors; its JSON has these keys and those of [`index::EqualPoints`].
#[derive(Serialize)]
pub struct EqualPoints {
    #[serde(flatten)]
    counted: index::EqualPoints,
    /// How long finding the five nearest in the largest group took.
    #[serde(skip_serializing_if = "Option::is_none")]
    search_us: Option<f64>,
}

impl EqualPoints {
    /// Counts, and searches the largest group.
    pub fn of(index: &Index<'_>) -> Result<Self> {
        let counted = index.equal_points();
        let search_us = match &counted.largest {
            Some(largest) => Some(search_us(index, &Point::new(largest.vector)?)),
            None => None,
        };
        Ok(Self { counted, search_us })
    }

    /// One line or two of `index info`, each with its end.
    pub fn describe(&self, text: &mut String) -> Result<()> {
        let index::EqualPoints { groups, references, largest } = &self.counted;
        let unit = if *groups == 1 { "group" } else { "groups" };
        let (groups, references) = (thousands(u64::from(*groups)), thousands(u64::from(*references)));
        writeln!(text, "equal points     {references} references in {groups} {unit}")?;
        if let (Some(largest), Some(search_us)) = (largest, self.search_us) {
            let EqualGroup { references, fraud, blocks, .. } = largest;
            writeln!(
                text,
                "  largest        {} ({} legit, {} fraud) in {} blocks; the five nearest among them took {search_us:.1} us",
                thousands(u64::from(*references)),
                thousands(u64::from(references - fraud)),
                thousands(u64::from(*fraud)),
                thousands(u64::from(*blocks)),
            )?;
        }
        Ok(())
    }

    /// Says what is slow and what to do, if something is.
    pub fn warn(&self, reporter: &Reporter) {
        if let (Some(largest), Some(search_us)) = (&self.counted.largest, self.search_us)
            && largest.blocks >= WARN_FROM_BLOCKS
        {
            reporter.note(&format!(
                "warning: {} references are equal. A search that ends among them looks at all {} blocks that hold them, \
                 {search_us:.0} us here.\n  Only the first five of equal references can decide: leave the others out of \
                 the file, and no answer changes",
                thousands(u64::from(largest.references)),
                thousands(u64::from(largest.blocks)),
            ));
        }
    }
}

fn search_us(index: &Index<'_>, query: &Point) -> f64 {
    let search = |_| {
        let started = Instant::now();
        black_box(index.neighbours(black_box(query)));
        started.elapsed()
    };
    let fastest = (0..SEARCHES).map(search).min().unwrap_or(Duration::ZERO);
    (fastest.as_secs_f64() * 1e8).round() / 100.0
}
