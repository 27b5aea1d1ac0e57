//! `fraudring index query`: the nearest rows of vectors, and what their labels say.

use crate::cache::index_image;
use crate::console::exit::Outcome;
use crate::console::output::write_whole;
use crate::console::progress::Reporter;
use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use dataset::{SchemaRows, TableInput, read_matrix, read_schema_rows};
use index::knn::{MAX_NEIGHBOURS, NearestRows};
use scoring::{RowAnswer, RowGeneration};
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

/// Most bytes of vectors that are looked up at once.
const VECTOR_BYTES: u64 = 4_000_000_000;

/// Options of `index query`.
#[derive(Args, Debug)]
#[command(after_help = "\
Each query is a line, in the order read:
  {\"query\":0,\"neighbours\":[{\"row\":12,\"id\":\"r-12\",\"label\":\"ok\",\"distance\":0.0123}],\"label\":\"ok\",\"shares\":{\"ok\":1.0}}
A distance is squared, of the values given; rows count from 0 in the order in which the index was built of them.

Examples:
  fraudring index query mine.index --vectors queries.npy -k 15
  fraudring index query mine.index --data new.csv --format csv")]
pub struct Options {
    /// The index file, built by `index build --schema`
    #[arg(value_name = "FILE")]
    index: PathBuf,
    /// Vectors as the index holds them, a column for each dimension: npy, npz, CSV, Parquet, …; `-` is stdin
    #[arg(long, value_name = "FILE|-", conflicts_with = "data", required_unless_present = "data")]
    vectors: Option<PathBuf>,
    /// Rows as the index was built of, which its schema makes vectors of; `-` is stdin
    #[arg(long, value_name = "FILE|-")]
    data: Option<PathBuf>,
    /// Neighbours, 1 to 1000 [default: the schema's]
    #[arg(short, value_name = "K")]
    k: Option<usize>,
    /// What is written
    #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
    format: Format,
    /// File to write
    #[arg(long, value_name = "FILE|-", default_value = "-")]
    out: PathBuf,
    /// Write one JSON document with the time of each search in nanoseconds and the rows found, for comparisons
    #[arg(long, conflicts_with = "format")]
    times: bool,
}

/// What is written of each query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A JSON object a line
    Jsonl,
    /// A line for each neighbour: query, rank, row, id, label, distance
    Csv,
}

/// A query's line.
#[derive(Serialize)]
struct Line<'a> {
    query: usize,
    #[serde(flatten)]
    answer: RowAnswer<'a>,
}

/// What `--times` writes.
#[derive(Serialize)]
struct Times {
    queries: usize,
    k: usize,
    nanoseconds: Vec<u64>,
    ids: Vec<Vec<u32>>,
}

/// Looks all vectors up.
pub fn run(options: &Options) -> Result<Outcome> {
    let generation = index_image::open_rows(&options.index)?;
    let k = options.k.unwrap_or(generation.plan().schema().k());
    ensure!((1..=MAX_NEIGHBOURS).contains(&k), "-k is {k}: it must be from 1 to {MAX_NEIGHBOURS}");
    let vectors = vectors(options, &generation)?;
    let queries = vectors.chunks_exact(generation.plan().dimensions());
    let mut nearest = NearestRows::with_room_for(k);
    write_whole(&options.out, |out| {
        if options.times {
            let times = time(&generation, queries.clone(), k, &mut nearest)?;
            return Ok(writeln!(out, "{}", serde_json::to_string(&times)?)?);
        }
        if options.format == Format::Csv {
            writeln!(out, "query,rank,row,id,label,distance")?;
        }
        for (query, vector) in queries.clone().enumerate() {
            let answer = generation.answer(vector, k, &mut nearest).with_context(|| format!("query {query}"))?;
            match options.format {
                Format::Jsonl => writeln!(out, "{}", serde_json::to_string(&Line { query, answer })?)?,
                Format::Csv => write_csv(out, query, &answer)?,
            }
        }
        Ok(())
    })?;
    Ok(Outcome::Done)
}

/// The vectors to look up, one behind the other.
fn vectors(options: &Options, generation: &RowGeneration) -> Result<Vec<f32>> {
    let (reporter, dimensions) = (Reporter::stderr(), generation.plan().dimensions());
    let report = |phase, done, total| reporter.report(phase, done, total);
    if let Some(data) = &options.data {
        let plan = generation.plan().clone().without_labels();
        let SchemaRows { values, .. } = read_schema_rows(&TableInput::new(data), plan, VECTOR_BYTES, &report)
            .with_context(|| format!("reading {}", command_line::input_name(data)))?;
        return Ok(values);
    }
    let path = options.vectors.as_deref().context("--vectors FILE is missing")?;
    let matrix = read_matrix(&TableInput::new(path), None, VECTOR_BYTES, &report)
        .with_context(|| format!("reading {}", command_line::input_name(path)))?;
    let columns = matrix.columns.len();
    ensure!(
        columns == dimensions,
        "{} has {columns} columns of numbers, the index {dimensions} dimensions; rows as the index was built of go by --data",
        command_line::input_name(path)
    );
    Ok(matrix.values)
}

/// Each search alone, timed; a first pass over all does not count.
fn time<'q>(
    generation: &RowGeneration,
    queries: impl ExactSizeIterator<Item = &'q [f32]> + Clone,
    k: usize,
    nearest: &mut NearestRows,
) -> Result<Times> {
    let mut times = Times { queries: queries.len(), k, nanoseconds: Vec::new(), ids: Vec::new() };
    for is_counted in [false, true] {
        for vector in queries.clone() {
            let begun = Instant::now();
            let found = generation.index().search(vector, k, nearest)?;
            let elapsed = begun.elapsed();
            if is_counted {
                times.nanoseconds.push(elapsed.as_nanos() as u64);
                times.ids.push(found.iter().map(|found| found.row).collect());
            }
        }
    }
    Ok(times)
}

fn write_csv(out: &mut dyn Write, query: usize, answer: &RowAnswer<'_>) -> Result<()> {
    for (rank, neighbour) in answer.neighbours.iter().enumerate() {
        let (id, label) = (quoted(neighbour.id), quoted(neighbour.label));
        writeln!(out, "{query},{rank},{},{id},{label},{}", neighbour.row, neighbour.distance)?;
    }
    Ok(())
}

/// A cell: quoted if it holds what separates cells.
fn quoted(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_if_it_must_be() {
        assert_eq!(quoted(Some("r-12")), "r-12");
        assert_eq!(quoted(Some("a,\"b\"")), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted(None), "");
    }
}
