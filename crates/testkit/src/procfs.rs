//! What `/proc` tells about a process.

use std::collections::HashMap;
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
    accepted(pid, port).len()
}

/// What has come for the process on accepted TCP connections of `port` and it has not read, in bytes.
///
/// # Panics
///
/// If the process is gone or another user's.
#[track_caller]
pub fn unread_bytes(pid: u32, port: u16) -> u64 {
    accepted(pid, port).iter().sum()
}

/// Of each accepted TCP connection of the process on `port`: how many bytes it has not read.
#[track_caller]
fn accepted(pid: u32, port: u16) -> Vec<u64> {
    let table = fs::read_to_string(format!("/proc/{pid}/net/tcp")).expect("the process lives");
    let suffix = format!(":{port:04X}");
    let unread: HashMap<String, u64> = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields.len() > 9 && fields[1].ends_with(&suffix) && fields[3] == "01")
        .map(|fields| {
            let (_, bytes) = fields[4].split_once(':').expect("both queues of a socket");
            (format!("socket:[{}]", fields[9]), u64::from_str_radix(bytes, 16).expect("a hexadecimal number"))
        })
        .collect();
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).expect("the process lives");
    let targets = descriptors.filter_map(|descriptor| fs::read_link(descriptor.ok()?.path()).ok());
    targets.filter_map(|target| unread.get(target.to_str()?).copied()).collect()
}
