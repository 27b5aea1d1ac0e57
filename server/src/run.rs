//! Start to end of a server process: pin, attach, warm up, bind, serve, drain.

use crate::acceptor::Acceptor;
use crate::endpoint::Endpoint;
use crate::forced_exit;
use crate::keep_warm::keep_warm;
use crate::limits;
use crate::listen::{self, ListenError, Listener};
use crate::options::{Options, Serving};
use crate::phase::Phase;
use crate::service::FraudScore;
use crate::thread::Thread;
use crate::warmup;
use command_line::KernelError;
use http::Service;
use index::InstructionSet;
use runtime::affinity::{self, PinError};
use runtime::driver::{self, DriverError, Runtime, Socket};
use runtime::rlimit;
use runtime::signals::SignalSockets;
use scoring::{Generation, ImageError, Scorer};
use shm_loader::{AttachError, Segment, SegmentVersion, load_command};
use std::cell::Cell;
use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

/// Why a server did not start, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Bad or busy address.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Nothing is published, or it cannot be mapped.
    #[error("{}", causes(.0))]
    NoIndex(AttachError),
    /// What is published is damaged or of another version.
    #[error("the index in {} is not valid: {error}; publish it again with `{}`", .dir.display(), load_command(.dir))]
    InvalidIndex {
        /// Where it lies.
        dir: PathBuf,
        /// What is wrong with it.
        error: ImageError,
    },
    /// Not the kernel that was asked for.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// Not the core that was asked for.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// Neither io_uring nor epoll.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// The system refused something that it should not.
    #[error("cannot {what}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// SIGTERM came, and the clients did not finish in time.
    #[error("stopped before every connection was finished")]
    Unfinished,
}

impl Failure {
    /// The process's exit code, as the help lists them.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Listen(_) | Self::Kernel(_) => 2,
            Self::NoIndex(_) => 3,
            Self::InvalidIndex { .. } => 4,
            Self::Pin(_) => 5,
            Self::Driver(_) | Self::System { .. } | Self::Unfinished => 1,
        }
    }
}

/// Serves until SIGTERM or SIGINT; the exit code tells why it ended. To be called once in a process, as the last
/// thing it does: the thread stays pinned and the runtime is not given back.
pub fn run(options: Options) -> ExitCode {
    conclude(&options.serving, || serve(&options))
}

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

fn serve(options: &Options) -> Result<(), Failure> {
    if options.share_port && options.wait_for_index {
        return Err(ListenError::SharedWithoutIndex.into());
    }
    let kernel = command_line::kernel()?;
    let signals = prepare(&options.serving)?;
    let phase = Rc::new(Cell::new(Phase::Starting));
    let scorer = match find_index(options, kernel) {
        Ok(scorer) => {
            phase.set(Phase::Ready);
            Some(scorer)
        }
        Err(failure @ Failure::NoIndex(_)) if options.wait_for_index => {
            tracing::warn!("{failure}; answering 503 until then");
            None
        }
        Err(failure) => return Err(failure),
    };
    let shared_index =
        scorer.as_ref().filter(|_| options.share_port).map(|scorer| scorer.generation().index().info().checksum);
    let service = FraudScore::new(phase.clone(), scorer);
    serve_until_stopped(&options.serving, shared_index.as_deref(), signals, service, phase, |endpoint| {
        if endpoint.phase() == Phase::Starting {
            driver::spawn(await_index(endpoint, options.clone(), kernel));
        }
    })
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

/// Binds and serves; `begin` runs when tasks can be started. Servers with the index `shared_index` may join.
pub(crate) fn serve_until_stopped<S: Service + 'static>(
    serving: &Serving,
    shared_index: Option<&str>,
    signals: SignalSockets,
    service: S,
    phase: Rc<Cell<Phase>>,
    begin: impl FnOnce(&'static Endpoint<S>),
) -> Result<(), Failure> {
    let mut runtime = Runtime::new(serving.driver)?;
    let (listener, socket) = listen::bind(&serving.listen, serving.limits.accept_backlog, shared_index)?;
    // These live as long as the process: every task refers to them.
    let tasks = serving.limits.connections + limits::OTHER_TASKS;
    let thread: &'static Thread = Box::leak(Box::new(Thread::new(phase, tasks)));
    let endpoint: &'static Endpoint<S> = Box::leak(Box::new(Endpoint::new(thread, serving.limits, service)));
    let registered = |error| Failure::System { what: "register the listener", error };
    let served = runtime.block_on(async {
        begin(endpoint);
        if serving.keep_warm {
            driver::spawn(keep_warm(&thread.fair_yield));
        }
        if let Some(membership) = &listener.membership {
            driver::spawn(membership.answering()?);
        }
        driver::spawn(report_hangups(Socket::new(signals.hangup.into())?));
        let (socket, stop) = (Socket::new(socket)?, Socket::new(signals.stop.into())?);
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

/// Attaches, checks and warms up. What is refused is not kept mapped.
fn find_index(options: &Options, kernel: InstructionSet) -> Result<Scorer, Failure> {
    let begun = Instant::now();
    let (dir, limits) = (&options.index_dir, &options.serving.limits);
    let invalid = |error: ImageError| Failure::InvalidIndex { dir: dir.clone(), error };
    let segment = Segment::attach_trusting(dir, &options.trust).map_err(Failure::NoIndex)?;
    let is_verified = segment.is_verified();
    let open = if is_verified { Generation::open_verified } else { Generation::open };
    let generation = open(segment, kernel).map_err(invalid)?;
    let info = generation.index().info();
    let opened = begun.elapsed();
    let (scorer, warmed) = warmup::warm_up(Scorer::new(Arc::new(generation), limits.body_bytes), limits);
    tracing::info!(
        references = info.references,
        bytes = info.bytes,
        kernel = info.kernel,
        checked_by = if is_verified { "loader" } else { "server" },
        open_ms = opened.as_millis() as u64,
        warm_up_ms = (begun.elapsed() - opened).as_millis() as u64,
        warm_up_requests = warmed.requests,
        warm_up_scored = warmed.scored,
        "index attached and warm"
    );
    Ok(scorer)
}

/// Looks for an index until there is one; serving 503 meanwhile, it may take the thread for itself then. That is why a
/// file that was refused is not checked again until it is another one.
async fn await_index(endpoint: &'static Endpoint<FraudScore>, options: Options, kernel: InstructionSet) {
    let mut last_fault = String::new();
    let mut refused = None;
    while endpoint.phase() == Phase::Starting {
        // before attaching: what is published in between is looked at the next time
        let candidate = SegmentVersion::published_in(&options.index_dir);
        if candidate.is_none() || candidate != refused {
            match find_index(&options, kernel) {
                Ok(scorer) => {
                    endpoint.service.borrow_mut().scorer = Some(scorer);
                    endpoint.thread.phase.set(Phase::Ready);
                    return;
                }
                Err(failure) => {
                    let fault = failure.to_string();
                    if fault != last_fault {
                        tracing::warn!("{fault}");
                        last_fault = fault;
                    }
                    if let Failure::InvalidIndex { .. } = failure {
                        refused = candidate;
                    }
                }
            }
        }
        driver::sleep(limits::INDEX_POLL_MS).await;
    }
}

/// Says in the log that SIGHUP does nothing yet. Serves nobody and so may allocate.
async fn report_hangups(hangup: Socket) {
    let mut bytes = [0; 16];
    loop {
        // Errors cannot happen on a socket pair whose other end the signal handler holds for ever.
        let _ = hangup.readable().await;
        if let Ok(Some(1..)) = hangup.receive(&mut bytes) {
            tracing::warn!("SIGHUP is ignored: an index cannot be reloaded yet; restart the server to serve a new one");
        }
    }
}

/// An error and its causes in one line.
fn causes(mut error: &dyn Error) -> String {
    let mut text = error.to_string();
    while let Some(cause) = error.source() {
        text = format!("{text}: {cause}");
        error = cause;
    }
    text
}
