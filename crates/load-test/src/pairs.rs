//! Two targets in turn: is one really faster, or was it the machine?

use crate::payloads::Payloads;
use crate::report::LoadReport;
use crate::run::RunError;
use crate::target::Target;
use crate::test::Test;
use serde::Serialize;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs of A A and then of A B A B …
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pairs {
    /// A.
    pub target: String,
    /// B.
    pub against: String,
    /// Whether every run was carried through.
    pub complete: bool,
    /// Whether every run is valid.
    pub valid: bool,
    /// By measure; B to A, so that less than 1 means B is faster (for a rate: slower).
    pub ratios: Vec<Ratio>,
    /// A and A again, before everything else.
    pub noise: Vec<LoadReport>,
    /// A, B, A, B, …
    pub runs: Vec<LoadReport>,
}

/// How B relates to A in one measure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// Which measure.
    pub of: &'static str,
    /// The second run of A to the first: a difference no larger than that means nothing.
    pub noise: f64,
    /// B to A, pair by pair.
    pub each: Vec<f64>,
    /// Geometric mean of them.
    pub mean: f64,
    /// The least of them.
    pub least: f64,
    /// The most of them.
    pub most: f64,
}

impl Pairs {
    /// Runs `test` twice against A, then `count` times against A and B in turn.
    ///
    /// # Errors
    /// As of [`Test::run`], of the first run that fails.
    pub fn run(
        test: &Test,
        a: &Target,
        b: &Target,
        count: usize,
        payloads: &Payloads,
        stop: &AtomicBool,
    ) -> Result<Self, RunError> {
        let mut reports = Vec::with_capacity(2 + 2 * count);
        let turns = [a, a].into_iter().chain(std::iter::repeat_n([a, b], count).flatten());
        for (number, target) in turns.enumerate() {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let label = format!("{} of {}, {}", number + 1, 2 + 2 * count, if target == a { "A" } else { "B" });
            reports.push(test.run(target, payloads, stop, &label)?);
        }
        Ok(Self::of(a, b, count, reports))
    }

    fn of(a: &Target, b: &Target, count: usize, mut noise: Vec<LoadReport>) -> Self {
        let runs = noise.split_off(noise.len().min(2));
        let all = || noise.iter().chain(&runs);
        Self {
            target: a.to_string(),
            against: b.to_string(),
            complete: noise.len() == 2 && runs.len() == 2 * count && all().all(|report| report.complete),
            valid: all().all(|report| report.valid),
            ratios: ratios(&noise, &runs),
            noise,
            runs,
        }
    }
}

type Measure = (&'static str, fn(&LoadReport) -> Option<f64>);

const MEASURES: [Measure; 6] = [
    ("service p50", |report| Some(report.service_ms.p50)),
    ("service p99", |report| Some(report.service_ms.p99)),
    ("service p999", |report| Some(report.service_ms.p999)),
    ("latency p50", |report| Some(report.latency_ms.p50)),
    ("latency p99", |report| Some(report.latency_ms.p99)),
    ("rate held", |report| report.rate.map(|rate| rate.held)),
];

/// Measures that any run lacks, or that are 0, are left out.
fn ratios(noise: &[LoadReport], runs: &[LoadReport]) -> Vec<Ratio> {
    let ([first, second], pairs) = (noise, runs.chunks_exact(2)) else { return Vec::new() };
    let of = |&(name, measure): &Measure| {
        let ratio = |from: &LoadReport, to: &LoadReport| {
            let (from, to) = (measure(from)?, measure(to)?);
            (from > 0.0 && to > 0.0).then(|| to / from)
        };
        let each: Vec<f64> = pairs.clone().map(|pair| ratio(&pair[0], &pair[1])).collect::<Option<_>>()?;
        let mean = (each.iter().map(|ratio| ratio.ln()).sum::<f64>() / each.len() as f64).exp();
        let least = each.iter().copied().reduce(f64::min)?;
        let most = each.iter().copied().reduce(f64::max)?;
        Some(Ratio { of: name, noise: ratio(first, second)?, each, mean, least, most })
    };
    MEASURES.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;
    use crate::results::Rates;

    fn report(p99: f64, rate: Option<f64>) -> LoadReport {
        let mut report = example();
        report.service_ms.p99 = p99;
        report.rate = rate.map(|held| Rates { held, slowest_second: held, fastest_second: held });
        report
    }

    fn pairs(reports: Vec<LoadReport>) -> Pairs {
        let (a, b) = ("http://127.0.0.1:1".parse().unwrap(), "http://127.0.0.1:2".parse().unwrap());
        Pairs::of(&a, &b, 2, reports)
    }

    #[test]
    fn ratios_are_b_to_a_with_their_spread_and_the_noise() {
        let found = pairs([1.0, 1.1, 2.0, 1.0, 2.0, 4.0].map(|p99| report(p99, None)).to_vec());
        let p99 = found.ratios.iter().find(|ratio| ratio.of == "service p99").unwrap();
        assert_eq!((p99.noise, p99.each.as_slice()), (1.1, &[0.5, 2.0][..]));
        assert!((p99.mean - 1.0).abs() < 1e-12);
        assert_eq!((p99.least, p99.most), (0.5, 2.0));
        assert!(found.complete && found.valid);
        assert!(found.ratios.iter().all(|ratio| ratio.of != "rate held"));
    }

    #[test]
    fn closed_loops_compare_their_rates() {
        let found = pairs([10.0, 10.0, 10.0, 20.0, 10.0, 20.0].map(|rate| report(1.0, Some(rate))).to_vec());
        let rate = found.ratios.iter().find(|ratio| ratio.of == "rate held").unwrap();
        assert_eq!((rate.least, rate.most), (2.0, 2.0));
    }

    #[test]
    fn one_bad_run_spoils_the_whole_and_an_interrupted_one_leaves_it_incomplete() {
        let mut reports = vec![report(1.0, None); 6];
        reports[3].valid = false;
        assert!(!pairs(reports).valid);
        let interrupted = pairs(vec![report(1.0, None); 3]);
        assert!(!interrupted.complete && interrupted.ratios.is_empty());
        assert!(pairs(Vec::new()).ratios.is_empty());
    }
}
