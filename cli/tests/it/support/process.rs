//! What `/proc` tells about a process.

use rustix::process::{Pid, Signal, kill_process};
use std::collections::HashSet;
use std::fs;

/// Sends a signal to a process that a test started.
pub fn send(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}

/// True while the process exists and is no zombie.
pub fn lives(pid: u32) -> bool {
    status(pid, "State").is_some_and(|state| !state.starts_with('Z') && !state.starts_with('X'))
}

/// A figure of `/proc/PID/status`, such as `RssAnon` or `VmHWM` in KiB.
pub fn figure(pid: u32, name: &str) -> u64 {
    let value = status(pid, name).unwrap_or_else(|| panic!("process {pid} has no {name}"));
    value.split_whitespace().next().unwrap().parse().unwrap()
}

/// Accepted TCP connections of a process on `port`.
pub fn connections(pid: u32, port: u16) -> usize {
    let table = fs::read_to_string(format!("/proc/{pid}/net/tcp")).unwrap();
    let suffix = format!(":{port:04X}");
    let sockets: HashSet<String> = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields.len() > 9 && fields[1].ends_with(&suffix) && fields[3] == "01")
        .map(|fields| format!("socket:[{}]", fields[9]))
        .collect();
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let targets = descriptors.filter_map(|descriptor| fs::read_link(descriptor.ok()?.path()).ok());
    targets.filter(|target| sockets.contains(target.to_str().unwrap_or_default())).count()
}

fn status(pid: u32, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().to_owned())
}
