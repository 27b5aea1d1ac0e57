//! `fraudring up`: the whole system with one command, and its orderly end.
//!
//! What lives is held by values that undo themselves when dropped, in this order: processes, runtime folder, segment,
//! claims. So every way out of `run`, an error included, leaves nothing behind.

mod admin;
mod balancer;
mod children;
mod claim;
mod greeting;
mod haproxy;
mod interval;
mod listening;
mod live_line;
mod loaded_index;
mod ready;
mod relay;
mod reload;
mod runtime_folder;
mod status;
mod system;

use crate::cache::data::{DataFolder, DataOption};
use crate::commands::own_data::OwnDataOptions;
use crate::console::advice::Advise;
use crate::console::exit::Outcome;
use crate::console::interrupt;
use crate::console::progress::Reporter;
use ::admin::Admin;
use anyhow::{Context, Result};
use claim::{Claim, ClaimedAddress};
use clap::{Args, Subcommand};
pub use haproxy::Haproxy;
use live_line::LiveLine;
use loaded_index::LoadedIndex;
use runtime_folder::MOST_SERVERS;
use rustix::thread::CpuSet;
use server::AdminAddress;
use shm_loader::IndexFile;
use signal_hook::consts::SIGCHLD;
use signal_hook::iterator::Signals;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;
use system::{Front, System, SystemPlan};

/// Options of `up`.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
With --schema and --data rows of your own are served at POST /score; see docs/OWN-DATA.md. Without them the first start
generates the official references and builds the index (some seconds and about 460 MB of memory),
later ones find it in the data folder. Ctrl-C, SIGTERM or a closed terminal (SIGHUP) stops everything in order and
removes the index from shared memory. If one of the processes ends by itself, everything is stopped and the exit
status is 1. Where stdout cannot be written to, the greeting goes to stderr. RUST_LOG=info shows what the servers say
about their start. On a terminal a line on stderr tells rate, p99, decisions and refused requests, anew every second;
none with NO_COLOR.

Examples:
  fraudring up
  fraudring up --port 8080 --cpus 0,1
  fraudring up --front shared-port --keep
  fraudring up --shm-dir /dev/shm/second --port 10000
  fraudring up --index mine.index --servers 1 --admin tcp:127.0.0.1:9998
  fraudring up --schema loans.toml --data loans.csv
  fraudring up status
  fraudring up reload other.index"
)]
pub struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// Port to answer on; 0 takes any free one and prints it
    #[arg(long, default_value_t = 9999)]
    port: u16,
    /// Address to answer on, or a name of one; 0.0.0.0 for every one of this machine
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    #[command(flatten)]
    own_data: OwnDataOptions,
    /// Folder in shared memory that holds the index
    #[arg(long, value_name = "DIR", env = "FRAUDRING_SHM_DIR", default_value = shm_loader::DEFAULT_DIR)]
    shm_dir: PathBuf,
    /// Index to serve, as `fraudring index build` wrote it; `-` is stdin [default: the official one]
    #[arg(long, value_name = "FILE", conflicts_with = "schema")]
    index: Option<PathBuf>,
    /// How many servers
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=MOST_SERVERS as i64))]
    servers: u8,
    /// One CPU for each server [default: chosen by the servers]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    cpus: Option<Vec<usize>>,
    /// Where page and figures of all servers are: tcp:HOST:PORT or unix:PATH; `auto` is a free port of 127.0.0.1
    #[arg(long, value_name = "auto|none|ADDRESS", default_value = "auto")]
    admin: AdminAddress,
    /// Who listens on the port [default: haproxy where it is installed, else the balancer]
    #[arg(long, value_enum)]
    front: Option<FrontChoice>,
    /// The same as --front shared-port
    #[arg(long, conflicts_with = "front")]
    no_haproxy: bool,
    /// The same as --front haproxy
    #[arg(long, conflicts_with_all = ["front", "no_haproxy"])]
    haproxy: bool,
    /// Leave the index in shared memory at the end
    #[arg(long)]
    keep: bool,
}

/// Who listens on the port.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum FrontChoice {
    /// haproxy, which forwards requests; it is looked for in PATH, or at FRAUDRING_HAPROXY
    Haproxy,
    /// `fraudring balancer`, which hands the sockets of its clients to the servers
    Balancer,
    /// The servers: the kernel spreads connections over them
    SharedPort,
}

/// What can be done with a running system.
#[derive(Subcommand, Debug)]
enum Command {
    /// Show what the running servers do: rate, latency, decisions, memory, index
    Status(status::StatusOptions),
    /// Publish another index and wait until every server answers by it
    Reload(reload::ReloadOptions),
}

/// Runs the system until it is asked to stop, or until a part of it ends.
pub fn run(options: &Options) -> Result<Outcome> {
    match &options.command {
        Some(Command::Status(options)) => return status::run(options),
        Some(Command::Reload(options)) => return reload::run(options),
        None => {}
    }
    let reporter = Arc::new(Reporter::stderr());
    check_cpus(options.cpus.as_deref(), usize::from(options.servers))?;
    let shm_dir = std::path::absolute(&options.shm_dir).context("cannot tell the working folder")?;
    let _folder = Claim::folder(&shm_dir)?;
    let address = claim_address(&options.host, options.port)?;
    let front = front(options, &reporter)?;
    let left_behind = runtime_folder::remove_left_behind();
    if left_behind > 0 {
        reporter.note(&format!("removed {left_behind} folder(s) of sockets that a killed `fraudring up` left"));
    }
    let data = DataFolder::open(&DataOption::of(options.own_data.folder()))?;
    let rows = options.own_data.rows(&data, &reporter)?;
    let index_file = match (&options.index, &rows) {
        (Some(file), _) => IndexFile::named(file)?,
        (None, Some(rows)) => IndexFile::at(&rows.index(&data, &reporter)?),
        (None, None) => IndexFile::at(&data.official_index_to_load(&reporter)?),
    };

    // until here a signal may simply end the process; from here on there is something to undo
    let watched = interrupt::ENDING.into_iter().chain(interrupt::IGNORED).chain([SIGCHLD]);
    let mut signals = Signals::new(watched).context("cannot watch for signals")?;
    interrupt::take_over();
    let loaded = match options.index {
        Some(_) => LoadedIndex::load(&index_file, &shm_dir, options.keep, &reporter)?,
        None => LoadedIndex::load_kept(&index_file, &shm_dir, options.keep, &reporter, |refusal| match &rows {
            Some(rows) => rows.build_anew(&data, refusal, &reporter),
            None => data.build_official_anew(refusal, &reporter),
        })?,
    };
    drop(rows);
    let servers = usize::from(options.servers);
    let plan = SystemPlan { address: address.address, shm_dir, servers, cpus: options.cpus.clone(), front };
    let mut system = System::start(plan, Arc::clone(&reporter))?;
    let admin = admin::start(&options.admin, system.admin_sockets())?;
    if system.bring_up(&mut signals)? {
        greeting::print(&system, admin.as_ref().map(Admin::address), &loaded, &reporter)?;
        let _live_line = LiveLine::start(&reporter, system.admin_sockets());
        system.watch(&mut signals)?;
    }
    reporter.note("stopping");
    drop(admin);
    drop(system);
    drop(loaded);
    reporter.note(if options.keep { "stopped; the index stays in shared memory" } else { "stopped" });
    Ok(Outcome::Done)
}

/// Before anything is loaded, as the servers would say it only afterwards.
fn check_cpus(cpus: Option<&[usize]>, servers: usize) -> Result<()> {
    let Some(cpus) = cpus else { return Ok(()) };
    if cpus.len() != servers {
        return Err(anyhow::anyhow!("--cpus names {} CPUs for {servers} servers", cpus.len()))
            .advise(|| "name one for each server, like 0,1; the same one twice is allowed".to_owned());
    }
    let allowed = rustix::thread::sched_getaffinity(None).context("cannot tell the CPUs of this process")?;
    let allowed: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu)).collect();
    let Some(missing) = cpus.iter().find(|cpu| !allowed.contains(cpu)) else { return Ok(()) };
    let allowed = allowed.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    Err(anyhow::anyhow!("CPU {missing} is not one of those that this process may use: {allowed}"))
        .advise(|| "name some of these, one several times if there are too few, or leave --cpus out".to_owned())
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
    let older_names = [(options.haproxy, FrontChoice::Haproxy), (options.no_haproxy, FrontChoice::SharedPort)];
    let chosen = older_names.into_iter().find_map(|(is_given, front)| is_given.then_some(front)).or(options.front);
    match chosen {
        Some(FrontChoice::Balancer) => Ok(Front::Balancer),
        Some(FrontChoice::SharedPort) => Ok(Front::SharedPort),
        Some(FrontChoice::Haproxy) => with_haproxy(Haproxy::find()?, true, reporter),
        None => with_haproxy(Haproxy::find()?, false, reporter),
    }
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
            .advise(|| "install it: apt-get install haproxy; or go without: fraudring up --front balancer".to_owned()),
        None => {
            reporter.note(
                "haproxy is not installed, so the balancer hands connections to the servers; \
                 to put haproxy in front: apt-get install haproxy",
            );
            Ok(Front::Balancer)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_haproxy_is_done_without_unless_it_is_required() {
        let reporter = Reporter::stderr();
        assert!(matches!(with_haproxy(None, false, &reporter), Ok(Front::Balancer)));
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
        let refused = |cpus: &[usize]| crate::console::advice::text(&check_cpus(Some(cpus), 2).unwrap_err());
        let error = refused(&[0, 4095]);
        assert!(error.contains("4095") || error.contains("CPU 0"), "{error}");
        assert!(refused(&[0]).contains("1 CPUs for 2 servers"));
        check_cpus(None, 2).unwrap();
    }
}
