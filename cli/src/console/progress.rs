//! Progress on stderr: bars where they can be drawn, one plain line a phase elsewhere.

use command_line::progress::{Bar, Bars, Style};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Turns the `(phase, done, total)` calls of the other crates into something to look at.
pub struct Reporter {
    phases: Mutex<HashMap<&'static str, Phase>>,
    /// `None`: they cannot be drawn.
    bars: Option<Bars>,
}

struct Phase {
    started: Instant,
    done: u64,
    bar: Option<Bar>,
}

impl Reporter {
    /// Reports on stderr.
    pub fn stderr() -> Self {
        Self { phases: Mutex::new(HashMap::new()), bars: Bars::on_stderr() }
    }

    /// The callback to hand to `dataset`, `index` and `shm_loader`; `total` 0 means unknown.
    pub fn report(&self, phase: &'static str, done: u64, total: u64) {
        let mut phases = self.phases.lock().unwrap_or_else(PoisonError::into_inner);
        let state = phases.entry(phase).or_insert_with(|| self.start(phase, total));
        // calls of several threads may overtake each other
        state.done = state.done.max(done);
        if let Some(bar) = &state.bar {
            bar.set(state.done, total);
        }
        if done == total
            && total > 0
            && let Some(state) = phases.remove(phase)
        {
            self.finish(phase, total, state);
        }
    }

    /// Whether lines can be drawn over. Where they can, everything on stderr is to come through [`Reporter::note`].
    pub fn draws(&self) -> bool {
        self.bars.is_some()
    }

    /// Draws a line of figures below everything else, in place of the one before, or erases it. Not while a phase lasts.
    pub fn set_figures(&self, text: Option<&str>) {
        if let Some(bars) = &self.bars {
            bars.set_figures(text);
        }
    }

    /// A line between the bars.
    pub fn note(&self, text: &str) {
        match &self.bars {
            Some(bars) => bars.note(text),
            None => command_line::message(text),
        }
    }

    fn start(&self, phase: &'static str, total: u64) -> Phase {
        let known = (total > 0).then_some(total);
        let bar = self.bars.as_ref().map(|bars| bars.add(Style::Phase, phase, known));
        Phase { started: Instant::now(), done: 0, bar }
    }

    fn finish(&self, phase: &'static str, total: u64, state: Phase) {
        let elapsed = state.started.elapsed();
        // its bar is gone before its line comes
        drop(state);
        self.note(&line(phase, total, elapsed));
    }
}

fn line(phase: &str, total: u64, elapsed: Duration) -> String {
    format!("  {phase}: {} in {:.1} s", thousands(total), elapsed.as_secs_f64())
}

/// `3000000` -> `3,000,000`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Reporter {
        Reporter { phases: Mutex::new(HashMap::new()), bars: None }
    }

    #[test]
    fn thousands_are_grouped_from_the_right() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000), "1,000");
        assert_eq!(thousands(54_100), "54,100");
        assert_eq!(thousands(3_000_000), "3,000,000");
    }

    #[test]
    fn a_finished_phase_is_forgotten_and_an_open_one_keeps_its_highest_count() {
        let reporter = plain();
        reporter.report("drawing", 0, 10);
        reporter.report("drawing", 7, 10);
        reporter.report("drawing", 3, 10);
        assert_eq!(reporter.phases.lock().unwrap()["drawing"].done, 7);
        reporter.report("drawing", 10, 10);
        assert!(reporter.phases.lock().unwrap().is_empty());
    }
}
