//! `fraudring index info`: what an index file holds, after a check of all of it.

use super::equal_points::EqualPoints;
use crate::cache::index_image;
use crate::console::exit::Outcome;
use crate::console::output::print_line;
use crate::console::progress::{Reporter, thousands};
use anyhow::Result;
use clap::Args;
use index::Info;
use scoring::{AnyGeneration, RowGeneration, RowsInfo};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Options of `index info`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  fraudring index info official.index --json")]
pub struct Options {
    /// The index file
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `info --json` prints.
#[derive(Serialize)]
struct Described {
    #[serde(flatten)]
    info: Info,
    equal_points: EqualPoints,
}

/// Checks the file and describes it.
pub fn run(options: &Options) -> Result<Outcome> {
    let generation = match index_image::open_any(&options.file)? {
        AnyGeneration::References(references) => references,
        AnyGeneration::Rows(rows) => return of_rows(options, &rows),
    };
    let index = generation.index();
    let (info, equal_points) = (index.info(), EqualPoints::of(index)?);
    equal_points.warn(&Reporter::stderr());
    let text = if options.json {
        serde_json::to_string_pretty(&Described { info, equal_points })?
    } else {
        described(&info, &equal_points)?
    };
    print_line(text.trim_end())?;
    Ok(Outcome::Done)
}

fn of_rows(options: &Options, rows: &RowGeneration) -> Result<Outcome> {
    let described = rows.info();
    if options.json {
        print_line(&serde_json::to_string_pretty(&described)?)?;
        return Ok(Outcome::Done);
    }
    let RowsInfo { index: info, schema, fingerprint, k, label_names } = described;
    let mut text = String::new();
    writeln!(text, "format version   {}", info.version)?;
    writeln!(text, "checksum         {}", info.checksum)?;
    writeln!(text, "schema           {schema}, {fingerprint}, k {k}")?;
    writeln!(text, "bytes            {} ({:.2} a row)", thousands(info.bytes), info.bytes_per_row)?;
    writeln!(text, "searched         {:.2} bytes a row", info.searched_bytes_per_row)?;
    writeln!(text, "rows             {}", thousands(u64::from(info.rows)))?;
    writeln!(text, "points           {}, rows without their copies", thousands(u64::from(info.points)))?;
    writeln!(text, "vector           {} dimensions", info.dimensions)?;
    let names = if label_names.is_empty() { "none".to_owned() } else { label_names.join(", ") };
    writeln!(text, "labels           {names}")?;
    writeln!(text, "method           {}", info.method)?;
    let rounding = if info.grid_is_truth { "the grid is the truth" } else { "made good by the values given" };
    writeln!(text, "rounding         at most {:.3e}, {rounding}", info.rounding)?;
    writeln!(text, "kernel here      {}", info.kernel)?;
    print_line(text.trim_end())?;
    Ok(Outcome::Done)
}

fn described(info: &Info, equal_points: &EqualPoints) -> Result<String> {
    let mut text = String::new();
    writeln!(text, "format version   {}", info.version)?;
    writeln!(text, "checksum         {}", info.checksum)?;
    writeln!(text, "bytes            {} ({:.2} a vector)", thousands(info.bytes), info.bytes_per_vector)?;
    writeln!(
        text,
        "references       {} ({} legit, {} fraud)",
        thousands(u64::from(info.references)),
        thousands(u64::from(info.legit)),
        thousands(u64::from(info.fraud))
    )?;
    writeln!(text, "vector           {} dimensions, 1.0 stored as {}", info.dimensions, info.scale)?;
    writeln!(
        text,
        "blocks           {} of up to 16 vectors, {:.1} % full",
        thousands(u64::from(info.blocks)),
        100.0 * info.block_fill
    )?;
    writeln!(text, "leaves           {} of up to 16 blocks", thousands(info.leaves as u64))?;
    writeln!(text, "depth            {} nodes to a leaf", info.depth)?;
    writeln!(text, "sample           {} references in a tree of their own", thousands(u64::from(info.sample)))?;
    equal_points.describe(&mut text)?;
    writeln!(text, "kernel here      {}", info.kernel)?;
    writeln!(text, "sections")?;
    for section in &info.sections {
        let (bytes, offset) = (thousands(section.bytes), section.offset);
        writeln!(text, "  {:<20} {bytes:>13} bytes at {offset}", section.name)?;
    }
    Ok(text)
}
