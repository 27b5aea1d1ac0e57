//! `fraudring explain`: why the decisions about payloads are what they are.

mod payloads;
mod picture;

use crate::cache::data::DataOption;
use crate::console::exit::Outcome;
use crate::console::output::print_line;
use crate::console::progress::Reporter;
use anyhow::{Context, Result};
use clap::Args;
use payloads::{PAYLOAD_LIMIT_BYTES, Payload, Payloads};
use scoring::{ExplainError, Generation, Scorer};
use shm_loader::{Segment, Trust};
use std::path::{Path, PathBuf};

/// Options of `explain`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  fraudring explain payload.json
  fraudring explain payload.json --index mine.index
  fraudring explain payloads.jsonl --json --shm-dir /dev/shm/fraudring
  echo '{\"id\":\"tx-1\",…}' | fraudring explain -

Payloads are explained in their order, up to the first that is at fault: exit status 1.")]
pub struct Options {
    /// Request bodies as sent to POST /fraud-score: one, a JSON array of them, or one after the other (JSON Lines); `-` is
    /// stdin
    #[arg(value_name = "FILE|-")]
    payloads: PathBuf,
    /// Explain by this index file [default: the official index, built on first use]
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
    let mut scorer = Scorer::new(generation(options)?.into(), PAYLOAD_LIMIT_BYTES);
    let mut number = 0;
    for payload in payloads.iter() {
        number += 1;
        explain(&mut scorer, payload?, number, options).with_context(|| payloads.name().to_owned())?;
    }
    anyhow::ensure!(number > 0, "{} holds no payload", payloads.name());
    Ok(Outcome::Done)
}

fn generation(options: &Options) -> Result<Generation> {
    match &options.shm_dir {
        Some(dir) => published(dir, &options.trust),
        None => Ok(options.data.index(options.index.as_deref(), &Reporter::stderr())?.1),
    }
}

/// Whatever the loader has checked is not checked again, as in a server.
fn published(dir: &Path, trust: &Trust) -> Result<Generation> {
    let kernel = command_line::kernel()?;
    let segment = Segment::attach_trusting(dir, trust)?;
    let open = if segment.is_verified() { Generation::open_verified } else { Generation::open };
    open(segment, kernel).with_context(|| format!("the index in {} is not usable", dir.display()))
}

fn explain(scorer: &mut Scorer, payload: Payload<'_>, number: usize, options: &Options) -> Result<()> {
    if payload.body.len() > PAYLOAD_LIMIT_BYTES {
        return Err(anyhow::anyhow!("longer than {PAYLOAD_LIMIT_BYTES} bytes").context(payload.at_fault(number)));
    }
    let explanation = scorer.explain(payload.body).map_err(|error| match error {
        ExplainError::Payload(error) => anyhow::Error::new(error).context(payload.at_fault(number)),
        contradiction @ ExplainError::Contradiction { .. } => contradiction.into(),
    })?;
    if options.json {
        return print_line(&serde_json::to_string(&explanation)?);
    }
    let text = picture::of(&explanation)?;
    print_line(if number == 1 { text.trim_start() } else { &text })
}
