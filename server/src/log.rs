//! The log: start, stop and faults, on standard error; nothing per request.

use crate::options::LogForm;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging; `RUST_LOG` chooses what, `info` by default. A log that the caller has set up stays.
pub fn start(form: LogForm) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // A line that cannot be written is lost; the complaint about it would go to the same place, and panic there.
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .log_internal_errors(false);
    // An error means that there is a log already: `fraudring` has its own.
    let _ = match form {
        LogForm::Text => log.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogForm::Json => log.json().flatten_event(true).try_init(),
    };
}
