//! One run of a plan against a target.

use crate::connections::{Connections, Limits};
use crate::live::LiveCounts;
use crate::payloads::Payloads;
use crate::plan::Plan;
use crate::report::LoadReport;
use crate::requests::Requests;
use crate::results::{Finish, Rates, Results};
use crate::tally::Tally;
use crate::target::{ReachError, Target};
use crate::test::Test;
use crate::{closed_loop, open_loop, sequential};
use hdrhistogram::CreationError;
use std::io;
use std::sync::atomic::AtomicBool;

/// Why a run did not begin, or broke off.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Too few payloads.
    #[error("the plan {plan} needs {needed} payloads, and {name} has {there}")]
    TooFewPayloads {
        /// The plan.
        plan: String,
        /// Requests in it.
        needed: u64,
        /// The set.
        name: String,
        /// Payloads in it.
        there: u64,
    },
    /// None of the target's addresses.
    #[error(transparent)]
    Reach(#[from] ReachError),
    /// Nobody listens.
    #[error("cannot connect to {target}: {error}; is it running?")]
    Connect {
        /// Where to.
        target: Target,
        /// What the system said.
        error: io::Error,
    },
    /// Not the core that was asked for.
    #[error("cannot run on core {cpu}: {error}; `nproc` and `taskset -pc $$` tell which there are")]
    Pin {
        /// The core asked for.
        cpu: usize,
        /// What the system said.
        error: io::Error,
    },
    /// The system refused something that it should not.
    #[error("the load generator failed: {0}")]
    System(#[from] io::Error),
    /// The bounds of a histogram; they are constant.
    #[error("cannot make a histogram: {0}")]
    Histogram(#[from] CreationError),
}

impl Test {
    /// Whether this process may use the core that is to send.
    ///
    /// # Errors
    /// [`RunError::Pin`] if it may not.
    pub fn check_core(&self) -> Result<(), RunError> {
        let Some(cpu) = self.cpu else { return Ok(()) };
        if runtime::affinity::allowed_cores().contains(&cpu) {
            return Ok(());
        }
        Err(RunError::Pin { cpu, error: io::Error::other("this process may not use it") })
    }

    /// Runs it once with a live line on stderr, which `label` begins, and reports what was found.
    ///
    /// # Errors
    /// As of [`Self::measure`].
    pub fn run(
        &self,
        target: &Target,
        payloads: &Payloads,
        stop: &AtomicBool,
        label: &str,
    ) -> Result<LoadReport, RunError> {
        let results = self.measure(target, payloads, stop, |live| live.draw(label, self.plan.count()))?;
        Ok(LoadReport::new(self, target, payloads, results))
    }

    /// Runs it once, on a thread of its own; `stop` ends it early, then the results are of the part that was run.
    /// Meanwhile `watch` is to look at the counts until they end.
    ///
    /// # Errors
    /// The run did not begin: too few payloads, nobody listens, not the core that was asked for. Or the system refused
    /// something that it should not.
    pub fn measure(
        &self,
        target: &Target,
        payloads: &Payloads,
        stop: &AtomicBool,
        watch: impl FnOnce(&LiveCounts),
    ) -> Result<Results, RunError> {
        let there = payloads.len() as u64;
        let needed = self.plan.count().unwrap_or(1);
        if there < needed {
            let (plan, name) = (self.plan.to_string(), payloads.name.clone());
            return Err(RunError::TooFewPayloads { plan, needed, name, there });
        }
        let endpoint = target.resolve(self.timeout)?;
        let count = self.plan.count().unwrap_or(there);
        let requests = Requests::new(payloads, count as usize, target);
        let live = LiveCounts::default();
        let send = || {
            let _end = EndOnDrop(&live);
            pin(self.cpu)?;
            let connect = |error| RunError::Connect { target: target.clone(), error };
            let mut connections =
                Connections::open(endpoint, self.limits(), &requests, Tally::new()?).map_err(connect)?;
            let (finish, rates) = self.carry_out(&mut connections, &requests, stop, &live)?;
            Ok(connections.into_results(finish, rates))
        };
        std::thread::scope(|scope| {
            let sender = scope.spawn(send);
            watch(&live);
            sender.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn carry_out(
        &self,
        connections: &mut Connections<'_>,
        requests: &Requests,
        stop: &AtomicBool,
        live: &LiveCounts,
    ) -> io::Result<(Finish, Option<Rates>)> {
        match &self.plan {
            Plan::Open(schedule) => Ok((open_loop::run(connections, schedule, stop, live)?, None)),
            Plan::Saturate { seconds, .. } => {
                let (finish, rates) = closed_loop::run(connections, requests.len(), *seconds, stop, live)?;
                Ok((finish, Some(rates)))
            }
            Plan::Sequential => Ok((sequential::run(connections, requests.len(), stop, live)?, None)),
        }
    }

    fn limits(&self) -> Limits {
        let (least, most) = match self.plan {
            Plan::Open(_) | Plan::Sequential => (self.least_connections, self.most_connections),
            Plan::Saturate { connections, .. } => (connections, connections),
        };
        Limits { least, most, timeout_ns: self.timeout.as_nanos() as u64 }
    }
}

/// The thread that draws must stop whatever way the other one ends.
struct EndOnDrop<'a>(&'a LiveCounts);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

fn pin(cpu: Option<usize>) -> Result<(), RunError> {
    let Some(cpu) = cpu else { return Ok(()) };
    runtime::affinity::pin_to(cpu).map_err(|error| RunError::Pin { cpu, error })
}
