//! Whether a server lives, by what it reports.

use crate::limits::LATE_BEFORE_MS;
use handoff::{Report, Standing};

/// What is to be done with a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// It is not there, or has said nothing yet.
    #[default]
    Absent,
    /// It has nothing to answer by yet.
    Starting,
    /// It gets connections.
    Ready,
    /// It stops: what it has not read of goes to others.
    Draining,
    /// It gives no sign of life: what it has not read of goes to others.
    Late,
    /// For so long that it is lost: what it has read of is closed, too.
    Hung,
}

/// The signs of life of one server.
#[derive(Debug)]
pub struct Pulse {
    timeout_ms: u64,
    beats: u64,
    /// When the last change was seen.
    seen_ms: u64,
}

impl Pulse {
    /// Of a server that is lost after `timeout_ms` without a beat.
    pub fn new(timeout_ms: u64) -> Self {
        Self { timeout_ms, beats: 0, seen_ms: 0 }
    }

    /// Gives it its time anew: the balancer itself was not there to look.
    pub fn excuse(&mut self, now_ms: u64) {
        self.seen_ms = now_ms;
    }

    /// Judges by a report.
    pub fn judge(&mut self, report: Report, now_ms: u64) -> Health {
        if self.beats != report.beats {
            self.beats = report.beats;
            self.seen_ms = now_ms;
        }
        let silent_ms = now_ms.saturating_sub(self.seen_ms);
        match report.standing {
            Standing::Silent => Health::Absent,
            _ if silent_ms >= self.timeout_ms => Health::Hung,
            _ if silent_ms >= self.timeout_ms - LATE_BEFORE_MS => Health::Late,
            Standing::Starting => Health::Starting,
            Standing::Ready => Health::Ready,
            Standing::Draining => Health::Draining,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(beats: u64, standing: Standing) -> Report {
        Report { beats, standing, open: 0 }
    }

    #[test]
    fn a_server_is_ready_as_long_as_it_beats_and_says_so() {
        let mut pulse = Pulse::new(300);
        assert_eq!(pulse.judge(report(0, Standing::Silent), 1_000), Health::Absent);
        assert_eq!(pulse.judge(report(1, Standing::Starting), 1_000), Health::Starting);
        assert_eq!(pulse.judge(report(2, Standing::Ready), 1_025), Health::Ready);
        assert_eq!(pulse.judge(report(2, Standing::Ready), 1_225), Health::Ready);
        assert_eq!(pulse.judge(report(3, Standing::Draining), 1_230), Health::Draining);
    }

    #[test]
    fn a_server_without_a_beat_is_late_and_then_lost_and_comes_back() {
        let mut pulse = Pulse::new(300);
        let mut at = |beats, now_ms| pulse.judge(report(beats, Standing::Ready), now_ms);
        assert_eq!([at(1, 0), at(1, 249), at(1, 250), at(1, 299)], {
            [Health::Ready, Health::Ready, Health::Late, Health::Late]
        });
        assert_eq!([at(1, 300), at(1, 9_000), at(2, 9_001)], [Health::Hung, Health::Hung, Health::Ready]);
    }

    #[test]
    fn a_balancer_that_stood_still_itself_blames_nobody() {
        let mut pulse = Pulse::new(300);
        pulse.judge(report(1, Standing::Ready), 0);
        pulse.excuse(4_000);
        assert_eq!(pulse.judge(report(1, Standing::Ready), 4_000), Health::Ready);
        assert_eq!(pulse.judge(report(1, Standing::Ready), 4_300), Health::Hung);
    }
}
