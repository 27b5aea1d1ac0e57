//! The log: start, stop and faults, on standard error; nothing per request.

use crate::terminal;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogForm {
    /// One line for people
    Text,
    /// One JSON object a line
    Json,
}

/// Chooses what is logged: a level, or `target=level` pairs with commas between them.
const FILTER_VARIABLE: &str = "RUST_LOG";

/// Starts logging; `RUST_LOG` chooses what, `info` by default. A log that the caller has set up stays.
pub fn start(form: LogForm) {
    // A line that cannot be written is lost; the complaint about it would go to the same place, and panic there.
    let stderr = fmt::layer().with_writer(std::io::stderr).with_target(false).log_internal_errors(false);
    let layer = match form {
        LogForm::Text => stderr.with_ansi(terminal::stderr_takes_escapes()).boxed(),
        LogForm::Json => stderr.json().flatten_event(true).boxed(),
    };
    // An error means that there is a log already: `fraudring` has its own.
    let _ = tracing_subscriber::registry().with(layer.with_filter(filter())).try_init();
}

fn filter() -> Targets {
    let default = || Targets::new().with_default(LevelFilter::INFO);
    let asked_for = std::env::var(FILTER_VARIABLE).ok().filter(|text| !text.is_empty());
    asked_for.map_or_else(default, |text| text.parse().unwrap_or_else(|_| default()))
}
