//! `fraudring index query`: the nearest rows of vectors, and what their labels say.

use crate::cache::index_image;
use crate::console::exit::Outcome;
use crate::console::output::write_whole;
use crate::console::progress::Reporter;
use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use dataset::{SchemaRows, TableInput, read_matrix, read_schema_rows};
use index::knn::{Found, MAX_NEIGHBOURS, NearestRows, RowIndex};
use scoring::{RowAnswer, RowGeneration};
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

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
  fraudring index query mine.index --data new.csv --format csv
  fraudring index query mine.index --data new.csv --format npy --out neighbours.npy")]
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
}

/// What is written of each query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A JSON object a line
    Jsonl,
    /// A line for each neighbour: query, rank, row, id, label, distance
    Csv,
    /// A NumPy array of a row for each query, of records row, label (its number in the schema, -1 for none) and distance
    Npy,
}

/// A query's line.
#[derive(Serialize)]
struct Line<'a> {
    query: usize,
    #[serde(flatten)]
    answer: RowAnswer<'a>,
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
        match options.format {
            Format::Jsonl => {}
            Format::Csv => writeln!(out, "query,rank,row,id,label,distance")?,
            Format::Npy => {
                out.write_all(&npy_header(queries.len(), k.min(generation.index().shape().rows as usize)))?
            }
        }
        for (query, vector) in queries.clone().enumerate() {
            answer(options.format, &generation, vector, k, &mut nearest, (query, out))
                .with_context(|| format!("query {query}"))?;
        }
        Ok(())
    })?;
    Ok(Outcome::Done)
}

/// Looks one vector up, and writes what is found.
fn answer(
    format: Format,
    generation: &RowGeneration,
    vector: &[f32],
    k: usize,
    nearest: &mut NearestRows,
    (query, out): (usize, &mut dyn Write),
) -> Result<()> {
    match format {
        Format::Npy => write_npy(out, generation.index(), generation.index().search(vector, k, nearest)?),
        Format::Csv => write_csv(out, query, &generation.answer(vector, k, nearest)?),
        Format::Jsonl => {
            let answer = generation.answer(vector, k, nearest)?;
            Ok(writeln!(out, "{}", serde_json::to_string(&Line { query, answer })?)?)
        }
    }
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

fn write_csv(out: &mut dyn Write, query: usize, answer: &RowAnswer<'_>) -> Result<()> {
    for (rank, neighbour) in answer.neighbours.iter().enumerate() {
        let (id, label) = (quoted(neighbour.id), quoted(neighbour.label));
        writeln!(out, "{query},{rank},{},{id},{label},{}", neighbour.row, neighbour.distance)?;
    }
    Ok(())
}

/// What NumPy reads first: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>, version 1.
fn npy_header(queries: usize, k: usize) -> Vec<u8> {
    let records = "[('row', '<u4'), ('label', '<i2'), ('distance', '<f8')]";
    let mut text = format!("{{'descr': {records}, 'fortran_order': False, 'shape': ({queries}, {k}), }}");
    // Magic bytes, version and length take ten bytes; records begin at a multiple of 64, behind a line's end.
    while !(text.len() + 11).is_multiple_of(64) {
        text.push(' ');
    }
    text.push('\n');
    let length = u16::try_from(text.len()).expect("the longest numbers fit a few hundred bytes");
    [&b"\x93NUMPY\x01\x00"[..], &length.to_le_bytes(), text.as_bytes()].concat()
}

fn write_npy(out: &mut dyn Write, index: &RowIndex<'_>, found: &[Found]) -> Result<()> {
    for Found { row, distance, .. } in found {
        let label = index.label(*row).map_or(-1, i16::from);
        out.write_all(&row.to_le_bytes())?;
        out.write_all(&label.to_le_bytes())?;
        out.write_all(&distance.to_le_bytes())?;
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
