//! A line on the terminal that tells how a running system does, until it ends.

use super::admin::statuses;
use super::interval::{Interval, sum};
use super::status::schema_of;
use crate::console::progress::{Reporter, thousands};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_secs(1);

/// While it lives the line is drawn anew every second; dropping it erases the line.
pub struct LiveLine {
    reporter: Arc<Reporter>,
    /// Set when the line is erased for good: a later draw does nothing.
    has_ended: Arc<Mutex<bool>>,
    /// Its end ends the thread.
    _end: Sender<()>,
}

impl LiveLine {
    /// Begins to draw, where lines can be drawn over; asks the servers by their admin sockets.
    pub fn start(reporter: &Arc<Reporter>, sockets: Vec<PathBuf>) -> Option<Self> {
        if !reporter.draws() {
            return None;
        }
        let (end, ended) = channel();
        let line = Self { reporter: Arc::clone(reporter), has_ended: Arc::default(), _end: end };
        let (reporter, has_ended) = (Arc::clone(reporter), Arc::clone(&line.has_ended));
        std::thread::spawn(move || {
            let (mut before, mut looked) = (statuses(&sockets), Instant::now());
            while ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                let (after, now) = (statuses(&sockets), Instant::now());
                let text = text(&before, &after, sockets.len(), (now - looked).as_secs_f64());
                let has_ended = has_ended.lock().unwrap_or_else(PoisonError::into_inner);
                if !*has_ended {
                    reporter.set_figures(Some(&format!("  {text}")));
                }
                (before, looked) = (after, now);
            }
        });
        Some(line)
    }
}

impl Drop for LiveLine {
    fn drop(&mut self) {
        let mut has_ended = self.has_ended.lock().unwrap_or_else(PoisonError::into_inner);
        *has_ended = true;
        self.reporter.set_figures(None);
    }
}

/// What matters most comes first: a terminal cuts the line off.
fn text(before: &[Value], after: &[Value], servers: usize, seconds: f64) -> String {
    let intervals: Vec<Interval> = after.iter().map(|server| Interval::since(before, server)).collect();
    let all = Interval::sum(&intervals);
    let a_second = |pointer: &str| {
        let more = sum(after.iter(), pointer).saturating_sub(sum(before.iter(), pointer));
        thousands((more as f64 / seconds).round() as u64)
    };
    let decisions = match schema_of(after) {
        Some(_) => String::new(),
        None => {
            format!("{} approved/s, {} denied/s, ", a_second("/requests/approved"), a_second("/requests/denied"))
        }
    };
    let mut text = format!(
        "{}/s, p99 {} us, {decisions}{} refused",
        thousands((all.count() as f64 / seconds).round() as u64),
        all.p99_us(),
        thousands(sum(after.iter(), "/requests/refused")),
    );
    if after.len() < servers {
        text = format!("{} of {servers} servers answer; {text}", after.len());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn server(pid: u32, approved: u64, denied: u64, refused: u64) -> Value {
        json!({ "pid": pid, "requests": { "approved": approved, "denied": denied, "refused": refused },
            "latency": { "whole": { "upper_bounds_ns": [10_000, 20_000], "counts": [approved, denied, 0] } } })
    }

    #[test]
    fn all_servers_are_told_as_one_and_one_that_is_silent_first_of_all() {
        let before = [server(1, 10, 0, 1), server(2, 0, 0, 0)];
        let after = [server(1, 2_010, 4, 2), server(2, 1_000, 1_000, 1)];
        assert_eq!(text(&before, &after, 2, 2.0), "2,002/s, p99 20.0 us, 1,500 approved/s, 502 denied/s, 3 refused");
        assert!(text(&before, &after[..1], 2, 2.0).starts_with("1 of 2 servers answer; 1,002/s, "));
        assert_eq!(text(&after, &after, 2, 1.0), "0/s, p99 - us, 0 approved/s, 0 denied/s, 3 refused");
        let mut by_rows = server(1, 500, 0, 2);
        by_rows["generation"] = json!({ "schema": { "name": "loans" } });
        assert_eq!(text(&[], &[by_rows], 1, 1.0), "500/s, p99 10.0 us, 2 refused");
    }
}
