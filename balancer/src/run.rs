//! From the options to the end: bind, turn, drain.

use crate::admin::AdminService;
use crate::balancer::Balancer;
use crate::failure::Failure;
use crate::limits::{OTHER_DESCRIPTORS, TICK_MS};
use crate::options::Options;
use crate::poller::Source;
use crate::server_list;
use ::admin::Admin;
use listener::listen::{self, ListenAddress, Listener, UnixPath};
use runtime::background::Cores;
use runtime::signals::SignalSockets;
use runtime::{affinity, nonblocking, rlimit};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::Instant;

/// Balances until SIGTERM or SIGINT; the exit code tells why it ended.
pub fn run(options: &Options) -> ExitCode {
    command_line::log::start(options.log);
    // A process of a few megabytes would round each of its corners up to 2 MB. Kernels without the call have no huge pages.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    match balance(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tracing::error!("{failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn balance(options: &Options) -> Result<(), Failure> {
    let failed = |what| move |error| Failure::System { what, error };
    let list = || server_list::list(&options.servers, options.servers_dir.as_deref());
    let servers = list().map_err(failed("read the folder of servers"))?;
    if servers.len() > handoff::SERVERS {
        return Err(Failure::TooManyServers(servers.len()));
    }
    let connections = connections(options.max_connections);
    let cores = Cores::of_this_thread();
    affinity::pin(options.cpu, 0)?;
    let signals = SignalSockets::handle().map_err(failed("listen for signals"))?;
    let (mut listener, socket) = bind(options)?;
    let mut balancer = Balancer::new(options, socket, connections).map_err(failed("start"))?;
    balancer.set_servers(&servers);
    for (signal, source) in [(&signals.stop, Source::Stop), (&signals.hangup, Source::Hangup)] {
        balancer.poller.add(signal, source).map_err(failed("start"))?;
    }
    let admin = start_admin(options, &listener.address, &balancer, cores)?;
    tracing::info!(
        version = command_line::version(),
        listen = %listener.address,
        servers = servers.len(),
        connections,
        "serving"
    );
    let mut turns = Turns { signals, started: Instant::now(), next_look_ms: 0 };
    while !turns.turn(&mut balancer, &list).map_err(failed("wait"))? {}
    listener.unlink();
    // Any further one came after the signal.
    balancer.accept_last(options.accept_backlog + 1);
    tracing::info!("stopping: no new connections; those that were handed over go on");
    while balancer.has_waiting() && !turns.turn(&mut balancer, &list).map_err(failed("wait"))? {}
    drop(admin);
    let counts = &balancer.counts;
    tracing::info!(
        accepted = counts.accepted.get(),
        passed_on = counts.passed_on.get(),
        lost = counts.lost.get(),
        unserved = counts.unserved.get(),
        evicted = counts.evicted.get(),
        "stopped"
    );
    Ok(())
}

fn bind(options: &Options) -> Result<(Listener, OwnedFd), Failure> {
    let (listener, socket) = listen::bind(&options.listen, options.accept_backlog, None)?;
    rustix::io::ioctl_fionbio(&socket, true)
        .map_err(|error| Failure::System { what: "listen", error: error.into() })?;
    if listener.is_tcp {
        // Accepted sockets inherit it. Answers are written in one go: holding a part back only delays it.
        let _ = rustix::net::sockopt::set_tcp_nodelay(&socket, true);
    }
    Ok((listener, socket))
}

/// The admin listener, if there is to be one; it ends when it is dropped.
fn start_admin(
    options: &Options,
    public: &ListenAddress,
    balancer: &Balancer,
    cores: Cores,
) -> Result<Option<Admin>, Failure> {
    let Some(address) = options.admin.beside(public) else { return Ok(None) };
    let counts = balancer.counts.clone();
    let admin = Admin::start(&address, cores, move || AdminService::new(counts))?;
    tracing::info!(admin = %admin.address(), "admin listener");
    Ok(Some(admin))
}

/// As many as the limit of descriptors allows.
fn connections(wanted: usize) -> usize {
    let needed = wanted + OTHER_DESCRIPTORS;
    let Some(descriptors) = rlimit::raise_descriptors(needed) else { return wanted };
    let connections = (descriptors as usize).saturating_sub(OTHER_DESCRIPTORS).max(1);
    tracing::warn!(descriptors, connections, "the limit of descriptors allows fewer connections than asked for");
    connections
}

/// When the loop turns, and what ends it.
struct Turns {
    signals: SignalSockets,
    started: Instant,
    /// When servers are looked after next.
    next_look_ms: u64,
}

impl Turns {
    /// Waits, and does what there is to be done; true if a signal to stop has come. `list` tells which servers there are.
    fn turn(&mut self, balancer: &mut Balancer, list: &impl Fn() -> io::Result<Vec<UnixPath>>) -> io::Result<bool> {
        let happened = balancer.poller.wait(self.next_look_ms.saturating_sub(self.now_ms()))?;
        balancer.now_ms = self.now_ms();
        let mut must_stop = false;
        for number in 0..happened {
            match balancer.poller.event(number) {
                Source::Listener => balancer.accept_some(),
                Source::Stop => must_stop = has_come(&self.signals.stop),
                Source::Hangup if has_come(&self.signals.hangup) => list_anew(balancer, list()),
                Source::Hangup => {}
                Source::Link(server) => balancer.server_ended(server as usize),
                Source::Connection { connection, generation } => balancer.ended(connection, generation),
            }
        }
        if balancer.now_ms >= self.next_look_ms {
            let late_ms = balancer.now_ms - self.next_look_ms;
            self.next_look_ms = balancer.now_ms + TICK_MS;
            balancer.look_after_all(late_ms);
        }
        Ok(must_stop)
    }

    fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }
}

/// Whether a signal has come; several count once.
fn has_come(signal: &UnixStream) -> bool {
    matches!(nonblocking::receive(signal, &mut [0; 16]), Ok(Some(_)) | Err(_))
}

/// Goes over to another list of servers. One that cannot be read changes nothing.
fn list_anew(balancer: &mut Balancer, list: io::Result<Vec<UnixPath>>) {
    match list {
        Ok(servers) => {
            balancer.set_servers(&servers);
            tracing::info!(servers = servers.len(), "SIGHUP: looked for servers");
        }
        Err(error) => tracing::warn!(%error, "SIGHUP: the folder of servers cannot be read; nothing changes"),
    }
}
