//! Payloads over HTTP to a running service: one connection, kept alive, one request after the other.

use super::report::ReplayReport;
use crate::console::advice::Advise;
use crate::console::progress::Reporter;
use anyhow::Result;
use load_test::{Ending, Payloads, Results, Target, Test};
use std::sync::atomic::AtomicBool;

/// Sends every payload to `target` and checks each answer.
pub fn replay(payloads: &Payloads, target: &Target, reporter: &Reporter) -> Result<ReplayReport> {
    Ok(ReplayReport::through(&payloads.name, &send(payloads, target, reporter)?, target))
}

/// What became of the payloads.
pub fn send(payloads: &Payloads, target: &Target, reporter: &Reporter) -> Result<Results> {
    let total = payloads.len() as u64;
    let results = Test::sequential()
        .measure(target, payloads, &AtomicBool::new(false), |live| {
            live.watch(|sent| reporter.report("replaying", sent.min(total - 1), total));
        })
        .advise(|| "start the service with: fraudring up".to_owned())?;
    for line in results.faults.lines() {
        command_line::message(line);
    }
    if results.finish.ending == Ending::TargetGone {
        return Err(anyhow::anyhow!("too many requests in a row to {target} failed"))
            .advise(|| "is it running? Start it with: fraudring up".to_owned());
    }
    reporter.report("replaying", total, total);
    Ok(results)
}
