//! The decision log: every n-th decision, explained, in a file.
//!
//! The serving thread copies the body of each sampled request into a ring of fixed size (`sampler`, `ring`), and never waits:
//! what does not fit is counted and left out. A thread of its own (`writer`) explains the decision by the generation that
//! made it, leaves out what is to stay secret (`contest_record`, `row_record`, `redaction`) and writes a line of JSON (`file`).

mod contest_record;
mod counts;
mod file;
mod options;
mod redaction;
mod ring;
mod row_record;
mod sampler;
#[cfg(test)]
mod tests;
mod time;
mod writer;

pub use counts::Counts;
pub use file::{LogFile, LogFileError};
pub use options::DecisionLogOptions;
pub use redaction::RedactedField;
pub use ring::Decided;
pub use sampler::Sampler;
pub use writer::Writing;

use crate::limits;
use crate::reload::CurrentGeneration;
use redaction::RowsRedaction;
use runtime::background::{self, Cores};
use scoring::AnyGeneration;
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
    let writer = Writer::new(consumer, file, &options.redact, body_bytes, Box::new(current), counts.clone());
    let stop = writer.stop();
    let thread = background::start("decision-log", cores, move || writer.run())?;
    let sampler = Sampler::new(options.sample.every(), producer, counts.clone(), thread.thread().clone());
    Ok((sampler, Writing::new(thread, stop, counts)))
}

/// Whether the requests that `generation` answers have the fields that are to be left out.
///
/// # Errors
///
/// What there is no such field of, in words.
pub fn check_redaction(fields: &[RedactedField], generation: &AnyGeneration) -> Result<(), String> {
    match generation {
        AnyGeneration::References(_) => {
            let check = |field: &RedactedField| match field.of_contest() {
                Ok(_) => Ok(()),
                Err(error) => Err(format!("{}: {error}", field.path())),
            };
            fields.iter().try_for_each(check)
        }
        AnyGeneration::Rows(rows) => match RowsRedaction(fields).unknown(rows.plan()) {
            None => Ok(()),
            Some(field) => {
                let schema = rows.plan().schema().name();
                Err(format!("{}: payloads of the schema {schema} have no such field", field.path()))
            }
        },
    }
}
