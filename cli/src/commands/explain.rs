//! `fraudring explain`: why the answers to payloads are what they are, by references or by rows of a schema.

mod number;
mod payloads;
mod picture;
mod row_picture;

use crate::cache::data::DataOption;
use crate::cache::index_image;
use crate::console::exit::Outcome;
use crate::console::output::print_line;
use crate::console::progress::Reporter;
use anyhow::{Context, Result};
use clap::Args;
use payloads::{PAYLOAD_LIMIT_BYTES, Payload, Payloads};
use scoring::{AnyGeneration, ExplainError, RowExplanation, RowGeneration, Scorer};
use shm_loader::{Segment, Trust};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Options of `explain`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  fraudring explain payload.json
  fraudring explain payload.json --index mine.index
  fraudring explain loans.jsonl --index loans.index
  fraudring explain payloads.jsonl --json --shm-dir /dev/shm/fraudring
  echo '{\"id\":\"tx-1\",…}' | fraudring explain -

Payloads are explained in their order, up to the first that is at fault: exit status 1.")]
pub struct Options {
    /// Request bodies as sent to POST /fraud-score, or to POST /score for an index of rows: one, a JSON array of them, or one
    /// after the other (JSON Lines); `-` is stdin
    #[arg(value_name = "FILE|-")]
    payloads: PathBuf,
    /// Explain by this index file, of references or of rows [default: the official index, built on first use]
    #[arg(long, value_name = "FILE", conflicts_with = "shm_dir")]
    index: Option<PathBuf>,
    /// Explain by the index that is published in this folder in shared memory, as servers do
    #[arg(long, value_name = "DIR")]
    shm_dir: Option<PathBuf>,
    /// Whose index is mapped.
    #[command(flatten)]
    trust: Trust,
    /// Where the official index is kept.
    #[command(flatten)]
    data: DataOption,
    /// Print a line of JSON for each payload
    #[arg(long)]
    json: bool,
}

/// Explains all payloads on stdout.
pub fn run(options: &Options) -> Result<Outcome> {
    let payloads = Payloads::read(&options.payloads)?;
    let mut explainer = Explainer::new(generation(options)?);
    let mut number = 0;
    for payload in payloads.iter() {
        number += 1;
        let text = explainer.explain(payload?, number, options.json).with_context(|| payloads.name().to_owned())?;
        print_line(if number == 1 { text.trim_start() } else { &text })?;
    }
    anyhow::ensure!(number > 0, "{} holds no payload", payloads.name());
    Ok(Outcome::Done)
}

fn generation(options: &Options) -> Result<AnyGeneration> {
    match (&options.shm_dir, &options.index) {
        (Some(dir), _) => published(dir, &options.trust),
        (None, Some(file)) => index_image::open_any(file),
        (None, None) => {
            let (_, official) = options.data.index(None, &Reporter::stderr())?;
            Ok(AnyGeneration::References(official.into()))
        }
    }
}

/// Whatever the loader has checked is not checked again, as in a server.
fn published(dir: &Path, trust: &Trust) -> Result<AnyGeneration> {
    let kernel = command_line::kernel()?;
    let segment = Segment::attach_trusting(dir, trust)?;
    let opened = if segment.is_verified() {
        AnyGeneration::open_verified(segment, kernel)
    } else {
        AnyGeneration::open(segment, kernel, &|_, _, _| {})
    };
    opened.with_context(|| format!("the index in {} is not usable", dir.display()))
}

/// What explains one payload after the other.
enum Explainer {
    References(Box<Scorer>),
    Rows(Arc<RowGeneration>),
}

impl Explainer {
    fn new(generation: AnyGeneration) -> Self {
        match generation {
            AnyGeneration::References(references) => {
                Self::References(Box::new(Scorer::new(references, PAYLOAD_LIMIT_BYTES)))
            }
            AnyGeneration::Rows(rows) => Self::Rows(rows),
        }
    }

    /// The explanation as people read it, or as a line of JSON.
    fn explain(&mut self, payload: Payload<'_>, number: usize, as_json: bool) -> Result<String> {
        let (described, fault): (_, anyhow::Error) = match self {
            _ if payload.body.len() > PAYLOAD_LIMIT_BYTES => {
                (self.described(), anyhow::anyhow!("longer than {PAYLOAD_LIMIT_BYTES} bytes"))
            }
            Self::References(scorer) => match scorer.explain(payload.body) {
                Ok(explanation) if as_json => return Ok(serde_json::to_string(&explanation)?),
                Ok(explanation) => return picture::of(&explanation),
                Err(contradiction @ ExplainError::Contradiction { .. }) => return Err(contradiction.into()),
                Err(ExplainError::Payload(error)) => (IN_DATA, error.into()),
            },
            Self::Rows(rows) => match RowExplanation::of(rows, payload.body) {
                Ok(explanation) if as_json => return Ok(serde_json::to_string(&explanation)?),
                Ok(explanation) => return row_picture::of(&explanation),
                Err(error) => (IN_SCHEMA, anyhow::anyhow!("{error}")),
            },
        };
        Err(fault.context(payload.at_fault(number, described)))
    }

    /// What describes the shape of its payloads.
    fn described(&self) -> &'static str {
        match self {
            Self::References(_) => IN_DATA,
            Self::Rows(_) => IN_SCHEMA,
        }
    }
}

const IN_DATA: &str = "docs/DATA.md describes its shape";
const IN_SCHEMA: &str = "`fraudring schema check` shows its fields";
