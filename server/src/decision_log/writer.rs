//! The thread that explains sampled decisions and writes them down.

use super::counts::Counts;
use super::file::LogFile;
use super::redaction::{ContestRedaction, RedactedField};
use super::ring::{Consumer, Decided, Sampled};
use super::{contest_record, row_record};
use crate::limits;
use crate::reload::CurrentGeneration;
use runtime::background::Pace;
use schema::Parser;
use scoring::{AnyGeneration, RowWorkspace};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Tells which generation answers.
pub type CurrentSource = Box<dyn Fn() -> Option<CurrentGeneration> + Send>;

/// What that thread has.
pub struct Writer {
    consumer: Consumer,
    file: LogFile,
    redacted: Vec<RedactedField>,
    contest_redaction: ContestRedaction,
    parser: Parser,
    /// Of the longest body; made when it is first needed.
    workspace: Option<RowWorkspace>,
    body_bytes: usize,
    current: CurrentSource,
    counts: Arc<Counts>,
    stop: Arc<AtomicBool>,
    body: Vec<u8>,
    line: Vec<u8>,
    /// The last line could not be written, which was said.
    is_failing: bool,
}

/// The running thread, to be ended.
pub struct Writing {
    thread: JoinHandle<()>,
    stop: Arc<AtomicBool>,
    counts: Arc<Counts>,
}

impl Writer {
    pub fn new(
        consumer: Consumer,
        file: LogFile,
        redacted: &[RedactedField],
        body_bytes: usize,
        current: CurrentSource,
        counts: Arc<Counts>,
    ) -> Self {
        Self {
            consumer,
            file,
            redacted: redacted.to_vec(),
            contest_redaction: ContestRedaction::of(redacted),
            parser: Parser::new(body_bytes),
            workspace: None,
            body_bytes,
            current,
            counts,
            stop: Arc::default(),
            body: Vec::with_capacity(body_bytes),
            line: Vec::new(),
            is_failing: false,
        }
    }

    /// Set to end [`Writer::run`] after what is in the ring.
    pub fn stop(&self) -> Arc<AtomicBool> {
        self.stop.clone()
    }

    /// Writes what comes until it is stopped.
    pub fn run(mut self) {
        let pace = Pace::new(limits::DECISION_LOG_SHARE);
        loop {
            // Before the ring is looked at: what was put in before the stop is written.
            let is_last = self.stop.load(Ordering::Acquire);
            while let Some(sampled) = self.consumer.take(&mut self.body) {
                self.write(sampled);
                if !self.stop.load(Ordering::Relaxed) {
                    pace.rest();
                }
            }
            if is_last {
                return;
            }
            // Who puts something in, or stops, unparks: also if that was just before.
            std::thread::park();
        }
    }

    fn write(&mut self, sampled: Sampled) {
        let written =
            self.write_line(sampled).map_err(std::io::Error::from).and_then(|()| self.file.append(&self.line));
        match &written {
            Ok(()) => self.counts.add_written(),
            Err(error) => {
                self.counts.add_failed();
                if !self.is_failing {
                    tracing::warn!("the decision log cannot be written: {error}; decisions are left out until it can");
                }
            }
        }
        self.is_failing = written.is_err();
    }

    /// Makes the line about what was sampled.
    fn write_line(&mut self, sampled: Sampled) -> Result<(), serde_json::Error> {
        let by = self.generation(sampled.generation);
        let number = by.as_ref().and_then(|by| by.number);
        let by = by.map(|by| by.generation);
        let Self { line, body, parser, contest_redaction, redacted, .. } = self;
        match sampled.decided {
            Decided::Frauds(frauds) => {
                let by = match &by {
                    Some(AnyGeneration::References(references)) => Some((number, &**references)),
                    _ => None,
                };
                contest_record::write(line, (sampled, frauds), body, by, parser, contest_redaction)
            }
            Decided::Label(label) => {
                // All generations of a server have the same labels.
                let served = by.clone().or_else(|| (self.current)().map(|current| current.generation));
                let name = match (&served, label) {
                    (Some(AnyGeneration::Rows(rows)), Some(label)) => rows.label_name(label),
                    _ => None,
                };
                let by = match &by {
                    Some(AnyGeneration::Rows(rows)) => Some((number, &**rows)),
                    _ => None,
                };
                let workspace = self.workspace.get_or_insert_with(|| RowWorkspace::new(self.body_bytes, 0));
                row_record::write(line, (sampled, name), body, by, workspace, redacted)
            }
        }
    }

    /// The generation that decided; `None` if another has taken its place.
    fn generation(&self, serial: u64) -> Option<CurrentGeneration> {
        let end = Instant::now() + Duration::from_millis(limits::DECISION_LOG_SWITCH_MS);
        loop {
            let current = (self.current)();
            match current.as_ref().map(|current| current.generation.serial()) {
                Some(found) if found == serial => return current,
                Some(found) if found > serial => return None,
                // The serving thread has gone over to it, and those who are told of it are just being told.
                _ if Instant::now() >= end => return None,
                _ => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }
}

impl Writing {
    pub(super) fn new(thread: JoinHandle<()>, stop: Arc<AtomicBool>, counts: Arc<Counts>) -> Self {
        Self { thread, stop, counts }
    }

    /// Lets what was sampled be written, if that takes no longer than a moment.
    pub fn finish(self) {
        self.stop.store(true, Ordering::Release);
        self.thread.thread().unpark();
        let end = Instant::now() + Duration::from_millis(limits::DECISION_LOG_FINISH_MS);
        while !self.thread.is_finished() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        let is_whole = self.thread.is_finished();
        let (written, dropped) = (self.counts.written(), self.counts.dropped());
        tracing::info!(written, dropped, is_whole, "decision log closed");
    }
}
