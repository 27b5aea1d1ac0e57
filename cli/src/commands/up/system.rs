//! The running system: its servers and what stands in front of them.

use super::balancer::{self, handoff_socket};
use super::children::{AtItsEnd, Child, Children, HAPROXY_STOP, SERVER_STOP};
use super::haproxy::Haproxy;
use super::listening::listens;
use super::ready::ready;
use super::runtime_folder::{RuntimeFolder, admin_socket};
use crate::console::advice::Advise;
use crate::console::interrupt::ENDING;
use crate::console::progress::Reporter;
use anyhow::{Context, Result};
use load_test::Endpoint;
use signal_hook::iterator::Signals;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// All parts together must be ready within this time.
const START_LIMIT: Duration = Duration::from_secs(30);

/// How often a part that is not ready is asked again.
const POLL: Duration = Duration::from_millis(10);

/// Names the servers' decision logs.
const DECISION_LOG: &str = "FRAUDRING_DECISION_LOG";

/// A server's socket in the runtime folder, counted from 0.
fn socket(number: usize) -> String {
    format!("{}.sock", number + 1)
}

/// What to start.
pub struct SystemPlan {
    /// Where clients reach the system.
    pub address: SocketAddr,
    /// Where the index lies: an absolute path.
    pub shm_dir: PathBuf,
    /// How many servers: 1 to `MOST_SERVERS`.
    pub servers: usize,
    /// A CPU for each server, or the servers' own choice.
    pub cpus: Option<Vec<usize>>,
    /// Who listens at `address`.
    pub front: Front,
}

/// Who listens at the system's address.
pub enum Front {
    /// haproxy, which forwards to the servers' unix sockets.
    Haproxy(Haproxy),
    /// The balancer, which hands connections to the servers.
    Balancer,
    /// The servers; the kernel spreads connections over them.
    SharedPort,
}

/// The processes, and the folder with their sockets; dropping it stops them.
pub struct System {
    plan: SystemPlan,
    // dropped before the folder: fields are dropped in order
    children: Children,
    runtime: RuntimeFolder,
    reporter: Arc<Reporter>,
    waiting_for: Vec<Part>,
}

/// Something that must be ready before the system is.
struct Part {
    name: String,
    endpoint: Endpoint,
    /// Processes that share the endpoint's port: each must listen before anybody is asked.
    sharing: Vec<u32>,
}

impl System {
    /// Starts the servers.
    pub fn start(plan: SystemPlan, reporter: Arc<Reporter>) -> Result<Self> {
        let runtime = RuntimeFolder::make()?;
        runtime.note_shm_dir(&plan.shm_dir)?;
        let mut system = Self { plan, children: Children::default(), runtime, reporter, waiting_for: Vec::new() };
        match &system.plan.front {
            Front::SharedPort => system.start_sharing()?,
            Front::Haproxy(_) | Front::Balancer => system.start_on_sockets()?,
        }
        Ok(system)
    }

    /// Waits for the servers, puts the front before them and waits for it; false if the user asked to stop meanwhile.
    pub fn bring_up(&mut self, signals: &mut Signals) -> Result<bool> {
        if !self.wait_until_ready(signals)? {
            return Ok(false);
        }
        self.start_front()?;
        self.wait_until_ready(signals)
    }

    fn start_front(&mut self) -> Result<()> {
        let (folder, address, servers) = (self.runtime.path(), self.plan.address, self.plan.servers);
        let (name, command, stop, at_its_end) = match &self.plan.front {
            Front::Haproxy(haproxy) => {
                let sockets: Vec<String> = (0..servers).map(socket).collect();
                ("haproxy", haproxy.command(folder, address, &sockets)?, HAPROXY_STOP, AtItsEnd::Ignored)
            }
            Front::Balancer => ("balancer", balancer::command(folder, address, servers)?, SERVER_STOP, AtItsEnd::Heard),
            Front::SharedPort => return Ok(()),
        };
        let child = Child::start_relayed(name.to_owned(), command, stop, at_its_end, &self.reporter)?;
        self.children.add(child);
        let endpoint = Endpoint::Tcp(reachable(address));
        self.waiting_for.push(Part { name: name.to_owned(), endpoint, sharing: Vec::new() });
        Ok(())
    }

    fn start_sharing(&mut self) -> Result<()> {
        let listen = format!("tcp:{}", self.plan.address);
        for number in 0..self.plan.servers {
            self.start_server(number, &listen)?;
        }
        let sharing = self.children.iter().map(Child::pid).collect();
        let endpoint = Endpoint::Tcp(reachable(self.plan.address));
        self.waiting_for.push(Part { name: "one of the servers".to_owned(), endpoint, sharing });
        Ok(())
    }

    fn start_on_sockets(&mut self) -> Result<()> {
        for number in 0..self.plan.servers {
            let listen = format!("unix:{}", socket(number));
            self.start_server(number, &listen)?;
            let endpoint = Endpoint::Unix(self.runtime.short_path(&socket(number)));
            let name = server_name(number, self.plan.servers);
            self.waiting_for.push(Part { name, endpoint, sharing: Vec::new() });
        }
        Ok(())
    }

    fn start_server(&mut self, number: usize, listen: &str) -> Result<()> {
        let mut command = server(&self.plan, number, listen, self.runtime.path())?;
        let name = server_name(number, self.plan.servers);
        self.children.add(if self.reporter.draws() {
            Child::start_relayed(name, command, SERVER_STOP, AtItsEnd::Heard, &self.reporter)?
        } else {
            Child::start(name, &mut command, SERVER_STOP)?
        });
        Ok(())
    }

    fn wait_until_ready(&mut self, signals: &mut Signals) -> Result<bool> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if signals.pending().any(|signal| ENDING.contains(&signal)) {
                return Ok(false);
            }
            self.children.check()?;
            let port = self.plan.address.port();
            self.waiting_for.retain(|part| !part.is_ready(port));
            let Some(part) = self.waiting_for.first() else { return Ok(true) };
            anyhow::ensure!(
                Instant::now() < deadline,
                "{} is not ready after {} s, so everything is stopped; its messages are above",
                part.name,
                START_LIMIT.as_secs()
            );
            std::thread::sleep(POLL);
        }
    }

    /// Returns when the user asks to stop; fails when a process ends by itself.
    pub fn watch(&mut self, signals: &mut Signals) -> Result<()> {
        // a child may have ended before anybody looked at signals
        self.children.check()?;
        for signal in signals.forever() {
            if ENDING.contains(&signal) {
                break;
            }
            self.children.check()?;
        }
        Ok(())
    }

    /// What was started.
    pub fn plan(&self) -> &SystemPlan {
        &self.plan
    }

    /// The admin sockets of the servers, for this process only.
    pub fn admin_sockets(&self) -> Vec<PathBuf> {
        (0..self.plan.servers).map(|number| self.runtime.short_path(&admin_socket(number))).collect()
    }

    /// The processes, in the order they were started.
    pub fn children(&self) -> &Children {
        &self.children
    }

    /// Where a client on this machine reaches it.
    pub fn url(&self) -> String {
        format!("http://{}", reachable(self.plan.address))
    }
}

impl Part {
    fn is_ready(&self, port: u16) -> bool {
        // whom a shared port reaches is chance: a server that is not ready goes unnoticed once in 2^16
        let questions = if self.sharing.is_empty() { 1 } else { 16 };
        self.sharing.iter().all(|&pid| listens(pid, port)) && (0..questions).all(|_| ready(&self.endpoint))
    }
}

/// In `folder`.
fn server(plan: &SystemPlan, number: usize, listen: &str, folder: &Path) -> Result<Command> {
    let program = std::env::current_exe().context("cannot tell the path of this program")?;
    let cpu = plan.cpus.as_ref().map_or_else(|| "auto".to_owned(), |cpus| cpus[number].to_string());
    let mut command = Command::new(program);
    command.arg("server").arg("--shm-dir").arg(&plan.shm_dir);
    command.args(["--listen", listen, "--instance", &instance(number, plan.servers), "--cpu", &cpu]);
    command.args(["--admin", &format!("unix:{}", admin_socket(number))]);
    match plan.front {
        Front::SharedPort => _ = command.arg("--share-port"),
        Front::Balancer => _ = command.args(["--accept-from", &format!("unix:{}", handoff_socket(number))]),
        Front::Haproxy(_) => {}
    }
    for decided_here in ["FRAUDRING_ACCEPT_FROM", "FRAUDRING_SHARE_PORT", "FRAUDRING_WAIT_FOR_INDEX"] {
        command.env_remove(decided_here);
    }
    if let Some(mut log) = std::env::var_os(DECISION_LOG).filter(|log| !log.is_empty()) {
        if command_line::is_stream(Path::new(&log)) {
            return Err(anyhow::anyhow!("{DECISION_LOG}=-: the servers of `up` have no stdout of their own"))
                .advise(|| "name a file: server 1 writes FILE.1, server 2 FILE.2".to_owned());
        }
        // each writes one of its own
        log.push(format!(".{}", number + 1));
        command.env(DECISION_LOG, std::path::absolute(log).context("cannot tell the working folder")?);
    }
    command.current_dir(folder);
    if std::env::var_os("RUST_LOG").is_none() {
        // what went well `up` says itself
        command.env("RUST_LOG", "warn");
    }
    Ok(command)
}

fn instance(number: usize, servers: usize) -> String {
    format!("{}/{servers}", number + 1)
}

fn server_name(number: usize, servers: usize) -> String {
    format!("server {}", instance(number, servers))
}

/// The address to connect to: a listener on every address is reached at the loopback one.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_on_every_address_is_reached_on_the_loopback_one() {
        let reached = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(reached("0.0.0.0:9999"), "127.0.0.1:9999");
        assert_eq!(reached("[::]:9999"), "[::1]:9999");
        assert_eq!(reached("127.0.0.2:80"), "127.0.0.2:80");
    }

    #[test]
    fn servers_are_counted_from_one() {
        assert_eq!((0..2).map(|number| server_name(number, 2)).collect::<Vec<_>>(), ["server 1/2", "server 2/2"]);
    }
}
