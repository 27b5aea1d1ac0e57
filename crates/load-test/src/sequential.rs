//! Each payload once, each when the one before it has its answer.

use crate::connections::Connections;
use crate::live::LiveCounts;
use crate::results::{Ending, Finish};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

/// After so many failures in a row the target is taken for gone.
const MOST_FAILURES_IN_A_ROW: u32 = 20;
const NEVER_NS: u64 = u64::MAX;

/// Sends the first `count` requests, or until `stop` is set or the target has gone.
pub fn run(
    connections: &mut Connections<'_>,
    count: usize,
    stop: &AtomicBool,
    live: &LiveCounts,
) -> io::Result<Finish> {
    let start_ns = connections.clock.now_ns();
    let mut failures_in_a_row = 0;
    let mut ending = Ending::Complete;
    for number in 0..count {
        if stop.load(Ordering::Relaxed) {
            ending = Ending::Interrupted;
            break;
        }
        let errors = connections.tally().errors.total();
        let now_ns = connections.clock.now_ns();
        connections.begin(number, now_ns);
        // a failed connection is opened again before the next request, which would otherwise be dropped
        while connections.free_count() == 0 {
            for event in 0..connections.wait(NEVER_NS)? {
                connections.handle(event);
            }
            connections.expire();
        }
        live.show(connections);
        failures_in_a_row = if connections.tally().errors.total() > errors { failures_in_a_row + 1 } else { 0 };
        if failures_in_a_row == MOST_FAILURES_IN_A_ROW {
            ending = Ending::TargetGone;
            break;
        }
    }
    let seconds = connections.clock.now_ns().saturating_sub(start_ns) as f64 / 1e9;
    Ok(Finish { seconds, ending })
}
