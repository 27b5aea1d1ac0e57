//! Passes on to stderr what a child prints.

use crate::console::progress::Reporter;
use std::io::{BufRead, BufReader, PipeReader};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// For the last lines of a child that has ended. They are in the pipe already; only a process that it left behind could
/// keep the pipe open.
const LAST_LINES: Duration = Duration::from_secs(1);

/// How often the thread is looked at.
const POLL: Duration = Duration::from_millis(5);

/// A thread that reads the child's pipe to its end.
pub struct Relay {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    is_quiet: AtomicBool,
    /// Passed on.
    lines: AtomicUsize,
}

impl Relay {
    /// Begins to pass on, line by line.
    pub fn start(pipe: PipeReader, reporter: Arc<Reporter>) -> Self {
        let shared = Arc::new(Shared::default());
        let thread = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || pass_on(BufReader::new(pipe), &shared, &reporter)
        });
        Self { shared, thread }
    }

    /// From now on what the child prints is dropped.
    pub fn be_quiet(&self) {
        self.shared.is_quiet.store(true, Ordering::Relaxed);
    }

    /// Lines passed on so far.
    pub fn lines(&self) -> usize {
        self.shared.lines.load(Ordering::Relaxed)
    }

    /// Waits for the last line of a child that has ended; how many there were.
    pub fn finish(&self) -> usize {
        let deadline = Instant::now() + LAST_LINES;
        while !self.thread.is_finished() && Instant::now() < deadline {
            std::thread::sleep(POLL);
        }
        self.lines()
    }
}

/// Reads on when nobody reads stderr: a child whose pipe is full would stand still.
fn pass_on(mut pipe: impl BufRead, shared: &Shared, reporter: &Reporter) {
    let mut line = Vec::new();
    while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        if !shared.is_quiet.load(Ordering::Relaxed) {
            reporter.note(String::from_utf8_lossy(&line).trim_end_matches('\n'));
            shared.lines.fetch_add(1, Ordering::Relaxed);
        }
        line.clear();
    }
}
