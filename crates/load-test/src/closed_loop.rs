//! Each connection sends its next request when it has the answer to the last: how fast can it go?

use crate::connections::Connections;
use crate::live::LiveCounts;
use crate::results::{Ending, Finish, Rates};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

const SECOND_NS: u64 = 1_000_000_000;

/// Keeps all connections busy for `seconds`, or until `stop` is set; after the last of the `payloads` comes the first.
pub fn run(
    connections: &mut Connections<'_>,
    payloads: usize,
    seconds: f64,
    stop: &AtomicBool,
    live: &LiveCounts,
) -> io::Result<(Finish, Rates)> {
    let start_ns = connections.clock.now_ns();
    let end_ns = start_ns + (seconds * SECOND_NS as f64) as u64;
    let mut pace = Pace { mark_ns: start_ns, mark_count: 0, slowest: f64::INFINITY, fastest: 0.0 };
    let mut next = 0;
    let mut ending = Ending::Complete;
    loop {
        let now_ns = connections.clock.now_ns();
        pace.look(now_ns, finished(connections));
        if stop.load(Ordering::Relaxed) {
            ending = Ending::Interrupted;
            break;
        }
        if now_ns >= end_ns {
            if connections.in_flight() == 0 {
                break;
            }
        } else {
            // So many and no more, or a target that refuses every connection would hold the loop here.
            for _ in 0..connections.free_count() {
                let now_ns = connections.clock.now_ns();
                connections.begin(next, now_ns);
                next = (next + 1) % payloads;
            }
        }
        let due_ns = if connections.free_count() > 0 && now_ns < end_ns { now_ns } else { now_ns + SECOND_NS };
        for number in 0..connections.wait(due_ns)? {
            connections.handle(number);
        }
        connections.expire();
        live.show(connections);
    }
    let seconds = (connections.clock.now_ns() - start_ns) as f64 / SECOND_NS as f64;
    let rates = pace.rates(finished(connections) as f64 / seconds.max(f64::EPSILON));
    Ok((Finish { seconds, ending }, rates))
}

fn finished(connections: &Connections<'_>) -> u64 {
    connections.tally().sent - connections.in_flight() as u64
}

/// Rates of whole seconds.
struct Pace {
    mark_ns: u64,
    mark_count: u64,
    slowest: f64,
    fastest: f64,
}

impl Pace {
    fn look(&mut self, now_ns: u64, count: u64) {
        if now_ns < self.mark_ns + SECOND_NS {
            return;
        }
        let rate = (count - self.mark_count) as f64 * SECOND_NS as f64 / (now_ns - self.mark_ns) as f64;
        self.slowest = self.slowest.min(rate);
        self.fastest = self.fastest.max(rate);
        (self.mark_ns, self.mark_count) = (now_ns, count);
    }

    fn rates(&self, held: f64) -> Rates {
        if self.slowest.is_finite() {
            Rates { held, slowest_second: self.slowest, fastest_second: self.fastest }
        } else {
            Rates { held, slowest_second: held, fastest_second: held }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_of_whole_seconds() {
        let mut pace = Pace { mark_ns: 0, mark_count: 0, slowest: f64::INFINITY, fastest: 0.0 };
        pace.look(SECOND_NS / 2, 50);
        pace.look(SECOND_NS, 100);
        pace.look(3 * SECOND_NS, 700);
        assert_eq!(pace.rates(1.0), Rates { held: 1.0, slowest_second: 100.0, fastest_second: 300.0 });
    }

    #[test]
    fn a_short_run_has_one_rate() {
        let pace = Pace { mark_ns: 0, mark_count: 0, slowest: f64::INFINITY, fastest: 0.0 };
        assert_eq!(pace.rates(7.0), Rates { held: 7.0, slowest_second: 7.0, fastest_second: 7.0 });
    }
}
