//! `inspect --watch`: the report anew every second.

use super::table;
use crate::{Check, Trust};
use anyhow::Context;
use command_line::Interruption;
use command_line::terminal::stdout_takes_escapes;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_secs(1);
/// How soon a signal is noticed.
const NOTICED_WITHIN: Duration = Duration::from_millis(50);
const UNPRINTABLE: &str = "cannot print the result";
/// To the upper left corner, and all that follows is gone.
const CLEAR: &str = "\x1b[H\x1b[J";

/// Until a signal comes. With `json` one report a line. What cannot be inspected now is said, and looked at again.
pub(super) fn watch(dir: &Path, trust: &Trust, check: Check, json: bool) -> anyhow::Result<()> {
    let interruption = Interruption::watch().context("cannot listen for signals")?;
    let clear = if stdout_takes_escapes() && !json { CLEAR } else { "" };
    while !interruption.stop().load(Ordering::Relaxed) {
        let next = Instant::now() + INTERVAL;
        match crate::inspect_with(dir, trust, check) {
            Ok(report) if json => {
                command_line::print(&(serde_json::to_string(&report)? + "\n")).context(UNPRINTABLE)?
            }
            Ok(report) => command_line::print(&format!("{clear}{}\n", table::render(&report))).context(UNPRINTABLE)?,
            Err(error) => command_line::message(&format!("error: {:#}", anyhow::Error::new(error))),
        }
        while Instant::now() < next && !interruption.stop().load(Ordering::Relaxed) {
            std::thread::sleep(NOTICED_WITHIN.min(next.saturating_duration_since(Instant::now())));
        }
    }
    Ok(())
}
