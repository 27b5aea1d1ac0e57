//! From a service to the end of its process: pin, bind, serve, drain. Whatever the service answers.

use crate::failure::Failure;
use crate::forced_exit;
use crate::options::Serving;
use http::Service;
use listener::Endpoint;
use listener::Thread;
use listener::keep_warm;
use listener::listen::{self, Announcement, Membership};
use listener::{Phase, SharedPhase};
use runtime::affinity;
use runtime::driver::{self, Runtime, Socket};
use runtime::rlimit;
use runtime::signals::SignalSockets;
use std::io;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::Arc;

/// Starts the log, serves, and says why it ended.
pub(crate) fn conclude(serving: &Serving, serve: impl FnOnce() -> Result<(), Failure>) -> ExitCode {
    command_line::log::start(serving.log);
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

/// What is there when serving begins.
pub(crate) struct Begun<S: 'static> {
    /// What is served.
    pub endpoint: &'static Endpoint<S>,
    /// What other servers at a shared port are told.
    pub announcement: Option<Announcement>,
    /// What the thread waits with.
    pub driver: &'static str,
}

/// Binds and serves; `begin` runs when tasks can be started, and what it returns is dropped when the last request is
/// answered. Servers with the index `shared_index` may join. A byte on `stop` ends it.
pub(crate) fn serve_until_stopped<S: Service + 'static, T>(
    serving: &Serving,
    shared_index: Option<&str>,
    stop: UnixStream,
    service: S,
    phase: Arc<SharedPhase>,
    begin: impl FnOnce(Begun<S>) -> Result<T, Failure>,
) -> Result<(), Failure> {
    let mut runtime = Runtime::new(serving.driver)?;
    let (listener, socket) = listen::bind(&serving.listen, serving.limits.accept_backlog, shared_index)?;
    let handoffs = serving.accept_from.iter().map(|path| listen::bind_handoff(path.path()));
    let handoffs = handoffs.collect::<Result<Vec<_>, _>>()?;
    // These live as long as the process: every task refers to them.
    let tasks = serving.limits.connections + listener::limits::OTHER_TASKS;
    let thread: &'static Thread = Box::leak(Box::new(Thread::new(phase, tasks)));
    let endpoint: &'static Endpoint<S> = Box::leak(Box::new(Endpoint::new(thread, serving.limits, service)));
    let driver = runtime.driver();
    let served = runtime.block_on(async {
        let announcement = listener.membership.as_ref().map(Membership::announcement);
        let kept = begin(Begun { endpoint, announcement, driver })?;
        if serving.keep_warm {
            driver::spawn(keep_warm(&thread.fair_yield));
        }
        if let Some(membership) = &listener.membership {
            driver::spawn(membership.answering().map_err(Failure::serving)?);
        }
        let socket = Socket::new(socket).map_err(Failure::serving)?;
        let handoffs = handoffs.into_iter().map(|(listener, socket)| Ok((listener, Socket::new(socket)?)));
        let handoffs = handoffs.collect::<io::Result<Vec<_>>>().map_err(Failure::serving)?;
        let stop = Socket::new(stop.into()).map_err(Failure::serving)?;
        endpoint.reserve().await;
        tracing::info!(listen = %listener.address, ready = endpoint.phase() == Phase::Ready, "serving");
        let served = listener::serve_until_stopped(endpoint, listener, socket, handoffs, &stop).await;
        drop(kept);
        Ok::<_, Failure>(served)
    });
    // The kernel may still hold what the runtime would free.
    std::mem::forget(runtime);
    let listener::Served { is_finished, allocations } = served?;
    let (connections, answers) = (thread.counts.connections.get(), thread.counts.answers.get());
    tracing::info!(connections, answers, allocations, "stopped; allocations are those of requests");
    if !is_finished {
        return Err(Failure::Unfinished);
    }
    Ok(())
}
