//! The decision log: every n-th decision, explained, in a file.
//!
//! The serving thread copies the body of each sampled request into a ring of fixed size (`sampler`, `ring`), and never waits:
//! what does not fit is counted and left out. A thread of its own (`writer`) explains the decision by the generation that
//! made it, leaves out what is to stay secret (`record`, `redaction`) and writes a line of JSON (`file`).

mod counts;
mod file;
mod options;
mod record;
mod redaction;
mod ring;
mod sampler;
#[cfg(test)]
mod tests;
mod time;
mod writer;

pub use counts::Counts;
pub use file::{LogFile, LogFileError};
pub use options::DecisionLogOptions;
pub use sampler::Sampler;
pub use writer::Writing;

use crate::limits;
use crate::reload::CurrentGeneration;
use redaction::Redaction;
use runtime::background::{self, Cores};
use std::io;
use std::sync::Arc;
use writer::Writer;

/// Starts the thread that writes to `file` and counts in `counts`. `current` tells which generation answers.
///
/// # Errors
///
/// The system has no thread left.
pub fn start(
    options: &DecisionLogOptions,
    file: LogFile,
    counts: Arc<Counts>,
    body_bytes: usize,
    cores: Cores,
    current: impl Fn() -> Option<CurrentGeneration> + Send + 'static,
) -> io::Result<(Sampler, Writing)> {
    let (producer, consumer) = ring::ring(limits::DECISION_LOG_RING_BYTES);
    let redaction = Redaction::of(&options.redact);
    let writer = Writer::new(consumer, file, redaction, body_bytes, Box::new(current), counts.clone());
    let stop = writer.stop();
    let thread = background::start("decision-log", cores, move || writer.run())?;
    let sampler = Sampler::new(options.sample.every(), producer, counts.clone(), thread.thread().clone());
    Ok((sampler, Writing::new(thread, stop, counts)))
}
