//! The answer of each route of the admin listener.

use super::exposition::exposition;
use super::page::{admin_fields, admin_page};
use super::routes::AdminRoute;
use super::sources::Sources;
use super::status::Status as ServerStatus;
use crate::limits::RETRY_AFTER_SECONDS;
use crate::reload::Answer as LookAnswer;
use ::admin::metrics::{Exposition, Format};
use http::{Answered, Head, Responder, Service, Status};
use listener::Phase;
use scoring::{AnyGeneration, ExplainError, RowExplanation, Scorer};
use serde::Serialize;
use std::borrow::Cow;
use std::time::{Duration, Instant};

/// Answers those who run a server. It may allocate and take its time: its thread serves nobody else.
pub struct AdminService {
    sources: Sources,
    exposition: Exposition,
    /// The longest body that is explained without growing.
    body_bytes: usize,
}

/// What came of a look at what is published.
#[derive(Debug, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
enum Look {
    /// Another index answers now.
    Switched { checksum: String },
    /// What is published answers already.
    Unchanged,
    /// It is refused.
    Refused { reason: &'static str, fault: String },
    /// Nothing is.
    NothingPublished,
    /// It is still checked; the status tells.
    UnderWay,
}

impl From<LookAnswer> for Look {
    fn from(answer: LookAnswer) -> Self {
        match answer {
            LookAnswer::Switched { checksum } => Self::Switched { checksum },
            LookAnswer::Unchanged => Self::Unchanged,
            LookAnswer::Refused { reason, fault } => Self::Refused { reason: reason.name(), fault },
            LookAnswer::NothingPublished => Self::NothingPublished,
        }
    }
}

/// Text of any length, which the connection keeps until it is sent.
pub type Body = Cow<'static, [u8]>;

impl AdminService {
    /// Looks at `sources`; `body_bytes` is the longest body that the public listener takes.
    pub fn new(sources: Sources, body_bytes: usize) -> Self {
        Self { exposition: exposition(sources.clone()), sources, body_bytes }
    }

    fn explain(&self, body: &[u8], responder: Responder<'_, Body>) -> Answered {
        // Not kept: whoever keeps a generation keeps its memory.
        let Some(current) = self.sources.reload.current.get() else {
            return responder.problem(UNAVAILABLE, "no index is loaded yet");
        };
        let references = match current.generation {
            AnyGeneration::References(references) => references,
            AnyGeneration::Rows(rows) => {
                return match RowExplanation::of(&rows, body) {
                    Ok(explanation) => json(responder, &explanation),
                    Err(error) => responder.problem(Status::BadRequest, error),
                };
            }
        };
        let mut scorer = Scorer::new(references, self.body_bytes);
        match scorer.explain(body) {
            Ok(explanation) => json(responder, &explanation),
            Err(error @ ExplainError::Payload(_)) => responder.problem(Status::BadRequest, error),
            Err(error @ ExplainError::Contradiction { .. }) => responder.problem(Status::InternalServerError, error),
        }
    }

    /// Asks for a look at what is published, and waits for what comes of it, but not for a long check.
    fn look(&self) -> Look {
        let ticket = self.sources.reload.asks.ask();
        let begun = Instant::now();
        loop {
            match self.sources.reload.asks.answer(ticket) {
                Some(answer) => return Look::from(answer),
                None if begun.elapsed() >= LOOK_PATIENCE => return Look::UnderWay,
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    fn ready(&self, responder: Responder<'_, Body>) -> Answered {
        match self.sources.phase.get() {
            Phase::Ready => text(responder, "ready\n"),
            Phase::Starting => responder.problem(UNAVAILABLE, "no index is loaded yet"),
            Phase::Draining => responder.problem(UNAVAILABLE, "the server is shutting down"),
        }
    }
}

impl Service for AdminService {
    type Route = AdminRoute;
    type Body = Body;

    fn route(&self, head: &Head<'_>) -> AdminRoute {
        AdminRoute::find(head)
    }

    fn answer(&mut self, route: AdminRoute, body: &[u8], responder: Responder<'_, Body>) -> Answered {
        match route {
            AdminRoute::Page => responder.held(Status::Ok, "text/html; charset=utf-8", admin_page().into()),
            AdminRoute::Alive => text(responder, "alive\n"),
            AdminRoute::Ready => self.ready(responder),
            AdminRoute::Status => json(responder, &ServerStatus::of(&self.sources)),
            AdminRoute::Metrics(format) => metrics(responder, format, &self.exposition),
            AdminRoute::Explain => self.explain(body, responder),
            AdminRoute::Reload => json(responder, &self.look()),
            AdminRoute::OtherMethod { allow } => {
                responder.problem(Status::MethodNotAllowed { allow }, format_args!("this path knows {allow} only"))
            }
            AdminRoute::UnknownPath => responder.problem(
                Status::NotFound,
                "there are GET /, /healthz, /ready, /status and /metrics, POST /explain and /reload here",
            ),
        }
    }

    fn fields(&self) -> &'static str {
        admin_fields()
    }
}

/// How long a look is waited for: other requests wait meanwhile.
const LOOK_PATIENCE: Duration = Duration::from_secs(1);
const JSON: &str = "application/json";
const UNAVAILABLE: Status = Status::Unavailable { retry_after_seconds: RETRY_AFTER_SECONDS };

fn text(responder: Responder<'_, Body>, text: &'static str) -> Answered {
    responder.held(Status::Ok, "text/plain", text.as_bytes().into())
}

fn json(responder: Responder<'_, Body>, value: &impl Serialize) -> Answered {
    let bytes = serde_json::to_vec(value).expect("there are only names, numbers and texts in it");
    responder.held(Status::Ok, JSON, bytes.into())
}

fn metrics(responder: Responder<'_, Body>, format: Format, exposition: &Exposition) -> Answered {
    responder.held(Status::Ok, format.content_type(), exposition.text(format).into_bytes().into())
}
