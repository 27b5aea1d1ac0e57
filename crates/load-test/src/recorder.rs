//! Turns what became of each request into counts, times and words.

use crate::answer::Answer;
use crate::errors::Fault;
use crate::fault_log::FaultLog;
use crate::requests::{Requests, Right};
use crate::slot::{Flight, Reply, Why, shown};
use crate::tally::Tally;
use std::fmt::Display;

/// See the module.
pub struct Recorder<'a> {
    pub tally: Tally,
    pub faults: FaultLog,
    requests: &'a Requests,
    slowest_ns: u64,
}

impl<'a> Recorder<'a> {
    pub fn new(tally: Tally, requests: &'a Requests) -> Self {
        Self { tally, faults: FaultLog::default(), requests, slowest_ns: 0 }
    }

    /// The longest latency since the last call.
    pub fn take_slowest_ns(&mut self) -> u64 {
        std::mem::take(&mut self.slowest_ns)
    }

    /// The generator turned to a request that was to leave at `intended_ns`.
    pub fn begun(&mut self, intended_ns: u64, now_ns: u64) {
        self.tally.sent += 1;
        self.tally.lateness.record(now_ns.saturating_sub(intended_ns));
    }

    /// An answer that decides something.
    pub fn decided(&mut self, flight: &Flight, reply: Reply, now_ns: u64) {
        match (self.requests.right(flight.request), reply) {
            (Right::Decision(expected), Reply::Decision(answer)) => {
                if !self.tally.verdicts.add(*expected, answer) {
                    self.faults.wrong_answer(flight.request, &Answer::from(*expected), &answer);
                }
            }
            (Right::Body(body), Reply::Different(got)) => {
                self.tally.verdicts.add_body(false);
                self.faults.wrong_answer(flight.request, &shown(body), &got);
            }
            (_, _) => self.tally.verdicts.add_body(true),
        }
        self.time(flight, now_ns);
    }

    /// A whole answer that decides nothing.
    pub fn undecided(&mut self, flight: &Flight, fault: Fault, status: u16, now_ns: u64) {
        self.error(flight, fault, &format_args!("an answer with status {status} that decides nothing"));
        self.time(flight, now_ns);
    }

    /// No whole answer, and there will be none.
    pub fn failed(&mut self, flight: &Flight, fault: Fault, why: &Why, now_ns: u64) {
        self.error(flight, fault, why);
        if matches!(fault, Fault::TimedOut | Fault::Broken) {
            self.time(flight, now_ns);
        }
    }

    fn error(&mut self, flight: &Flight, fault: Fault, reason: &dyn Display) {
        self.tally.errors.add(fault);
        self.faults.no_answer(flight.request, reason);
    }

    fn time(&mut self, flight: &Flight, now_ns: u64) {
        let latency_ns = now_ns.saturating_sub(flight.intended_ns);
        self.slowest_ns = self.slowest_ns.max(latency_ns);
        self.tally.latency.record(latency_ns);
        self.tally.service.record(now_ns.saturating_sub(flight.sent_ns.unwrap_or(flight.begun_ns)));
    }
}
