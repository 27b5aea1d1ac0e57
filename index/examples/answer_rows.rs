//! Builds an index of a table's rows, and answers another table's from it, each alone and timed: ours in `benchmarks/exact`, whose
//! README.md has the contract.
//!
//!     cargo run --release -p index --example answer_rows -- build ROWS INDEX
//!     cargo run --release -p index --example answer_rows -- query INDEX QUERIES K

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::time::Instant;

use dataset::{Matrix, TableInput, read_matrix};
use index::InstructionSet;
use index::knn::{NearestRows, RowImage, RowIndex, RowOptions};
use memmap2::MmapMut;
use space::Rows;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match &words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["build", rows, index] => build(rows, index),
        ["query", index, queries, k] => answer(index, queries, k.parse()?),
        _ => Err("usage: answer_rows build ROWS INDEX, or answer_rows query INDEX QUERIES K".into()),
    }
}

fn read(path: &str) -> Result<Matrix, Box<dyn Error>> {
    Ok(read_matrix(&TableInput::new(path), None, u64::MAX, &|_, _, _| {})?)
}

fn build(rows: &str, index: &str) -> Result<(), Box<dyn Error>> {
    let matrix = read(rows)?;
    let rows = Rows::new(matrix.columns.len(), &matrix.values)?;
    let image = RowImage::plan(rows, RowOptions::default(), &|_, _, _| {})?;
    let mut out = BufWriter::new(File::create(index)?);
    image.write(&[], &mut out)?;
    out.flush()?;
    Ok(())
}

fn answer(index: &str, queries: &str, k: usize) -> Result<(), Box<dyn Error>> {
    let image = load(index)?;
    let index = RowIndex::open(&image, InstructionSet::detect(), &|_, _, _| {})?;
    let matrix = read(queries)?;
    let mut nearest = NearestRows::with_room_for(k);
    let (mut nanoseconds, mut ids) = (Vec::new(), Vec::<Vec<u32>>::new());
    // the first pass does not count
    for is_counted in [false, true] {
        for query in matrix.values.chunks(matrix.columns.len()) {
            let begun = Instant::now();
            let found = index.search(query, k, &mut nearest)?;
            let elapsed = begun.elapsed().as_nanos();
            if is_counted {
                nanoseconds.push(elapsed);
                ids.push(found.iter().map(|found| found.row).collect());
            }
        }
    }
    let info = index.info();
    let touched_bytes = (info.searched_bytes_per_row * f64::from(info.rows)).round();
    // lists of whole numbers are printed as JSON writes them
    println!(
        r#"{{"queries": {}, "k": {k}, "nanoseconds": {nanoseconds:?}, "ids": {ids:?}, "engine": "{} {}", "touched_bytes": {touched_bytes}, "image_bytes": {}}}"#,
        nanoseconds.len(),
        info.method,
        info.kernel,
        info.bytes,
    );
    Ok(())
}

/// The whole file in memory that begins at a page, as a map of it would.
fn load(path: &str) -> Result<MmapMut, Box<dyn Error>> {
    let mut file = File::open(path)?;
    let mut image = MmapMut::map_anon(usize::try_from(file.metadata()?.len())?)?;
    file.read_exact(&mut image)?;
    Ok(image)
}
