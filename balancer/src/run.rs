//! From the options to the end: bind, turn, drain.

use crate::balancer::Balancer;
use crate::failure::Failure;
use crate::limits::{OTHER_DESCRIPTORS, TICK_MS};
use crate::options::Options;
use crate::poller::Source;
use listener::listen;
use runtime::signals::SignalSockets;
use runtime::{affinity, nonblocking, rlimit};
use std::io;
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
    if options.servers.len() > handoff::SERVERS {
        return Err(Failure::TooManyServers(options.servers.len()));
    }
    let connections = connections(options.max_connections);
    affinity::pin(options.cpu, 0)?;
    let signals = SignalSockets::handle().map_err(failed("listen for signals"))?;
    let (mut listener, socket) = listen::bind(&options.listen, options.accept_backlog, None)?;
    rustix::io::ioctl_fionbio(&socket, true).map_err(|error| failed("listen")(error.into()))?;
    if listener.is_tcp {
        // Accepted sockets inherit it. Answers are written in one go: holding a part back only delays it.
        let _ = rustix::net::sockopt::set_tcp_nodelay(&socket, true);
    }
    let mut balancer = Balancer::new(options, socket, connections).map_err(failed("start"))?;
    balancer.poller.add(&signals.stop, Source::Stop).map_err(failed("start"))?;
    tracing::info!(version = command_line::version(), listen = %listener.address, servers = options.servers.len(), connections, "serving");
    let mut clock = Clock::new();
    while !turn(&mut balancer, &mut clock, &signals.stop).map_err(failed("wait"))? {}
    listener.unlink();
    // Any further one came after the signal.
    balancer.accept_last(options.accept_backlog + 1);
    tracing::info!("stopping: no new connections; those that were handed over go on");
    while balancer.has_waiting() && !turn(&mut balancer, &mut clock, &signals.stop).map_err(failed("wait"))? {}
    let counts = balancer.counts;
    tracing::info!(
        accepted = counts.accepted,
        passed_on = counts.passed_on,
        lost = counts.lost,
        unserved = counts.unserved,
        evicted = counts.evicted,
        "stopped"
    );
    Ok(())
}

/// As many as the limit of descriptors allows.
fn connections(wanted: usize) -> usize {
    let needed = wanted + OTHER_DESCRIPTORS;
    let Some(descriptors) = rlimit::raise_descriptors(needed) else { return wanted };
    let connections = (descriptors as usize).saturating_sub(OTHER_DESCRIPTORS).max(1);
    tracing::warn!(descriptors, connections, "the limit of descriptors allows fewer connections than asked for");
    connections
}

/// Time since the start, and when servers are looked after next.
struct Clock {
    started: Instant,
    next_look_ms: u64,
}

impl Clock {
    fn new() -> Self {
        Self { started: Instant::now(), next_look_ms: 0 }
    }

    fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }
}

/// Waits, and does what there is to be done; true if a signal to stop has come.
fn turn(balancer: &mut Balancer, clock: &mut Clock, stop: &UnixStream) -> io::Result<bool> {
    let happened = balancer.poller.wait(clock.next_look_ms.saturating_sub(clock.now_ms()))?;
    balancer.now_ms = clock.now_ms();
    let mut must_stop = false;
    for number in 0..happened {
        match balancer.poller.event(number) {
            Source::Listener => balancer.accept_some(),
            Source::Stop => must_stop = matches!(nonblocking::receive(stop, &mut [0; 16]), Ok(Some(_)) | Err(_)),
            Source::Link(server) => balancer.server_ended(server as usize),
            Source::Connection { connection, generation } => balancer.ended(connection, generation),
        }
    }
    if balancer.now_ms >= clock.next_look_ms {
        let late_ms = balancer.now_ms - clock.next_look_ms;
        clock.next_look_ms = balancer.now_ms + TICK_MS;
        balancer.look_after_all(late_ms);
    }
    Ok(must_stop)
}
