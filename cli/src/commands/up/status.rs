//! `fraudring up status`: what the running systems of this user do.

use super::admin::statuses;
use super::runtime_folder::RunningFolder;
use crate::console::advice::Advise;
use crate::console::exit::Outcome;
use crate::console::output;
use crate::console::progress::thousands;
use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// For the rate and the latency of now.
const INTERVAL: Duration = Duration::from_secs(1);

/// Options of `up status`.
#[derive(Args, Debug)]
pub struct StatusOptions {
    /// Only the system that serves from this folder in shared memory
    #[arg(long, value_name = "DIR")]
    shm_dir: Option<PathBuf>,
    /// Print one JSON document: the servers' own, and when
    #[arg(long)]
    json: bool,
}

/// Prints what is there now.
pub fn run(options: &StatusOptions) -> Result<Outcome> {
    let systems = running(options.shm_dir.as_deref())?;
    let sockets: Vec<Vec<PathBuf>> = systems.iter().map(RunningFolder::admin_sockets).collect();
    let begun = Instant::now();
    let before: Vec<Vec<Value>> = sockets.iter().map(|sockets| statuses(sockets)).collect();
    if options.json {
        let document: Vec<Value> = systems
            .iter()
            .zip(before)
            .map(|(system, servers)| json!({ "shm_dir": system.shm_dir, "servers": servers }))
            .collect();
        output::print_line(&serde_json::to_string_pretty(&json!({ "systems": document }))?)?;
        return Ok(Outcome::Done);
    }
    std::thread::sleep(INTERVAL);
    let after: Vec<Vec<Value>> = sockets.iter().map(|sockets| statuses(sockets)).collect();
    let seconds = begun.elapsed().as_secs_f64();
    let mut text = String::new();
    for ((system, before), after) in systems.iter().zip(&before).zip(&after) {
        writeln!(text, "{}", system.shm_dir.display())?;
        for line in lines(before, after, seconds) {
            writeln!(text, "  {line}")?;
        }
    }
    output::print_line(text.trim_end())?;
    Ok(Outcome::Done)
}

/// The running systems, or the one that serves from `shm_dir`.
///
/// # Errors
///
/// There is none.
pub fn running(shm_dir: Option<&std::path::Path>) -> Result<Vec<RunningFolder>> {
    let mut systems = RunningFolder::all();
    if let Some(wanted) = shm_dir {
        let wanted = std::path::absolute(wanted)?;
        systems.retain(|system| system.shm_dir == wanted);
    }
    if systems.is_empty() {
        return Err(anyhow::anyhow!("no `fraudring up` of this user runs"))
            .advise(|| "start one: fraudring up".to_owned());
    }
    Ok(systems)
}

/// A table: a row for each server, and one for all if there are several.
fn lines(before: &[Value], after: &[Value], seconds: f64) -> Vec<String> {
    let mut lines = vec![format!(
        "{:<8} {:>8} {:>9} {:>9} {:>10} {:>10} {:>8} {:>10}  {}",
        "server", "phase", "rate/s", "p99 us", "approved", "denied", "open", "private", "index"
    )];
    let interval = |server: &Value| {
        let earlier = before.iter().find(|earlier| earlier["pid"] == server["pid"]);
        Interval::between(earlier.unwrap_or(&Value::Null), server)
    };
    let intervals: Vec<Interval> = after.iter().map(interval).collect();
    for (server, interval) in after.iter().zip(&intervals) {
        lines.push(row(server["instance"].as_str().unwrap_or("?"), &[server], interval, seconds));
    }
    if after.len() > 1 {
        let all: Vec<&Value> = after.iter().collect();
        lines.push(row("all", &all, &Interval::sum(&intervals), seconds));
    }
    lines
}

fn row(name: &str, servers: &[&Value], interval: &Interval, seconds: f64) -> String {
    let sum = |pointer: &str| -> u64 {
        servers.iter().filter_map(|server| server.pointer(pointer).and_then(Value::as_u64)).sum()
    };
    let same = |pointer: &str| -> String {
        let text = |server: &&Value| match server.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => "-".to_owned(),
            Some(value) => value.to_string(),
        };
        let mut texts: Vec<String> = servers.iter().map(text).collect();
        texts.dedup();
        texts.join(", ")
    };
    let p99 = interval.quantile(0.99).map_or_else(|| "-".to_owned(), |ns| format!("{:.1}", ns as f64 / 1e3));
    format!(
        "{name:<8} {:>8} {:>9.1} {p99:>9} {:>10} {:>10} {:>8} {:>7.1} MB  {} (generation {})",
        same("/phase"),
        interval.count() as f64 / seconds,
        thousands(sum("/requests/approved")),
        thousands(sum("/requests/denied")),
        thousands(sum("/connections/open")),
        sum("/memory/private_bytes") as f64 / 1e6,
        same("/generation/checksum"),
        same("/generation/number"),
    )
}

/// What a histogram counted between two looks, by upper bound.
#[derive(Clone, Debug, Default)]
struct Interval(Vec<(u64, u64)>);

impl Interval {
    fn between(before: &Value, after: &Value) -> Self {
        let list = |server: &Value, name: &str| -> Vec<u64> {
            let values = server.pointer(&format!("/latency/whole/{name}")).and_then(Value::as_array);
            values.map(|values| values.iter().filter_map(Value::as_u64).collect()).unwrap_or_default()
        };
        let (earlier, later) = (list(before, "counts"), list(after, "counts"));
        let bounds = list(after, "upper_bounds_ns").into_iter().chain([u64::MAX]);
        let counts = later.iter().enumerate().map(|(n, count)| count.saturating_sub(*earlier.get(n).unwrap_or(&0)));
        Self(bounds.zip(counts).collect())
    }

    fn sum(intervals: &[Self]) -> Self {
        let mut all: Vec<(u64, u64)> = Vec::new();
        for (n, &(bound, count)) in intervals.iter().flat_map(|interval| interval.0.iter().enumerate()) {
            match all.get_mut(n) {
                Some((_, sum)) => *sum += count,
                None => all.push((bound, count)),
            }
        }
        Self(all)
    }

    fn count(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// The upper bound of the bucket that this share of all is not above.
    fn quantile(&self, share: f64) -> Option<u64> {
        let rank = (self.count() as f64 * share).ceil() as u64;
        let mut seen = 0;
        let bucket = self.0.iter().find(|(_, count)| {
            seen += count;
            seen >= rank
        });
        bucket.filter(|_| rank > 0).map(|(bound, _)| *bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(counts: [u64; 3]) -> Value {
        json!({ "pid": 1, "instance": "1/2", "phase": "ready", "requests": { "approved": 7, "denied": 3 },
            "connections": { "open": 2 }, "memory": { "private_bytes": 9_000_000 },
            "generation": { "checksum": "c0ffee", "number": 4 },
            "latency": { "whole": { "upper_bounds_ns": [100, 200], "counts": counts } } })
    }

    #[test]
    fn rate_and_latency_are_those_of_the_interval() {
        let interval = Interval::between(&server([5, 1, 0]), &server([105, 1, 1]));
        assert_eq!(
            (interval.count(), interval.quantile(0.5), interval.quantile(0.999)),
            (101, Some(100), Some(u64::MAX))
        );
        assert_eq!(Interval::between(&server([1, 0, 0]), &server([1, 0, 0])).quantile(0.99), None);
    }

    #[test]
    fn several_servers_are_added_up() {
        let mut other = server([0, 10, 0]);
        other["pid"] = 2.into();
        other["instance"] = "2/2".into();
        let before = [server([0, 0, 0])];
        let lines = lines(&before, &[server([10, 0, 0]), other], 2.0);
        assert_eq!(lines.len(), 4);
        let all: Vec<&str> = lines[3].split_whitespace().collect();
        assert_eq!(&all[..7], ["all", "ready", "10.0", "0.2", "14", "6", "4"]);
        assert!(lines[3].contains("c0ffee (generation 4)"), "{}", lines[3]);
    }
}
