//! Ctrl-C and SIGTERM: unfinished files are removed before the process ends; `up` takes the signals over.

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use tempfile::NamedTempFile;

/// Signals that ask a command to end.
pub const ENDING: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// Signals that mean nothing to `up`, and would end it without a clean-up if it did not watch for them.
pub const IGNORED: [i32; 2] = [SIGUSR1, SIGUSR2];

struct Watch {
    started: bool,
    taken_over: bool,
    unfinished: Vec<PathBuf>,
}

static WATCH: Mutex<Watch> = Mutex::new(Watch { started: false, taken_over: false, unfinished: Vec::new() });

/// While it lives, a signal that ends the process removes this file first.
pub struct RemovedOnInterrupt {
    path: PathBuf,
}

impl RemovedOnInterrupt {
    /// Makes a file and watches over it. Once started, the handler stays for the rest of the process's life.
    pub fn make(make: impl FnOnce() -> Result<NamedTempFile>) -> Result<(NamedTempFile, Self)> {
        // held until the file is known, so that no signal comes between
        let mut watch = WATCH.lock().unwrap_or_else(PoisonError::into_inner);
        if !watch.started {
            let signals = Signals::new(ENDING).context("cannot watch for signals")?;
            std::thread::spawn(move || end_on_signal(signals));
            watch.started = true;
        }
        let file = make()?;
        let path = file.path().to_owned();
        watch.unfinished.push(path.clone());
        Ok((file, Self { path }))
    }
}

impl Drop for RemovedOnInterrupt {
    fn drop(&mut self) {
        WATCH.lock().unwrap_or_else(PoisonError::into_inner).unfinished.retain(|path| *path != self.path);
    }
}

/// From now on the caller handles the signals of `ENDING` itself.
pub fn take_over() {
    WATCH.lock().unwrap_or_else(PoisonError::into_inner).taken_over = true;
}

/// Exit status of a process that a signal ended, as a shell shows it.
pub fn status(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}

fn end_on_signal(mut signals: Signals) {
    for signal in signals.forever() {
        let watch = WATCH.lock().unwrap_or_else(PoisonError::into_inner);
        if watch.taken_over {
            continue;
        }
        for path in &watch.unfinished {
            // nothing more can be done about a file that cannot be removed
            std::fs::remove_file(path).unwrap_or_default();
        }
        std::process::exit(i32::from(status(signal)));
    }
}
