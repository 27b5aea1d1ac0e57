//! What the services of a server have in common, and say alike.

use crate::decision_log::Sampler;
use crate::limits::RETRY_AFTER_SECONDS;
use crate::routes::{Offered, Route};
use crate::telemetry::{Answer, Telemetry};
use http::{Answered, Prepared, Responder, Status};
use listener::{Phase, SharedPhase};
use std::sync::Arc;

/// Phase, counts and the decision log.
pub struct Common {
    /// Shared with what accepts and stops.
    pub phase: Arc<SharedPhase>,
    /// What is counted, for other threads to read.
    pub telemetry: Arc<Telemetry>,
    /// Takes the decisions that are logged.
    pub sampler: Option<Sampler>,
    ready: Prepared,
}

/// The client may try again a second later.
pub const UNAVAILABLE: Status = Status::Unavailable { retry_after_seconds: RETRY_AFTER_SECONDS };

impl Common {
    /// Nothing is counted yet, and no decision is logged.
    pub fn new(phase: Arc<SharedPhase>) -> Self {
        Self { phase, telemetry: Arc::default(), sampler: None, ready: prepared_ready() }
    }

    /// All that it holds, for the service that takes this one's place.
    pub fn taken(&mut self) -> Self {
        let (phase, telemetry) = (self.phase.clone(), self.telemetry.clone());
        Self { phase, telemetry, sampler: self.sampler.take(), ready: prepared_ready() }
    }

    /// Whether connections are to be closed after their next answer.
    #[inline]
    pub fn is_closing(&self) -> bool {
        self.phase.get() == Phase::Draining
    }

    /// `GET /ready`.
    pub fn ready<B: AsRef<[u8]>>(&self, responder: Responder<'_, B>) -> Answered {
        let phase = self.phase.get();
        self.telemetry.answered(if phase == Phase::Ready { Answer::Ready } else { Answer::Unavailable });
        match phase {
            Phase::Ready => responder.prepared(&self.ready),
            Phase::Starting => no_index(responder),
            Phase::Draining => responder.problem(UNAVAILABLE, "the server is shutting down"),
        }
    }

    /// A path that is here, with a method that it does not have.
    pub fn other_method<B: AsRef<[u8]>>(&self, allow: &'static str, responder: Responder<'_, B>) -> Answered {
        self.telemetry.answered(Answer::OtherMethod);
        responder.problem(Status::MethodNotAllowed { allow }, format_args!("this path knows {allow} only"))
    }

    /// A path that is not here.
    pub fn unknown_path<B: AsRef<[u8]>>(&self, offered: Offered, responder: Responder<'_, B>) -> Answered {
        self.telemetry.answered(Answer::UnknownPath);
        responder.problem(Status::NotFound, offered.sentence())
    }

    /// Anything, as long as there is no index.
    pub fn answer_undecided<B: AsRef<[u8]>>(&self, route: Route, responder: Responder<'_, B>) -> Answered {
        match route {
            Route::FraudScore | Route::Score => {
                self.telemetry.answered(Answer::Unavailable);
                no_index(responder)
            }
            Route::Ready => self.ready(responder),
            Route::OtherMethod { allow } => self.other_method(allow, responder),
            Route::UnknownPath => self.unknown_path(Offered::Undecided, responder),
        }
    }
}

fn prepared_ready() -> Prepared {
    Prepared::new(Status::Ok, "text/plain", b"ready\n")
}

fn no_index<B: AsRef<[u8]>>(responder: Responder<'_, B>) -> Answered {
    let commands = shm_loader::commands();
    responder.problem(UNAVAILABLE, format_args!("no index is loaded yet; load one with `{commands} load FILE`"))
}
