//! Requests leave at their intended times, whatever became of the ones before.

use crate::connections::Connections;
use crate::live::LiveCounts;
use crate::plan::{IntendedTimes, Schedule};
use crate::results::{Ending, Finish};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

/// Between the end of the preparations and the start of the plan.
const LEAD_NS: u64 = 5_000_000;
const NEVER_NS: u64 = u64::MAX;

/// Sends the whole schedule, or until `stop` is set; requests 0, 1, … in turn, a dropped one's payload goes to the next.
pub fn run(
    connections: &mut Connections<'_>,
    schedule: &Schedule,
    stop: &AtomicBool,
    live: &LiveCounts,
) -> io::Result<Finish> {
    let start_ns = connections.clock.now_ns() + LEAD_NS;
    let mut loop_ = OpenLoop { start_ns, times: schedule.times(), due_ns: None };
    loop_.due_ns = loop_.next();
    let mut ending = Ending::Complete;
    while loop_.due_ns.is_some() || connections.in_flight() > 0 {
        loop_.send_due(connections);
        let events = connections.wait(loop_.due_ns.unwrap_or(NEVER_NS))?;
        for number in 0..events {
            connections.handle(number);
            // Many answers at once must not hold up a request that is due.
            loop_.send_due(connections);
        }
        connections.expire();
        live.show(connections);
        if stop.load(Ordering::Relaxed) {
            ending = Ending::Interrupted;
            break;
        }
    }
    let seconds = connections.clock.now_ns().saturating_sub(start_ns) as f64 / 1e9;
    Ok(Finish { seconds, ending })
}

struct OpenLoop<'a> {
    start_ns: u64,
    times: IntendedTimes<'a>,
    /// When the next request is to leave, by the clock of the connections.
    due_ns: Option<u64>,
}

impl OpenLoop<'_> {
    fn next(&mut self) -> Option<u64> {
        self.times.next().map(|time| self.start_ns + time)
    }

    fn send_due(&mut self, connections: &mut Connections<'_>) {
        while let Some(due_ns) = self.due_ns
            && due_ns <= connections.clock.now_ns()
        {
            connections.begin(connections.tally().sent as usize, due_ns);
            self.due_ns = self.next();
        }
    }
}
