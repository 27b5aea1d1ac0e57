//! What the admin listener of the balancer answers: whether it lives, whether there is a server, and its metrics.

use crate::counts::Counts;
use ::admin::metrics::{Exposition, Families, Format};
use http::{Answered, Head, Responder, Service, Status};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// Answers those who run the balancer, on a thread of its own.
pub struct AdminService {
    counts: Arc<Counts>,
    exposition: Exposition,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug)]
pub enum Route {
    Alive,
    Ready,
    Metrics(Format),
    OtherMethod,
    UnknownPath,
}

impl AdminService {
    /// Shows `counts`.
    pub fn new(counts: Arc<Counts>) -> Self {
        Self { exposition: Exposition::new(Observed(counts.clone())), counts }
    }
}

impl Service for AdminService {
    type Route = Route;
    type Body = Cow<'static, [u8]>;

    fn route(&self, head: &Head<'_>) -> Route {
        let route = match head.path() {
            Some("/healthz") => Route::Alive,
            Some("/ready") => Route::Ready,
            Some("/metrics") => Route::Metrics(Format::accepted(head.field("Accept"))),
            _ => return Route::UnknownPath,
        };
        if matches!(head.method(), "GET" | "HEAD") { route } else { Route::OtherMethod }
    }

    fn answer(&mut self, route: Route, _: &[u8], responder: Responder<'_, Self::Body>) -> Answered {
        match route {
            Route::Alive => responder.held(Status::Ok, "text/plain", b"alive\n".as_slice().into()),
            Route::Ready if self.counts.servers().iter().any(|server| server.is_ready) => {
                responder.held(Status::Ok, "text/plain", b"ready\n".as_slice().into())
            }
            Route::Ready => responder.problem(Status::Unavailable { retry_after_seconds: 1 }, "no server is ready"),
            Route::Metrics(format) => {
                let text = self.exposition.text(format);
                responder.held(Status::Ok, format.content_type(), text.into_bytes().into())
            }
            Route::OtherMethod => {
                responder.problem(Status::MethodNotAllowed { allow: "GET, HEAD" }, "this path knows GET, HEAD only")
            }
            Route::UnknownPath => {
                responder.problem(Status::NotFound, "there are GET /healthz, /ready and /metrics here")
            }
        }
    }

    fn fields(&self) -> &'static str {
        "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
    }
}

#[derive(Debug)]
struct Observed(Arc<Counts>);

impl Collector for Observed {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (counts, mut families) = (&self.0, Families::new(encoder));
        families.counter("balancer_accepted", "Clients accepted", None, counts.accepted.get())?;
        let help = "Connections given to another server, of which the one before had read nothing";
        families.counter("balancer_passed_on", help, None, counts.passed_on.get())?;
        let help = "Connections closed, of which a lost server had read a part of a request";
        families.counter("balancer_lost", help, None, counts.lost.get())?;
        families.counter("balancer_unserved", "Clients closed for want of a server", None, counts.unserved.get())?;
        families.counter("balancer_evicted", "Connections closed to make room", None, counts.evicted.get())?;
        families.gauge("balancer_connections_open", "Connections open now", None, counts.open.get())?;
        families.gauge("balancer_waiting", "Clients that wait for a server now", None, counts.waiting.get())?;
        let servers = counts.servers();
        let by_server = |figure: fn(&crate::counts::ServerFigures) -> u64| -> Vec<_> {
            servers.iter().map(|server| ([("server", server.name.clone())], figure(server))).collect()
        };
        let ready = by_server(|server| u64::from(server.is_ready));
        families.labelled_gauges("balancer_server_ready", "1 if the server takes connections, else 0", &ready)?;
        let connections = by_server(|server| server.connections);
        families.labelled_gauges("balancer_server_connections", "Connections that the server has", &connections)?;
        families.process_cpu()
    }
}
