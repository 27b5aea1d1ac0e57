//! A line on stderr that shows how a run goes, drawn by another thread than the one that sends.

use crate::connections::Connections;
use command_line::progress::{Bar, Style};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_millis(50);
const DRAW_EVERY: Duration = Duration::from_millis(250);
/// Where nothing can be drawn a line stays, so there are fewer.
const PRINT_EVERY: Duration = Duration::from_secs(10);

/// Counts as they stand; the sending thread only stores them.
#[derive(Debug, Default)]
pub struct LiveCounts {
    sent: AtomicU64,
    wrong: AtomicU64,
    errors: AtomicU64,
    dropped: AtomicU64,
    connections: AtomicU64,
    in_flight: AtomicU64,
    /// Longest latency since it was last drawn.
    slowest_ns: AtomicU64,
    is_over: AtomicBool,
}

impl LiveCounts {
    /// To be called often, by the sending thread.
    pub fn show(&self, connections: &mut Connections<'_>) {
        let tally = connections.tally();
        self.sent.store(tally.sent, Ordering::Relaxed);
        self.wrong.store(tally.verdicts.wrong(), Ordering::Relaxed);
        self.errors.store(tally.errors.total(), Ordering::Relaxed);
        self.dropped.store(tally.dropped, Ordering::Relaxed);
        self.connections.store(connections.counts().open as u64, Ordering::Relaxed);
        self.in_flight.store(connections.in_flight() as u64, Ordering::Relaxed);
        let slowest_ns = connections.take_slowest_ns();
        if slowest_ns > self.slowest_ns.load(Ordering::Relaxed) {
            self.slowest_ns.store(slowest_ns, Ordering::Relaxed);
        }
    }

    /// To be called at the end, by the sending thread.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    /// Calls `each` with the number of requests sent so far, several times a second until the end.
    pub fn watch(&self, mut each: impl FnMut(u64)) {
        while !self.is_over.load(Ordering::Acquire) {
            std::thread::sleep(LOOK_EVERY);
            each(self.sent.load(Ordering::Relaxed));
        }
    }

    /// Draws until the end. `planned`: requests of the plan, if it has a number.
    pub fn draw(&self, name: &str, planned: Option<u64>) {
        let bar = Bar::alone(Style::Run, name, planned);
        let every = if bar.is_some() { DRAW_EVERY } else { PRINT_EVERY };
        let (mut drawn, mut before) = (Instant::now(), 0);
        self.watch(|sent| {
            let since = drawn.elapsed();
            if since < every {
                return;
            }
            let text = self.line((sent - before) as f64 / since.as_secs_f64());
            match &bar {
                Some(bar) => {
                    bar.set_done(sent);
                    bar.set_message(text);
                }
                None => command_line::message(&format!("  {name}: {sent} sent, {text}")),
            }
            (drawn, before) = (Instant::now(), sent);
        });
    }

    /// What matters most comes first: a terminal cuts the line off.
    fn line(&self, rate: f64) -> String {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let slowest_ms = self.slowest_ns.swap(0, Ordering::Relaxed) as f64 / 1e6;
        format!(
            "{rate:.0}/s, slowest {slowest_ms:.2} ms, {} wrong, {} errors, {} dropped, {} busy of {} connections",
            load(&self.wrong),
            load(&self.errors),
            load(&self.dropped),
            load(&self.in_flight),
            load(&self.connections)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_is_told_once() {
        let counts = LiveCounts::default();
        counts.slowest_ns.store(1_500_000, Ordering::Relaxed);
        counts.errors.store(3, Ordering::Relaxed);
        assert!(counts.line(900.0).starts_with("900/s, slowest 1.50 ms"));
        let line = counts.line(900.0);
        assert!(line.contains("slowest 0.00 ms") && line.contains("3 errors"), "{line}");
    }
}
