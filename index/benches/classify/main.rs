//! Time of one answer over the official references: on every kernel, warm and cold, in small and in huge pages.
//!
//! Criterion shows means; behind them a table shows mean and 99th percentile of single calls, for what was measured.

mod calls;
mod memory;

use std::hint::black_box;
use std::time::{Duration, Instant};

use calls::Summary;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};
use dataset::{PayloadRecipe, QueryKind, References};
use index::{Index, InstructionSet, RuleSections};
use memmap2::MmapMut;
use memory::{Eviction, Pages};
use schema::{Rules, StoredRules};
use space::Point;

/// Queries between two evictions: the first pays for what all need, as the first request after a pause does.
const GROUP: usize = 8;
/// Queries of the sets that no payload made.
const DRAWN: usize = 10_000;

/// A table's row: one set, kernel and kind of pages.
struct Row {
    what: String,
    warm: Option<Summary>,
    cold: Option<Summary>,
}

fn sets(references: &References) -> Vec<(&'static str, Vec<Point>)> {
    let payloads = |recipe| dataset::payload_queries(&recipe, &|_, _, _| ());
    let drawn = |kind| dataset::draw_queries(kind, references, DRAWN, 1);
    vec![
        ("preview-1", payloads(PayloadRecipe::PREVIEW_1)),
        ("preview-2", payloads(PayloadRecipe::PREVIEW_2)),
        ("final-like", payloads(PayloadRecipe::FINAL_LIKE)),
        ("uniform", drawn(QueryKind::Uniform)),
        ("beside", drawn(QueryKind::Beside)),
    ]
}

/// So many queries one after the other.
fn run_warm<'q>(index: &Index<'_>, queries: impl Iterator<Item = &'q Point>) -> Duration {
    let started = Instant::now();
    for query in queries {
        black_box(index.classify(black_box(query)));
    }
    started.elapsed()
}

/// The same with evictions between groups, whose time does not count.
fn run_cold<'q>(index: &Index<'_>, mut queries: impl Iterator<Item = &'q Point>, eviction: &Eviction) -> Duration {
    let mut total = Duration::ZERO;
    let mut group: Vec<_> = queries.by_ref().take(GROUP).collect();
    while !group.is_empty() {
        eviction.run();
        total += run_warm(index, group.drain(..));
        group.extend(queries.by_ref().take(GROUP));
    }
    total
}

/// Whether Criterion ran it: it may have been told to leave it out.
fn bench<'q>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    id: &str,
    queries: &'q [Point],
    mut run: impl FnMut(&mut dyn Iterator<Item = &'q Point>) -> Duration,
) -> bool {
    let mut was_run = false;
    // Goes on where it was, so that samples shorter than the set differ.
    let mut endless = queries.iter().cycle();
    group.bench_function(id, |bencher| {
        was_run = true;
        bencher.iter_custom(|times| run(&mut endless.by_ref().take(times as usize)));
    });
    was_run
}

fn bench_set(
    group: &mut BenchmarkGroup<'_, WallTime>,
    (set, queries): (&str, &[Point]),
    (pages, index): (Pages, &Index<'_>),
    eviction: &Eviction,
) -> Row {
    let kernel = index.info().kernel;
    let id = |state| format!("{set}/{kernel}/{}/{state}", pages.name());
    group.sampling_mode(SamplingMode::Auto);
    let warm = bench(group, &id("warm"), queries, |some| run_warm(index, some));
    group.sampling_mode(SamplingMode::Flat);
    let cold = bench(group, &id("cold"), queries, |some| run_cold(index, some, eviction));
    Row {
        what: format!("{set} | {kernel} | {}", pages.name()),
        warm: (warm && !is_test()).then(|| calls::warm(index, queries)),
        cold: (cold && !is_test()).then(|| calls::cold(index, queries, eviction)),
    }
}

/// Criterion only looks whether everything runs.
fn is_test() -> bool {
    std::env::args().any(|argument| argument == "--test" || argument == "--list")
}

/// The index in each kind of pages that the system gives.
fn maps(image: &[u8]) -> Vec<(Pages, MmapMut)> {
    let mode = memory::huge_pages_mode().unwrap_or_else(|| "never".to_owned());
    println!("huge pages: {mode}");
    let kinds: &[Pages] = if mode == "never" { &[Pages::Small] } else { &[Pages::Small, Pages::Huge] };
    let place = |pages: &Pages| {
        let map = memory::place(image, *pages).expect("there is room for a copy of the index");
        let huge = 100.0 * memory::huge_share(&map).expect("Linux lists mappings");
        println!("{}: index of {:.1} MB, {huge:.0} % of it in huge pages", pages.name(), map.len() as f64 / 1e6);
        (*pages, map)
    };
    kinds.iter().map(place).collect()
}

fn print_table(rows: &[Row], eviction: &Eviction) {
    println!("\nns of single calls: mean, p99; each holds one reading of the clock, {:.0} ns", calls::clock_cost());
    println!("cold: {} MB read before every {GROUP} calls\n", eviction.bytes() >> 20);
    println!("| queries | kernel | pages | warm | cold |\n|---|---|---|---|---|");
    let cell = |summary: &Option<Summary>| summary.as_ref().map_or_else(String::new, Summary::to_string);
    for Row { what, warm, cold } in rows.iter().filter(|row| row.warm.is_some() || row.cold.is_some()) {
        println!("| {what} | {} | {} |", cell(warm), cell(cold));
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .nresamples(10_000)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    let references = dataset::official_references(&|_, _, _| ()).expect("the generator makes the official references");
    let StoredRules { normalization, mcc_risk } = Rules::default().encode();
    let rules = RuleSections { normalization: &normalization, mcc_risk: &mcc_risk };
    let image = index::build(&references.vectors, &references.labels, rules, &|_, _, _| ())
        .expect("the official references make an index");
    let (sets, eviction) = (sets(&references), Eviction::new());
    drop(references);

    let maps = maps(&image);
    drop(image);
    let indexes: Vec<_> = InstructionSet::available()
        .into_iter()
        .flat_map(|kernel| maps.iter().map(move |(pages, map)| (*pages, Index::open_with(map, kernel))))
        .map(|(pages, index)| (pages, index.expect("what was just built")))
        .collect();
    let mut rows = Vec::new();
    let mut group = criterion.benchmark_group("classify");
    for (set, queries) in &sets {
        for (pages, index) in &indexes {
            rows.push(bench_set(&mut group, (set, queries), (*pages, index), &eviction));
        }
    }
    group.finish();
    criterion.final_summary();
    if !is_test() {
        print_table(&rows, &eviction);
    }
}
