//! From a service to the end of its process: pin, bind, serve, drain. Whatever the service answers.

use crate::acceptor::Acceptor;
use crate::endpoint::Endpoint;
use crate::failure::Failure;
use crate::forced_exit;
use crate::keep_warm::keep_warm;
use crate::limits;
use crate::listen::{self, Announcement, Listener, Membership};
use crate::options::Serving;
use crate::phase::Phase;
use crate::thread::Thread;
use http::Service;
use runtime::affinity;
use runtime::driver::{self, Runtime, Socket};
use runtime::rlimit;
use runtime::signals::SignalSockets;
use std::cell::Cell;
use std::io;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::rc::Rc;

/// Starts the log, serves, and says why it ended.
pub(crate) fn conclude(serving: &Serving, serve: impl FnOnce() -> Result<(), Failure>) -> ExitCode {
    crate::log::start(serving.log);
    // The allocator asks for huge pages; a process of a few megabytes would round each of its corners up to 2 MB
    // (18.8 MB instead of 11.1). Kernels without the call have no huge pages to refuse.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tracing::error!("{failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Pins the thread and takes the signals.
pub(crate) fn prepare(serving: &Serving) -> Result<SignalSockets, Failure> {
    let needed = serving.limits.descriptors();
    if let Some(descriptors) = rlimit::raise_descriptors(needed) {
        tracing::warn!(descriptors, needed, "the limit of descriptors allows fewer connections than asked for");
    }
    let core = affinity::pin(serving.cpu, serving.instance.number - 1)?;
    let core = core.map_or_else(|| "none".to_owned(), |core| core.to_string());
    tracing::info!(version = command_line::version(), instance = %serving.instance, core, "starting");
    forced_exit::arm(serving.limits.drain_timeout_ms)
        .and_then(|()| SignalSockets::handle())
        .map_err(|error| Failure::System { what: "listen for signals", error })
}

/// Binds and serves; `begin` runs when tasks can be started; it gets what other servers at a shared port
/// are told. Servers with the index `shared_index` may join. A byte on `stop` ends it.
pub(crate) fn serve_until_stopped<S: Service + 'static>(
    serving: &Serving,
    shared_index: Option<&str>,
    stop: UnixStream,
    service: S,
    phase: Rc<Cell<Phase>>,
    begin: impl FnOnce(&'static Endpoint<S>, Option<Announcement>) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut runtime = Runtime::new(serving.driver)?;
    let (listener, socket) = listen::bind(&serving.listen, serving.limits.accept_backlog, shared_index)?;
    // These live as long as the process: every task refers to them.
    let tasks = serving.limits.connections + limits::OTHER_TASKS;
    let thread: &'static Thread = Box::leak(Box::new(Thread::new(phase, tasks)));
    let endpoint: &'static Endpoint<S> = Box::leak(Box::new(Endpoint::new(thread, serving.limits, service)));
    let registered = |error| Failure::System { what: "start to serve", error };
    let served = runtime.block_on(async {
        begin(endpoint, listener.membership.as_ref().map(Membership::announcement))?;
        if serving.keep_warm {
            driver::spawn(keep_warm(&thread.fair_yield));
        }
        if let Some(membership) = &listener.membership {
            driver::spawn(membership.answering()?);
        }
        let (socket, stop) = (Socket::new(socket)?, Socket::new(stop.into())?);
        endpoint.reserve().await;
        tracing::info!(listen = %listener.address, ready = endpoint.phase() == Phase::Ready, "serving");
        let acceptor = Rc::new(Acceptor::new(endpoint, socket, listener.is_tcp));
        io::Result::Ok(accept_until_stopped(endpoint, &acceptor, listener, &stop).await)
    });
    // The kernel may still hold what the runtime would free.
    std::mem::forget(runtime);
    let Served { is_finished, allocations } = served.map_err(registered)?;
    let (connections, answers) = (thread.counts.connections.get(), thread.counts.answers.get());
    tracing::info!(connections, answers, allocations, "stopped; allocations are those of requests");
    if !is_finished {
        return Err(Failure::Unfinished);
    }
    Ok(())
}

/// How serving ended.
struct Served {
    /// Every open request was finished in time.
    is_finished: bool,
    /// Allocations from the start of serving to the stop, those of accepting and closing connections apart.
    allocations: u64,
}

/// Serves until a byte arrives on `stop`, then finishes open requests.
async fn accept_until_stopped<S: Service + 'static>(
    endpoint: &'static Endpoint<S>,
    acceptor: &Rc<Acceptor<S>>,
    mut listener: Listener,
    stop: &Socket,
) -> Served {
    let thread = endpoint.thread;
    driver::spawn(endpoint.sweep());
    driver::spawn(thread.fair_yield.wake_waiting(|| endpoint.sweep_if_due()));
    driver::spawn(acceptor.clone().accept_all());
    // These have their first turn now, in which the driver makes room for their waits.
    thread.fair_yield.yield_now().await;
    let before = thread.request_allocations();
    wait_for_byte(stop).await;
    let allocations = thread.request_allocations() - before;
    listener.unlink();
    thread.phase.set(Phase::Draining);
    Served { is_finished: acceptor.drain(stop).await, allocations }
}

async fn wait_for_byte(signals: &Socket) {
    let mut bytes = [0; 16];
    loop {
        // Errors cannot happen on a socket pair whose other end the signal handler holds for ever.
        let _ = signals.readable().await;
        if matches!(signals.receive(&mut bytes), Ok(Some(_)) | Err(_)) {
            return;
        }
    }
}
