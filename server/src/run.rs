//! The server that scores: finds its index, then serves by it, and by whatever is published later.

use crate::admin::{AdminService, Facts, Sources};
use crate::decision_log::{self, Counts, LogFile};
use crate::failure::Failure;
use crate::options::Options;
use crate::reload::{self, Opened, Opening, Reload, take_generations};
use crate::serve::{Begun, conclude, prepare, serve_until_stopped};
use crate::service::AnyService;
use admin::Admin;
use listener::Endpoint;
use listener::listen::ListenError;
use listener::{Phase, SharedPhase};
use runtime::background::{Cores, Pace};
use runtime::driver;
use runtime::signals::SignalSockets;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// Serves until SIGTERM or SIGINT; the exit code tells why it ended. To be called once in a process, as the last
/// thing it does: the thread stays pinned and the runtime is not given back.
pub fn run(options: Options) -> ExitCode {
    conclude(&options.serving, || serve(&options))
}

fn serve(options: &Options) -> Result<(), Failure> {
    if options.share_port && options.wait_for_index {
        return Err(ListenError::SharedWithoutIndex.into());
    }
    let Options { index_dir, trust, serving, .. } = options;
    let kernel = command_line::kernel()?;
    let cores = Cores::of_this_thread();
    let log_file = match &options.decision_log.file {
        Some(path) => Some(LogFile::open(path, options.decision_log.bytes)?),
        None => None,
    };
    let SignalSockets { stop, hangup } = prepare(serving)?;
    let opening = Opening { index_dir: index_dir.clone(), trust: trust.clone(), kernel, limits: serving.limits };
    let first = match find_index(&opening) {
        Ok(opened) => Some(opened),
        Err(failure @ Failure::NoIndex(_)) if options.wait_for_index => {
            tracing::warn!("{failure}; answering 503 until then");
            None
        }
        Err(failure) => return Err(failure),
    };
    if let Some(first) = &first {
        decision_log::check_redaction(&options.decision_log.redact, &first.generation).map_err(Failure::Redaction)?;
    }
    let phase = Arc::new(SharedPhase::new(if first.is_some() { Phase::Ready } else { Phase::Starting }));
    let shared_index =
        first.as_ref().filter(|_| options.share_port).map(|first| first.generation.info().checksum().to_owned());
    let mut service = AnyService::new(phase.clone());
    if let Some(first) = &first {
        service.take(first.generation.clone(), &serving.limits);
    }
    let mut writing = None;
    let served = serve_until_stopped(serving, shared_index.as_deref(), stop, service, phase, |begun| {
        let Begun { endpoint, announcement, driver } = begun;
        let (reload, incoming) = reload::start(opening, first.as_ref(), hangup, cores).map_err(Failure::serving)?;
        driver::spawn(take_generations(incoming, endpoint, announcement).map_err(Failure::serving)?);
        // From here on whatever holds it keeps its memory, too.
        drop(first);
        let decisions = Arc::<Counts>::default();
        if let Some(file) = log_file {
            let (log, current, body_bytes) = (&options.decision_log, reload.current.clone(), serving.limits.body_bytes);
            let (sampler, thread) =
                decision_log::start(log, file, decisions.clone(), body_bytes, cores, move || current.get())
                    .map_err(Failure::serving)?;
            endpoint.service.borrow_mut().common_mut().sampler = Some(sampler);
            writing = Some(thread);
        }
        start_admin(options, endpoint, (reload, decisions), driver, cores)
    });
    if let Some(writing) = writing {
        writing.finish();
    }
    served
}

/// The admin listener, if there is to be one; it ends when it is dropped.
fn start_admin(
    options: &Options,
    endpoint: &'static Endpoint<AnyService>,
    (reload, decision_log): (Reload, Arc<Counts>),
    driver: &'static str,
    cores: Cores,
) -> Result<Option<Admin>, Failure> {
    let Some(address) = options.admin.beside(&options.serving.listen) else { return Ok(None) };
    let sources = Sources {
        telemetry: endpoint.service.borrow().telemetry().clone(),
        counts: endpoint.thread.counts.clone(),
        decision_log,
        reload,
        phase: endpoint.thread.phase.clone(),
        facts: Facts {
            instance: options.serving.instance,
            driver,
            kernel: command_line::kernel()?.name(),
            buffers: endpoint.limits.buffers,
            started: Instant::now(),
            started_at: SystemTime::now(),
        },
    };
    let body_bytes = endpoint.limits.body_bytes;
    let admin = Admin::start(&address, cores, move || AdminService::new(sources, body_bytes))?;
    tracing::info!(admin = %admin.address(), "admin listener");
    Ok(Some(admin))
}

/// What is published at the start, opened as fast as can be: nobody waits for answers yet.
fn find_index(opening: &Opening) -> Result<Opened, Failure> {
    let refused = |refusal: reload::Refusal| refusal.into_failure(&opening.index_dir);
    let segment = opening.attach().map_err(|error| refused(error.into()))?;
    let opened = opening.open(segment, None, &Pace::new(1_000)).map_err(refused)?;
    opened.tell("index attached and warm", None);
    Ok(opened)
}
