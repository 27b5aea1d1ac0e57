//! What is sent when: a plan in words, and the intended time of each of its requests.

use std::fmt::{self, Display};
use std::str::FromStr;

/// The most requests of one plan; their texts lie in memory, about 600 bytes each.
pub const MAX_REQUESTS: u64 = 1_000_000;
/// The longest plan, in seconds.
pub const MAX_SECONDS: f64 = 3600.0;
/// The highest rate, in requests per second.
pub const MAX_RATE: f64 = 1_000_000.0;
/// The most connections of a closed loop.
pub const MAX_CONNECTIONS: usize = 4096;

const SATURATE_CONNECTIONS: usize = 64;
const SATURATE_SECONDS: f64 = 10.0;

const NANOSECONDS: f64 = 1e9;

/// A plan: `preview`, `final`, `steady:RATE,SECONDS` and `ramp:FROM,TO,SECONDS`, joined by `+`, or
/// `saturate[:CONNECTIONS,SECONDS]`.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Requests leave at their times, whatever became of the ones before.
    Open(Schedule),
    /// Each connection sends its next request when it has the answer to the last.
    Saturate {
        /// How many connections.
        connections: usize,
        /// For how long.
        seconds: f64,
    },
    /// Each payload once on one connection, each when the one before it has its answer. Not in the grammar: it is how
    /// payloads are replayed.
    Sequential,
}

/// Intended times of the requests of an open loop.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    text: String,
    stages: Vec<Stage>,
    count: u64,
}

/// A rate that grows or falls evenly.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stage {
    /// Requests per second at its start.
    from: f64,
    /// Requests per second at its end.
    to: f64,
    seconds: f64,
    /// Seconds before it.
    start: f64,
    /// Requests before it, whole and broken: the integral of the rate.
    before: f64,
}

/// Why a text is no plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// A word that is not in the grammar.
    #[error(
        "`{0}` is no plan; give preview, final, steady:RATE,SECONDS, ramp:FROM,TO,SECONDS, several of them joined \
         by +, or saturate[:CONNECTIONS,SECONDS]"
    )]
    Unknown(String),
    /// Not the numbers that the word takes.
    #[error("`{part}` needs {usage}")]
    Numbers {
        /// What was given.
        part: String,
        /// What to type.
        usage: &'static str,
    },
    /// A number out of its range.
    #[error("`{part}`: the {name} must be from {least} to {most}")]
    OutOfRange {
        /// What was given.
        part: String,
        /// Which number.
        name: &'static str,
        /// The least allowed.
        least: f64,
        /// The most allowed.
        most: f64,
    },
    /// A closed loop joined with something.
    #[error("saturate stands alone: it cannot be joined with +")]
    SaturateJoined,
    /// No request at all.
    #[error("`{0}` sends nothing: raise the rate or the seconds")]
    Empty(String),
    /// Too many requests.
    #[error("`{plan}` sends {count} requests; the limit is {MAX_REQUESTS}: lower the rate or the seconds")]
    TooMany {
        /// What was given.
        plan: String,
        /// Its requests.
        count: u64,
    },
}

impl FromStr for Plan {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.split('+').any(|part| part == "saturate" || part.starts_with("saturate:")) {
            return if text.contains('+') { Err(PlanError::SaturateJoined) } else { saturate(text) };
        }
        let mut stages = Vec::new();
        let (mut start, mut before) = (0.0, 0.0);
        for part in text.split('+') {
            let (from, to, seconds) = stage(part)?;
            let stage = Stage { from, to, seconds, start, before };
            start += seconds;
            before += stage.area();
            stages.push(stage);
        }
        within(text, "sum of seconds", start, 0.0, MAX_SECONDS)?;
        // Stages of broken lengths may end a hair before a whole request.
        let count = (before + 1e-6).floor() as u64;
        match count {
            0 => Err(PlanError::Empty(text.to_owned())),
            _ if count > MAX_REQUESTS => Err(PlanError::TooMany { plan: text.to_owned(), count }),
            _ => Ok(Self::Open(Schedule { text: text.to_owned(), stages, count })),
        }
    }
}

impl Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(schedule) => f.write_str(&schedule.text),
            Self::Saturate { connections, seconds } => write!(f, "saturate:{connections},{seconds}"),
            Self::Sequential => f.write_str("sequential"),
        }
    }
}

impl Plan {
    /// Requests it sends; `None` where that is not the plan's to say: for a closed loop the target's speed decides, for a
    /// sequential plan the payloads.
    pub fn count(&self) -> Option<u64> {
        match self {
            Self::Open(schedule) => Some(schedule.count()),
            Self::Saturate { .. } | Self::Sequential => None,
        }
    }
}

impl Schedule {
    /// How many requests: the whole part of the integral of the rate.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Intended times in nanoseconds after the start, never falling: request i (from 1) leaves when the integral of
    /// the rate has reached i.
    pub fn times(&self) -> IntendedTimes<'_> {
        IntendedTimes { schedule: self, stage: 0, done: 0 }
    }
}

/// See [`Schedule::times`].
#[derive(Clone, Debug)]
pub struct IntendedTimes<'a> {
    schedule: &'a Schedule,
    stage: usize,
    done: u64,
}

impl Iterator for IntendedTimes<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        if self.done == self.schedule.count {
            return None;
        }
        self.done += 1;
        let stages = &self.schedule.stages;
        while self.stage + 1 < stages.len() && stages[self.stage + 1].before < self.done as f64 {
            self.stage += 1;
        }
        Some((stages[self.stage].time_of(self.done as f64) * NANOSECONDS) as u64)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.schedule.count - self.done) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for IntendedTimes<'_> {}

impl Stage {
    /// Requests in it: the integral of its rate.
    fn area(&self) -> f64 {
        self.seconds * (self.from + self.to) / 2.0
    }

    /// Seconds from the plan's start until the integral reaches `requests`.
    ///
    /// The rate after t seconds is `from + g t` with `g = (to - from) / seconds`, so the wanted t solves
    /// `from t + g t^2 / 2 = a`. In this form of the solution nothing cancels, and it holds for `g = 0` too.
    fn time_of(&self, requests: f64) -> f64 {
        let a = requests - self.before;
        let growth = (self.to - self.from) / self.seconds;
        let root = (self.from * self.from + 2.0 * growth * a).max(0.0).sqrt();
        self.start + (2.0 * a / (self.from + root)).min(self.seconds)
    }
}

/// (from, to, seconds) of a word of the grammar.
fn stage(part: &str) -> Result<(f64, f64, f64), PlanError> {
    let (name, arguments) = part.split_once(':').map_or((part, None), |(name, rest)| (name, Some(rest)));
    let (from, to, seconds) = match (name, arguments) {
        ("preview", None) => (1.0, 900.0, 120.0),
        ("final", None) => (1.0, 1200.0, 120.0),
        ("steady", _) => {
            let [rate, seconds] = numbers(part, arguments, "steady:RATE,SECONDS, such as steady:900,30")?;
            (rate, rate, seconds)
        }
        ("ramp", _) => {
            let [from, to, seconds] = numbers(part, arguments, "ramp:FROM,TO,SECONDS, such as ramp:1,900,120")?;
            (from, to, seconds)
        }
        _ => return Err(PlanError::Unknown(part.to_owned())),
    };
    within(part, "rate", from, 0.0, MAX_RATE)?;
    within(part, "rate", to, 0.0, MAX_RATE)?;
    within(part, "number of seconds", seconds, 0.001, MAX_SECONDS)?;
    Ok((from, to, seconds))
}

fn saturate(text: &str) -> Result<Plan, PlanError> {
    let Some((_, arguments)) = text.split_once(':') else {
        return Ok(Plan::Saturate { connections: SATURATE_CONNECTIONS, seconds: SATURATE_SECONDS });
    };
    let usage = "saturate:CONNECTIONS,SECONDS, such as saturate:64,10";
    let [connections, seconds] = numbers(text, Some(arguments), usage)?;
    within(text, "number of connections", connections, 1.0, MAX_CONNECTIONS as f64)?;
    within(text, "number of seconds", seconds, 0.001, MAX_SECONDS)?;
    if connections.fract() != 0.0 {
        return Err(PlanError::Numbers { part: text.to_owned(), usage });
    }
    Ok(Plan::Saturate { connections: connections as usize, seconds })
}

fn numbers<const N: usize>(part: &str, arguments: Option<&str>, usage: &'static str) -> Result<[f64; N], PlanError> {
    let wrong = || PlanError::Numbers { part: part.to_owned(), usage };
    let texts = arguments.ok_or_else(wrong)?.split(',');
    let values: Vec<f64> = texts.map(|text| text.trim().parse().map_err(|_| wrong())).collect::<Result<_, _>>()?;
    values.try_into().map_err(|_| wrong())
}

fn within(part: &str, name: &'static str, value: f64, least: f64, most: f64) -> Result<(), PlanError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(PlanError::OutOfRange { part: part.to_owned(), name, least, most })
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
