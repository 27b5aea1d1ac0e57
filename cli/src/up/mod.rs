//! `fraudring up`: the whole system with one command, and its orderly end.
//!
//! What lives is held by values that undo themselves when dropped, in this order: processes, runtime folder, segment,
//! claims. So every way out of `run`, an error included, leaves nothing behind.

mod children;
mod claim;
mod greeting;
mod haproxy;
mod listening;
mod ready;
mod segment;
mod start;

use crate::advice::Advise;
use crate::data::{DataFolder, DataOption};
use crate::exit::Outcome;
use crate::interrupt;
use crate::progress::Reporter;
use anyhow::{Context, Result};
use claim::{Address, Claim};
use clap::Args;
use haproxy::Haproxy;
use segment::Segment;
use signal_hook::consts::SIGCHLD;
use signal_hook::iterator::Signals;
use start::{Front, Plan, System};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

/// Options of `up`.
#[derive(Args, Debug)]
#[command(after_help = "\
The first start generates the official references and builds the index (some seconds and about 1 GB of memory),
later ones find it in the data folder. Ctrl-C or SIGTERM stops everything in order and removes the index from shared
memory. If one of the processes ends by itself, everything is stopped and the exit status is 1. RUST_LOG=info shows
what the servers say about their start.

Examples:
  fraudring up
  fraudring up --port 8080 --cpus 0,1
  fraudring up --no-haproxy --keep
  fraudring up --shm-dir /dev/shm/second --port 10000")]
pub struct Options {
    /// Port to answer on; 0 takes any free one and prints it
    #[arg(long, default_value_t = 9999)]
    port: u16,
    /// Address to answer on; 0.0.0.0 for every one of this machine
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    #[command(flatten)]
    data: DataOption,
    /// Folder in shared memory that holds the index
    #[arg(long, value_name = "DIR", env = "FRAUDRING_SHM_DIR", default_value = shm_loader::DEFAULT_DIR)]
    shm_dir: PathBuf,
    /// One CPU for each of the two servers [default: chosen by the servers]
    #[arg(long, value_name = "A,B", value_parser = two_cpus)]
    cpus: Option<[usize; 2]>,
    /// Without a load balancer: both servers listen on the port
    #[arg(long)]
    no_haproxy: bool,
    /// Fail if haproxy is not installed, instead of going on without; it is looked for in PATH, or at FRAUDRING_HAPROXY
    #[arg(long, conflicts_with = "no_haproxy")]
    haproxy: bool,
    /// Leave the index in shared memory at the end
    #[arg(long)]
    keep: bool,
}

/// Runs the system until it is asked to stop, or until a part of it ends.
pub fn run(options: &Options) -> Result<Outcome> {
    let reporter = Reporter::stderr();
    let _folder = Claim::folder(&options.shm_dir)?;
    let address = Address::take(options.host, options.port)?;
    let front = front(options, &reporter)?;
    let index_file = DataFolder::open(&options.data)?.official_index(&reporter)?;

    // until here a signal may simply end the process; from here on there is something to undo
    let mut signals =
        Signals::new(interrupt::ENDING.into_iter().chain([SIGCHLD])).context("cannot watch for signals")?;
    interrupt::take_over();
    let segment = Segment::load(&index_file, &options.shm_dir, options.keep, &reporter)?;
    let plan = Plan { address: address.address, shm_dir: options.shm_dir.clone(), cpus: options.cpus, front };
    let mut system = System::start(plan)?;
    if system.bring_up(&mut signals)? {
        greeting::print(&system, segment.published())?;
        system.watch(&mut signals)?;
    }
    reporter.note("stopping");
    drop(system);
    drop(segment);
    reporter.note(if options.keep { "stopped; the index stays in shared memory" } else { "stopped" });
    Ok(Outcome::Done)
}

fn front(options: &Options, reporter: &Reporter) -> Result<Front> {
    if options.no_haproxy {
        return Ok(Front::SharedPort);
    }
    match Haproxy::find() {
        Some(haproxy) => {
            if let Some(shortage) = haproxy.shortage() {
                reporter.note(&shortage);
            }
            Ok(Front::Haproxy(haproxy))
        }
        None if options.haproxy => Err(anyhow::anyhow!("haproxy is not installed"))
            .advise(|| "install it: apt-get install haproxy; or go without: fraudring up --no-haproxy".to_owned()),
        None => {
            reporter.note(
                "haproxy is not installed, so the two servers share the port themselves; \
                 to put haproxy in front: apt-get install haproxy",
            );
            Ok(Front::SharedPort)
        }
    }
}

fn two_cpus(text: &str) -> Result<[usize; 2]> {
    let cpus = text.split(',').map(|cpu| cpu.trim().parse()).collect::<Result<Vec<usize>, _>>();
    match cpus.as_deref() {
        Ok(&[first, second]) => Ok([first, second]),
        _ => anyhow::bail!("two numbers are needed, one for each server, like 0,1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_two_cpus_are_taken() {
        assert_eq!(two_cpus("0,1").unwrap(), [0, 1]);
        assert_eq!(two_cpus("3, 3").unwrap(), [3, 3]);
        for text in ["", "1", "0,1,2", "a,b", "-1,0"] {
            assert!(two_cpus(text).is_err(), "{text}");
        }
    }
}
