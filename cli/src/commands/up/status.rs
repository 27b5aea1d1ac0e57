//! `fraudring up status`: what the running systems of this user do.

use super::admin::statuses;
use super::interval::{Interval, sum};
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

/// The schema by whose rows servers answer; `None` if they answer by references.
pub fn schema_of(servers: &[Value]) -> Option<&str> {
    servers.iter().find_map(|server| server.pointer("/generation/schema/name")?.as_str())
}

/// What is counted of the requests of servers, in two columns.
fn counted(servers: &[Value]) -> [&'static str; 2] {
    if schema_of(servers).is_some() { ["scored", "refused"] } else { ["approved", "denied"] }
}

/// A table: a row for each server, and one for all if there are several.
fn lines(before: &[Value], after: &[Value], seconds: f64) -> Vec<String> {
    let counted = counted(after);
    let mut lines = vec![format!(
        "{:<8} {:>8} {:>9} {:>9} {:>10} {:>10} {:>8} {:>10}  {}",
        "server", "phase", "rate/s", "p99 us", counted[0], counted[1], "open", "private", "index"
    )];
    let intervals: Vec<Interval> = after.iter().map(|server| Interval::since(before, server)).collect();
    for (server, interval) in after.iter().zip(&intervals) {
        let name = server["instance"].as_str().unwrap_or("?");
        lines.push(row(name, &[server], counted, interval, seconds));
    }
    if after.len() > 1 {
        let all: Vec<&Value> = after.iter().collect();
        lines.push(row("all", &all, counted, &Interval::sum(&intervals), seconds));
    }
    lines
}

fn row(name: &str, servers: &[&Value], counted: [&str; 2], interval: &Interval, seconds: f64) -> String {
    let sum = |pointer: &str| sum(servers.iter().copied(), pointer);
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
    let p99 = interval.p99_us();
    let [first, second] = counted.map(|name| thousands(sum(&format!("/requests/{name}"))));
    format!(
        "{name:<8} {:>8} {:>9.1} {p99:>9} {first:>10} {second:>10} {:>8} {:>7.1} MB  {} (generation {})",
        same("/phase"),
        interval.count() as f64 / seconds,
        thousands(sum("/connections/open")),
        sum("/memory/private_bytes") as f64 / 1e6,
        same("/generation/checksum"),
        same("/generation/number"),
    )
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

    #[test]
    fn answers_by_rows_are_not_approved_or_denied() {
        let mut server = server([1, 0, 0]);
        server["generation"]["schema"] = json!({ "name": "loans" });
        server["requests"] = json!({ "approved": 0, "denied": 0, "scored": 8, "refused": 2 });
        assert_eq!(schema_of(std::slice::from_ref(&server)), Some("loans"));
        let lines = lines(&[], &[server], 1.0);
        assert!(lines[0].contains("scored    refused") && !lines[0].contains("denied"), "{}", lines[0]);
        let row: Vec<&str> = lines[1].split_whitespace().collect();
        assert_eq!(&row[..6], ["1/2", "ready", "1.0", "0.1", "8", "2"]);
    }
}
