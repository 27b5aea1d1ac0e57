//! Searches among 1,000,000 rows, single queries, k = 10: mean and p99 in microseconds, by method and kernel, and what was chosen.
//!
//!     taskset -c 1 cargo bench -p index --bench rows              # -- uniform-9 avx2 for a part
//!
//! Rows and queries are drawn alike; queries are not among the rows.

#![allow(clippy::unwrap_used, reason = "a bench that fails says where")]

use std::time::Instant;

use index::InstructionSet;
use index::knn::{Choice, Method, NearestRows, RowImage, RowIndex, RowOptions};
use space::Rows;
use testkit::random::Random;

const ROWS: usize = 1_000_000;
const QUERIES: usize = 1_000;
const NEIGHBOURS: usize = 10;
/// All queries are searched so often, and of each the shortest time counts: other work on the machine is not what is measured.
const PASSES: usize = 5;

/// Name, dimensions, and how a row is drawn.
type Set = (&'static str, usize, fn(&mut Random, usize) -> Vec<f32>);

const SETS: [Set; 5] = [
    ("uniform-9", 9, uniform),
    ("clustered-9", 9, clustered),
    ("heavy-tailed-9", 9, heavy_tailed),
    ("clustered-32", 32, clustered),
    ("uniform-32", 32, uniform),
];

fn unit(random: &mut Random) -> f32 {
    (random.next() >> 40) as f32 / (1u64 << 24) as f32
}

/// Of the standard normal distribution, by Box and Muller.
fn normal(random: &mut Random) -> f32 {
    let (radius, angle) = ((-2.0 * (1.0 - unit(random)).ln()).sqrt(), std::f32::consts::TAU * unit(random));
    radius * angle.cos()
}

fn uniform(random: &mut Random, dimensions: usize) -> Vec<f32> {
    (0..dimensions).map(|_| unit(random)).collect()
}

/// Around one of 200 middles, which are uniform, with a deviation of 0.05.
fn clustered(random: &mut Random, dimensions: usize) -> Vec<f32> {
    let mut middle = Random(1_000_000 + random.below(200) as u64);
    (0..dimensions).map(|_| unit(&mut middle) + 0.05 * normal(random)).collect()
}

/// Lognormal, with one dimension of integers and one of flags.
fn heavy_tailed(random: &mut Random, dimensions: usize) -> Vec<f32> {
    let value = |dimension| match dimension {
        7 => (10.0 * unit(random)).floor(),
        8 => unit(random).round(),
        _ => (1.5 * normal(random)).exp(),
    };
    (0..dimensions).map(value).collect()
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let is_wanted = |names: &[&str]| wanted.iter().all(|word| names.iter().any(|name| name == word));
    for (name, dimensions, draw) in SETS {
        let mut named = wanted.iter().filter(|word| SETS.iter().any(|(set, ..)| set == word)).peekable();
        if named.peek().is_some() && !named.any(|word| word == name) {
            continue;
        }
        let mut random = Random(7);
        let values: Vec<f32> = (0..ROWS).flat_map(|_| draw(&mut random, dimensions)).collect();
        let queries: Vec<f32> = (0..QUERIES).flat_map(|_| draw(&mut random, dimensions)).collect();
        let rows = Rows::new(dimensions, &values).unwrap();
        let begun = Instant::now();
        let chosen = RowImage::plan(rows, RowOptions::default(), &|_, _, _| {}).unwrap();
        println!("{name}: {} planned in {:.1} s", chosen.choice().method.name(), begun.elapsed().as_secs_f64());
        print_estimates(chosen.choice());
        drop(chosen);
        for method in Method::ALL {
            if is_wanted(&[name, method.name(), "avx2", "avx512", "scalar", "neon"]) {
                measure(rows, &queries, method, &is_wanted, name);
            }
        }
    }
}

fn print_estimates(choice: &Choice) {
    for estimate in &choice.estimates {
        let (name, microseconds) = (estimate.method.name(), estimate.nanoseconds / 1e3);
        let (compared, measured) = (100.0 * estimate.compared, estimate.measured);
        println!("  estimated {name:<12} {microseconds:9.1} us, {compared:.1} % compared, {measured:.0} measured");
    }
}

fn measure(rows: Rows<'_>, queries: &[f32], method: Method, is_wanted: &dyn Fn(&[&str]) -> bool, name: &str) {
    let begun = Instant::now();
    let image =
        RowImage::plan(rows, RowOptions { method: Some(method), ..RowOptions::default() }, &|_, _, _| {}).unwrap();
    let mut bytes = Vec::with_capacity(image.bytes(&[]) as usize);
    image.write(&[], &mut bytes).unwrap();
    let built = begun.elapsed().as_secs_f64();
    for kernel in InstructionSet::available() {
        if kernel.name() == "scalar" || !is_wanted(&[name, method.name(), kernel.name()]) {
            continue;
        }
        let index = RowIndex::open_verified(&bytes, kernel).unwrap();
        let mut nearest = NearestRows::with_room_for(NEIGHBOURS);
        let (mut times, mut blocks, mut measured) = (vec![f64::INFINITY; QUERIES], 0, 0);
        for _ in 0..PASSES {
            (blocks, measured) = (0, 0);
            for (query, time) in queries.chunks(rows.dimensions()).zip(&mut times) {
                let begun = Instant::now();
                index.search(query, NEIGHBOURS, &mut nearest).unwrap();
                *time = time.min(begun.elapsed().as_nanos() as f64 / 1e3);
                blocks += nearest.work().blocks as usize;
                measured += nearest.work().measured as usize;
            }
        }
        times.sort_unstable_by(f64::total_cmp);
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        println!(
            "  {:<12} {:<7} mean {mean:8.1} us, p50 {:8.1}, p99 {:8.1}; {} blocks, {} measured; {:.1} + {:.1} bytes a row, built in {built:.1} s",
            method.name(),
            kernel.name(),
            times[times.len() / 2],
            times[times.len() * 99 / 100],
            blocks / QUERIES,
            measured / QUERIES,
            index.info().searched_bytes_per_row,
            index.info().bytes_per_row - index.info().searched_bytes_per_row,
        );
    }
}
