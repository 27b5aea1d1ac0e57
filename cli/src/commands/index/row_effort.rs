//! `fraudring index effort` for rows of a schema.

use crate::console::progress::{Reporter, thousands};
use anyhow::{Context, Result, ensure};
use dataset::{Points, QueryKind, draw_row_queries};
use index::knn::{Counted, NearestRows, RowIndex, SearchWork};
use rayon::prelude::*;
use scoring::RowGeneration;
use serde::Serialize;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// Queries of one task.
const CHUNK: usize = 1024;

/// What is printed; its JSON has these keys.
#[derive(Serialize)]
pub struct RowEffort {
    index: String,
    rows: u32,
    points: u32,
    k: usize,
    method: &'static str,
    kernel: &'static str,
    seed: u64,
    /// A row for each kind of queries.
    kinds: Vec<Kind>,
    most: Most,
}

/// What searches of one kind of queries looked at.
#[derive(Serialize)]
struct Kind {
    name: &'static str,
    queries: u64,
    /// Queries whose labels were told by a proof, without the nearest rows.
    proved: u64,
    nodes: Cost,
    blocks: Cost,
    measured: Cost,
}

#[derive(Serialize)]
struct Cost {
    mean: f64,
    max: u32,
}

/// The query for which most blocks were compared.
#[derive(Serialize)]
struct Most {
    kind: &'static str,
    query: Vec<f32>,
    blocks: u32,
    measured: u32,
}

/// Sums over some queries of one kind.
#[derive(Default)]
struct Measured {
    queries: u64,
    proved: u64,
    sums: [u64; 3],
    maxima: [u32; 3],
    most: Option<(SearchWork, Vec<f32>)>,
}

/// The points of an index, for queries to be drawn from.
struct IndexPoints<'i>(&'i RowIndex<'i>);

impl Points for IndexPoints<'_> {
    fn count(&self) -> u32 {
        self.0.shape().points
    }

    fn values(&self, point: u32) -> Vec<f32> {
        self.0.values(point as usize).to_vec()
    }

    fn bounds(&self) -> Vec<(f32, f32)> {
        self.0.dimensions().iter().map(|dimension| (dimension.lower, dimension.upper)).collect()
    }
}

/// Draws `count` queries of each kind (all that rows have if none is named) and searches for them.
pub fn measure(
    (name, generation): (String, &RowGeneration),
    named: &[QueryKind],
    (count, seed): (u64, u64),
    reporter: &Reporter,
) -> Result<RowEffort> {
    let kinds = if named.is_empty() { &QueryKind::OF_ROWS[..] } else { named };
    if let Some(kind) = kinds.iter().find(|kind| !QueryKind::OF_ROWS.contains(kind)) {
        let there = QueryKind::OF_ROWS.map(QueryKind::name).join(", ");
        anyhow::bail!("--queries {}: only the contest's vectors have these; for rows there are {there}", kind.name());
    }
    let (index, k) = (generation.index(), generation.plan().schema().k());
    ensure!(index.shape().points > 0, "the index holds no rows");
    let (done, total) = (AtomicU64::new(0), count * kinds.len() as u64);
    let progress = |more| reporter.report("searching", done.fetch_add(more, Ordering::Relaxed) + more, total);
    let mut measured = Vec::with_capacity(kinds.len());
    for kind in kinds {
        let queries = draw_row_queries(*kind, &IndexPoints(index), usize::try_from(count).unwrap_or(usize::MAX), seed);
        measured.push((kind.name(), measure_queries(index, k, &queries, &progress)?));
    }
    let most = measured.iter().filter_map(|(kind, sums)| Some(Most::of(kind, sums.most.as_ref()?)));
    // of equal ones the first
    let most = most.reduce(|most, other| if other.blocks > most.blocks { other } else { most });
    let info = index.info();
    Ok(RowEffort {
        index: name,
        rows: info.rows,
        points: info.points,
        k,
        method: info.method,
        kernel: info.kernel,
        seed,
        most: most.context("no kind of queries was named")?,
        kinds: measured.into_iter().map(|(kind, sums)| sums.show(kind)).collect(),
    })
}

/// On all cores. Pieces are put together in their order, so that the result does not depend on how many there are.
fn measure_queries(
    index: &RowIndex<'_>,
    k: usize,
    queries: &[Vec<f32>],
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Measured> {
    let pieces: Vec<Measured> = queries
        .par_chunks(CHUNK)
        .map(|queries| {
            let (mut measured, mut nearest) = (Measured::default(), NearestRows::with_room_for(k));
            let mut counts = vec![0; index.shape().labels as usize];
            for query in queries {
                measured.add(index, query, k, &mut nearest, &mut counts)?;
            }
            progress(queries.len() as u64);
            Ok(measured)
        })
        .collect::<Result<_>>()?;
    Ok(pieces.into_iter().fold(Measured::default(), Measured::merge))
}

impl Measured {
    fn add(
        &mut self,
        index: &RowIndex<'_>,
        query: &[f32],
        k: usize,
        nearest: &mut NearestRows,
        counts: &mut [u32],
    ) -> Result<()> {
        if !counts.is_empty() {
            self.proved += u64::from(index.count_labels(query, k, nearest, counts)? == Counted::Proved);
        }
        index.search(query, k, nearest)?;
        let work = nearest.work();
        let one = [work.nodes, work.blocks, work.measured];
        *self = std::mem::take(self).merge(Self {
            queries: 1,
            sums: one.map(u64::from),
            maxima: one,
            most: Some((work, query.to_vec())),
            ..Self::default()
        });
        Ok(())
    }

    fn merge(mut self, other: Self) -> Self {
        self.queries += other.queries;
        self.proved += other.proved;
        for place in 0..self.sums.len() {
            self.sums[place] += other.sums[place];
            self.maxima[place] = self.maxima[place].max(other.maxima[place]);
        }
        let blocks = |most: &Option<(SearchWork, Vec<f32>)>| most.as_ref().map(|(work, _)| work.blocks);
        if blocks(&other.most) > blocks(&self.most) {
            self.most = other.most;
        }
        self
    }

    fn show(&self, name: &'static str) -> Kind {
        let cost = |place: usize| Cost {
            mean: (self.sums[place] as f64 / self.queries.max(1) as f64 * 100.0).round() / 100.0,
            max: self.maxima[place],
        };
        let [nodes, blocks, measured] = [0, 1, 2].map(cost);
        Kind { name, queries: self.queries, proved: self.proved, nodes, blocks, measured }
    }
}

impl Most {
    fn of(kind: &'static str, (work, query): &(SearchWork, Vec<f32>)) -> Self {
        Self { kind, query: query.clone(), blocks: work.blocks, measured: work.measured }
    }
}

impl RowEffort {
    /// A table for people.
    ///
    /// # Errors
    ///
    /// None that can happen: text takes what is written.
    pub fn text(&self) -> Result<String> {
        let Self { index, rows, points, k, method, kernel, seed, kinds, most } = self;
        let mut text = String::new();
        let (rows, points) = (thousands(u64::from(*rows)), thousands(u64::from(*points)));
        writeln!(
            text,
            "{index}: {rows} rows, {points} points, {method}, kernel {kernel}, k {k}, queries of seed {seed}"
        )?;
        writeln!(
            text,
            "  looked at by searches for the nearest rows, mean and most; proved: labels told without them"
        )?;
        writeln!(
            text,
            "    {:<10} {:>9} {:>9} {:>16} {:>16} {:>16}",
            "", "queries", "proved", "nodes", "blocks", "measured"
        )?;
        for Kind { name, queries, proved, nodes, blocks, measured } in kinds {
            write!(text, "    {name:<10} {queries:>9} {proved:>9}")?;
            for Cost { mean, max } in [nodes, blocks, measured] {
                write!(text, " {mean:>9.1} {max:>6}")?;
            }
            writeln!(text)?;
        }
        let Most { kind, query, blocks, measured } = most;
        let (blocks, measured) = (thousands(u64::from(*blocks)), thousands(u64::from(*measured)));
        writeln!(text, "  most for one query: {blocks} blocks compared, {measured} points measured")?;
        write!(text, "    {kind}, {query:?}")?;
        Ok(text)
    }
}
