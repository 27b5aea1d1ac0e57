//! `fraudring evaluate`: how well rows tell each other's labels.

use crate::cache::index_image;
use crate::cache::references_source::Source;
use crate::console::exit::Outcome;
use crate::console::output::print_line;
use crate::console::progress::{Reporter, thousands};
use anyhow::{Context, Result, bail};
use clap::Args;
use dataset::References;
use index::knn::{RowImage, RowIndex, RowOptions};
use scoring::{Evaluation, LeftOut, OfK};
use space::{DIMENSIONS, NEIGHBOURS, Rows};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Numbers of neighbours that are tried where none are named, beside the schema's.
const TRIED: [usize; 8] = [1, 3, 5, 7, 9, 15, 25, 51];

/// Options of `evaluate`.
#[derive(Args, Debug)]
#[command(after_help = "\
Each row is looked up among the others, and its label is compared with the most frequent one of its nearest rows. Nothing is
approximated: the index itself is asked, and rows that are left out do not count. Scales that the schema found from the data were
found from all rows, the one asked about among them.

Examples:
  fraudring evaluate loans.index                  every row among all others
  fraudring evaluate loans.index --folds 5 -k 5,15,25
  fraudring evaluate loans.index --json | jq .best_k
  fraudring evaluate --references official        every reference of the contest among the other 2,999,999")]
pub struct Options {
    /// The index file, built by `index build --schema`
    #[arg(value_name = "FILE", required_unless_present = "references", conflicts_with = "references")]
    index: Option<PathBuf>,
    /// References of the contest in its place, see `index build`: an index of them is made in memory
    #[arg(long, value_name = "FILE|official")]
    references: Option<Source>,
    /// Numbers of neighbours, with commas [default: 1 to 51 and the schema's]
    #[arg(short, value_name = "K,…", value_delimiter = ',')]
    k: Vec<usize>,
    /// Leave out all rows of a row's fold, of which there are so many, in place of the row alone
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=1000))]
    folds: Option<u32>,
    /// Draws which row is in which fold
    #[arg(long, value_name = "SEED", default_value_t = 0, requires = "folds")]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Looks all rows up.
pub fn run(options: &Options) -> Result<Outcome> {
    let reporter = Reporter::stderr();
    let left_out = options.folds.map_or(LeftOut::Itself, |folds| LeftOut::Fold { folds, seed: options.seed });
    let evaluation = match (&options.references, &options.index) {
        (Some(source), _) => of_references(options, source, left_out, &reporter)?,
        (None, Some(path)) => {
            let generation = index_image::open_rows(path)?;
            let schema = generation.plan().schema();
            let names = schema.labels().map_or(&[][..], |labels| &labels.names);
            evaluate(options, generation.index(), names, schema.k(), left_out, &reporter)
                .with_context(|| format!("evaluating {}", command_line::input_name(path)))?
        }
        (None, None) => bail!("name an index, or --references FILE"),
    };
    let text =
        if options.json { serde_json::to_string_pretty(&evaluation)? } else { described(&evaluation, left_out)? };
    print_line(text.trim_end())?;
    Ok(Outcome::Done)
}

fn evaluate(
    options: &Options,
    index: &RowIndex<'_>,
    names: &[String],
    own_k: usize,
    left_out: LeftOut,
    reporter: &Reporter,
) -> Result<Evaluation> {
    let mut ks = options.k.clone();
    if ks.is_empty() {
        // Where there are few rows, the larger numbers are not asked for.
        let others = index.shape().rows as usize / 2;
        ks = TRIED.into_iter().chain([own_k]).filter(|k| *k <= others.max(1)).collect();
    }
    let report = |phase, done, total| reporter.report(phase, done, total);
    Ok(scoring::evaluate(index, names, &ks, left_out, &report)?)
}

/// References as rows: whole numbers of 1/10000, which are exact in `f32`, and so are the sums of their squares in `f64`.
fn of_references(options: &Options, source: &Source, left_out: LeftOut, reporter: &Reporter) -> Result<Evaluation> {
    let report = |phase, done, total| reporter.report(phase, done, total);
    let References { vectors, labels } = source.load(reporter)?;
    let values: Vec<f32> = vectors.iter().flat_map(|vector| vector.values().map(f32::from)).collect();
    drop(vectors);
    let labels: Vec<u8> = labels.into_iter().map(|label| label as u8).collect();
    let rows = Rows::new(DIMENSIONS, &values).context("reading the references")?;
    let row_options = RowOptions { labels: Some(&labels), label_count: 2, ..RowOptions::default() };
    let image = RowImage::plan(rows, row_options, &report).context("building an index of the references")?;
    let mut bytes = Vec::with_capacity(image.bytes(&[]) as usize);
    image.write(&[], &mut bytes).context("building an index of the references")?;
    drop(image);
    let index =
        RowIndex::open_verified(&bytes, command_line::kernel()?).context("checking the index that was built")?;
    evaluate(options, &index, &["legit", "fraud"].map(str::to_owned), NEIGHBOURS, left_out, reporter)
        .context("evaluating the references")
}

fn described(evaluation: &Evaluation, left_out: LeftOut) -> Result<String> {
    let mut text = String::new();
    let among = match left_out {
        LeftOut::Itself => "all others".to_owned(),
        LeftOut::Fold { folds, .. } => format!("those of the other {} folds", folds - 1),
    };
    writeln!(text, "{} rows, each among {among}", thousands(u64::from(evaluation.rows)))?;
    writeln!(text, "\n   k     right  accuracy")?;
    for of in &evaluation.by_k {
        let mark = if of.k == evaluation.best_k { "  best" } else { "" };
        writeln!(text, "{:4} {:>9} {:8.2} %{mark}", of.k, thousands(of.right), 100.0 * of.accuracy)?;
    }
    if let Some(best) = evaluation.by_k.iter().find(|of| of.k == evaluation.best_k) {
        confusion(&mut text, &evaluation.labels, best)?;
        calibration(&mut text, best)?;
    }
    Ok(text)
}

fn confusion(text: &mut String, labels: &[String], of: &OfK) -> Result<()> {
    let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0).max(9);
    write!(text, "\nk = {}: rows by their label (down) and the one found (across)\n{:width$}", of.k, "")?;
    labels.iter().try_for_each(|label| write!(text, " {label:>width$}"))?;
    writeln!(text)?;
    for (label, row) in labels.iter().zip(&of.confusion) {
        write!(text, "{label:width$}")?;
        row.iter().try_for_each(|rows| write!(text, " {:>width$}", thousands(*rows)))?;
        writeln!(text)?;
    }
    Ok(())
}

fn calibration(text: &mut String, of: &OfK) -> Result<()> {
    writeln!(text, "\nshare of the label found   rows       mean share  right")?;
    for (number, bin) in of.calibration.iter().enumerate().filter(|(_, bin)| bin.rows > 0) {
        let (from, to) = (number as f64 / 10.0, (number + 1) as f64 / 10.0);
        let (rows, share, right) = (thousands(bin.rows), 100.0 * bin.mean_share, 100.0 * bin.accuracy);
        writeln!(text, "above {from:.1}, to {to:.1}          {rows:<10} {share:8.1} % {right:5.1} %")?;
    }
    Ok(())
}
