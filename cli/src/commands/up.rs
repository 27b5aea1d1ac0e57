//! `fraudring up`: the whole system with one command, and its orderly end.
//!
//! What lives is held by values that undo themselves when dropped, in this order: processes, runtime folder, segment,
//! claims. So every way out of `run`, an error included, leaves nothing behind.

mod children;
mod claim;
mod greeting;
mod haproxy;
mod listening;
mod loaded_index;
mod ready;
mod relay;
mod runtime_folder;
mod system;

use crate::cache::data::{DataFolder, DataOption};
use crate::console::advice::Advise;
use crate::console::exit::Outcome;
use crate::console::interrupt;
use crate::console::progress::Reporter;
use anyhow::{Context, Result};
use claim::{Claim, ClaimedAddress};
use clap::Args;
use haproxy::Haproxy;
use loaded_index::LoadedIndex;
use rustix::thread::CpuSet;
use signal_hook::consts::SIGCHLD;
use signal_hook::iterator::Signals;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use system::{Front, System, SystemPlan};

/// Options of `up`.
#[derive(Args, Debug)]
#[command(after_help = "\
The first start generates the official references and builds the index (some seconds and about 460 MB of memory),
later ones find it in the data folder. Ctrl-C, SIGTERM or a closed terminal (SIGHUP) stops everything in order and
removes the index from shared memory. If one of the processes ends by itself, everything is stopped and the exit
status is 1. Where stdout cannot be written to, the greeting goes to stderr. RUST_LOG=info shows what the servers say
about their start.

Examples:
  fraudring up
  fraudring up --port 8080 --cpus 0,1
  fraudring up --no-haproxy --keep
  fraudring up --shm-dir /dev/shm/second --port 10000")]
pub struct Options {
    /// Port to answer on; 0 takes any free one and prints it
    #[arg(long, default_value_t = 9999)]
    port: u16,
    /// Address to answer on, or a name of one; 0.0.0.0 for every one of this machine
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
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
    check_cpus(options.cpus)?;
    let shm_dir = std::path::absolute(&options.shm_dir).context("cannot tell the working folder")?;
    let _folder = Claim::folder(&shm_dir)?;
    let address = claim_address(&options.host, options.port)?;
    let front = front(options, &reporter)?;
    let left_behind = runtime_folder::remove_left_behind();
    if left_behind > 0 {
        reporter.note(&format!("removed {left_behind} folder(s) of sockets that a killed `fraudring up` left"));
    }
    let data = DataFolder::open(&options.data)?;
    let index_file = data.official_index_to_load(&reporter)?;

    // until here a signal may simply end the process; from here on there is something to undo
    let watched = interrupt::ENDING.into_iter().chain(interrupt::IGNORED).chain([SIGCHLD]);
    let mut signals = Signals::new(watched).context("cannot watch for signals")?;
    interrupt::take_over();
    let loaded = LoadedIndex::load_official(&data, &index_file, &shm_dir, options.keep, &reporter)?;
    let plan = SystemPlan { address: address.address, shm_dir, cpus: options.cpus, front };
    let mut system = System::start(plan)?;
    if system.bring_up(&mut signals)? {
        greeting::print(&system, loaded.published(), &reporter)?;
        system.watch(&mut signals)?;
    }
    reporter.note("stopping");
    drop(system);
    drop(loaded);
    reporter.note(if options.keep { "stopped; the index stays in shared memory" } else { "stopped" });
    Ok(Outcome::Done)
}

/// Before anything is loaded, as the servers would say it only afterwards.
fn check_cpus(cpus: Option<[usize; 2]>) -> Result<()> {
    let allowed = rustix::thread::sched_getaffinity(None).context("cannot tell the CPUs of this process")?;
    let allowed: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu)).collect();
    let Some(missing) = cpus.into_iter().flatten().find(|cpu| !allowed.contains(cpu)) else { return Ok(()) };
    let allowed = allowed.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    Err(anyhow::anyhow!("CPU {missing} is not one of those that this process may use: {allowed}"))
        .advise(|| "name two of these, one twice if there is only one, or leave --cpus out".to_owned())
}

/// The first of the host's addresses that this machine has.
fn claim_address(host: &str, port: u16) -> Result<ClaimedAddress> {
    let found = command_line::lookup(host, port)
        .with_context(|| format!("cannot find the host {host}"))
        .advise(|| "name an address of this machine: --host 127.0.0.1".to_owned())?;
    let mut refused = anyhow::anyhow!("the host {host} has no address");
    for address in found {
        match ClaimedAddress::take(address.ip(), port) {
            Err(error) if is_of_another_machine(&error) => refused = error,
            claim => return claim,
        }
    }
    Err(refused)
}

fn is_of_another_machine(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::AddrNotAvailable)
}

fn front(options: &Options, reporter: &Reporter) -> Result<Front> {
    if options.no_haproxy {
        return Ok(Front::SharedPort);
    }
    with_haproxy(Haproxy::find()?, options.haproxy, reporter)
}

fn with_haproxy(found: Option<Haproxy>, is_required: bool, reporter: &Reporter) -> Result<Front> {
    match found {
        Some(haproxy) => {
            if let Some(shortage) = haproxy.shortage() {
                reporter.note(&shortage);
            }
            Ok(Front::Haproxy(haproxy))
        }
        None if is_required => Err(anyhow::anyhow!("haproxy is not installed"))
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
    fn a_missing_haproxy_is_done_without_unless_it_is_required() {
        let reporter = Reporter::stderr();
        assert!(matches!(with_haproxy(None, false, &reporter), Ok(Front::SharedPort)));
        let error =
            with_haproxy(None, true, &reporter).err().map(|error| crate::console::advice::text(&error)).unwrap();
        assert!(error.contains("apt-get install haproxy"), "{error}");
    }

    #[test]
    fn the_host_may_be_a_name() {
        let claim = claim_address("localhost", 0).unwrap();
        assert!(claim.address.ip().is_loopback());
        for wrong in ["", "192.0.2.1"] {
            let error = claim_address(wrong, 0).err().map(|error| crate::console::advice::text(&error)).unwrap();
            assert!(error.contains("--host 127.0.0.1"), "{wrong}: {error}");
        }
    }

    #[test]
    fn cpus_that_are_not_there_are_refused_by_number() {
        let error = check_cpus(Some([0, 4095])).map_err(|error| crate::console::advice::text(&error)).unwrap_err();
        assert!(error.contains("4095") || error.contains("CPU 0"), "{error}");
        check_cpus(None).unwrap();
    }

    #[test]
    fn exactly_two_cpus_are_taken() {
        assert_eq!(two_cpus("0,1").unwrap(), [0, 1]);
        assert_eq!(two_cpus("3, 3").unwrap(), [3, 3]);
        for text in ["", "1", "0,1,2", "a,b", "-1,0"] {
            assert!(two_cpus(text).is_err(), "{text}");
        }
    }
}
