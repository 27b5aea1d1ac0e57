//! The decision log's part of the command line.

use super::redaction::RedactedField;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

/// What is logged, and where.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Decision log")]
pub struct DecisionLogOptions {
    /// Write sampled decisions to this file, explained, a JSON object a line; made with mode 0600. Each server needs a file of
    /// its own. `-` is stdout. What the disk cannot take is left out and counted, no request waits for it
    #[arg(long = "decision-log", value_name = "FILE", env = "FRAUDRING_DECISION_LOG")]
    pub file: Option<PathBuf>,

    /// Which decisions: of each N the last one
    #[arg(
        long = "decision-log-sample",
        value_name = "1/N",
        env = "FRAUDRING_DECISION_LOG_SAMPLE",
        default_value = "1/1000"
    )]
    pub sample: Sample,

    /// Longest file; the next line begins a new one, and FILE.1 keeps the one before
    #[arg(long = "decision-log-bytes", value_name = "BYTES", env = "FRAUDRING_DECISION_LOG_BYTES",
          default_value_t = 64 * 1024 * 1024, value_parser = clap::value_parser!(u64).range(64 * 1024..))]
    pub bytes: u64,

    /// Leave out a field of the request, such as customer.known_merchants, or an object of it, and every value that is computed from it. Can be
    /// given more than once; several are separated by commas
    #[arg(long, value_name = "FIELD", env = "FRAUDRING_DECISION_LOG_REDACT", value_delimiter = ',', requires = "file")]
    pub redact: Vec<RedactedField>,
}

/// Which decisions are logged: one of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample(NonZeroU32);

impl Sample {
    /// One of how many.
    pub fn every(self) -> NonZeroU32 {
        self.0
    }
}

impl FromStr for Sample {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let every = text.strip_prefix("1/").and_then(|every| every.parse().ok());
        every.map(Self).ok_or("give 1/N with N from 1 to 4294967295, such as 1/1000")
    }
}

impl std::fmt::Display for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "1/{}", self.0)
    }
}
