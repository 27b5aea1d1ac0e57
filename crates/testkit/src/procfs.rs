//! What `/proc` tells about a process.

use std::collections::HashSet;
use std::fs;

/// A line of `/proc/PID/status` without its name; nothing for a process that is gone.
///
/// ```
/// assert_eq!(testkit::procfs::status(std::process::id(), "Pid"), Some(std::process::id().to_string()));
/// ```
pub fn status(pid: u32, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().to_owned())
}

/// A figure of `/proc/PID/status`, such as `RssAnon` or `VmHWM` in KiB.
///
/// # Panics
///
/// If the process is gone or has no such figure.
#[track_caller]
pub fn figure(pid: u32, name: &str) -> u64 {
    let value = status(pid, name).unwrap_or_else(|| panic!("process {pid} has no {name}"));
    value.split_whitespace().next().and_then(|figure| figure.parse().ok()).expect("a figure")
}

/// Whether the process exists and is no zombie.
pub fn lives(pid: u32) -> bool {
    status(pid, "State").is_some_and(|state| !state.starts_with('Z') && !state.starts_with('X'))
}

/// Whether a signal to stop has taken effect on the process.
pub fn is_stopped(pid: u32) -> bool {
    status(pid, "State").is_some_and(|state| state.starts_with('T'))
}

/// How many descriptors the process has open.
///
/// # Panics
///
/// If the process is gone or another user's.
#[track_caller]
pub fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).expect("the process lives").count()
}

/// Processor time of the process so far, in units of 10 ms.
///
/// # Panics
///
/// If the process is gone.
#[track_caller]
pub fn cpu_ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process lives");
    // The name before the bracket may contain spaces.
    let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
    let times = fields.split_whitespace().skip(11).take(2);
    times.map(|ticks| ticks.parse::<u64>().expect("a number of ticks")).sum()
}

/// Accepted TCP connections of the process on `port`.
///
/// # Panics
///
/// If the process is gone or another user's.
#[track_caller]
pub fn connections(pid: u32, port: u16) -> usize {
    let table = fs::read_to_string(format!("/proc/{pid}/net/tcp")).expect("the process lives");
    let suffix = format!(":{port:04X}");
    let sockets: HashSet<String> = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields.len() > 9 && fields[1].ends_with(&suffix) && fields[3] == "01")
        .map(|fields| format!("socket:[{}]", fields[9]))
        .collect();
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).expect("the process lives");
    let targets = descriptors.filter_map(|descriptor| fs::read_link(descriptor.ok()?.path()).ok());
    targets.filter(|target| sockets.contains(target.to_str().unwrap_or_default())).count()
}
