//! The admin listener of `up`, which speaks for all servers: it asks the admin socket of each.

use admin::{Admin, AdminError};
use http::{Answered, Head, Responder, Service, Status};
use load_test::{Endpoint, Question, WholeAnswer, ask};
use runtime::background::Cores;
use serde_json::Value;
use server::{AdminAddress, ListenAddress};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// For one question to a server; its admin thread may have to wait for its turn.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Longest answer of a server: an explanation has about 6 KB, a status 3, metrics 12.
const ANSWER_BYTES: usize = 256 * 1024;

/// Starts it, unless there is to be none.
pub fn start(address: &AdminAddress, servers: Vec<PathBuf>) -> Result<Option<Admin>, AdminError> {
    let address = match address {
        AdminAddress::None => return Ok(None),
        // a browser reaches no Unix socket
        AdminAddress::Auto => ListenAddress::Tcp("127.0.0.1:0".to_owned()),
        AdminAddress::At(address) => address.clone(),
    };
    Admin::start(&address, Cores::of_this_thread(), move || AllServers(servers)).map(Some)
}

/// The states of all servers that answer, as `GET /status` of one has them.
pub fn statuses(servers: &[PathBuf]) -> Vec<Value> {
    let status = |socket: &PathBuf| -> Option<Vec<Value>> {
        let answer = ask_server(socket, "GET", "/status", b"")?;
        let mut document: Value = serde_json::from_slice(&answer.body).ok()?;
        match document["servers"].take() {
            Value::Array(servers) => Some(servers),
            _ => None,
        }
    };
    servers.iter().filter_map(status).flatten().collect()
}

/// The answer of the server with this admin socket; `None` if it gives none.
pub fn ask_server(socket: &Path, method: &str, path: &str, body: &[u8]) -> Option<WholeAnswer> {
    let question = Question { method, path, body, answer_bytes: ANSWER_BYTES, timeout: TIMEOUT };
    ask(&Endpoint::Unix(socket.to_owned()), &question).ok()
}

/// The admin sockets of all servers.
struct AllServers(Vec<PathBuf>);

/// What a request asks for.
#[derive(Clone, Copy, Debug)]
enum Route {
    Page,
    Alive,
    Ready,
    Status,
    /// Of this server, counted from 0.
    Metrics(usize),
    Explain,
    Reload,
    OtherMethod {
        allow: &'static str,
    },
    UnknownPath,
}

type Body = Cow<'static, [u8]>;

impl AllServers {
    fn find(&self, head: &Head<'_>) -> Route {
        let route = match head.path() {
            Some("/") => Route::Page,
            Some("/healthz") => Route::Alive,
            Some("/ready") => Route::Ready,
            Some("/status") => Route::Status,
            Some("/explain") => Route::Explain,
            Some("/reload") => Route::Reload,
            Some(path) => match path.strip_prefix("/metrics/").and_then(|number| number.parse::<usize>().ok()) {
                Some(number) if (1..=self.0.len()).contains(&number) => Route::Metrics(number - 1),
                _ => return Route::UnknownPath,
            },
            None => return Route::UnknownPath,
        };
        let is_post = matches!(route, Route::Explain | Route::Reload);
        match head.method() {
            "POST" if is_post => route,
            "GET" | "HEAD" if !is_post => route,
            _ => Route::OtherMethod { allow: if is_post { "POST" } else { "GET, HEAD" } },
        }
    }

    fn page(&self) -> Body {
        server::admin_page_of_all(self.0.len()).into_bytes().into()
    }

    fn ready(&self, responder: Responder<'_, Body>) -> Answered {
        let is_ready =
            |socket: &PathBuf| ask_server(socket, "GET", "/ready", b"").is_some_and(|answer| answer.status == 200);
        if self.0.iter().all(is_ready) {
            return responder.held(Status::Ok, "text/plain", b"ready\n".as_slice().into());
        }
        responder.problem(UNAVAILABLE, "not every server is ready")
    }

    /// One after the other until one answers: all have the same index.
    fn explain(&self, body: &[u8], responder: Responder<'_, Body>) -> Answered {
        match self.0.iter().find_map(|socket: &PathBuf| ask_server(socket, "POST", "/explain", body)) {
            Some(WholeAnswer { status: 200, body }) => responder.held(Status::Ok, JSON, body.into()),
            Some(WholeAnswer { status: 400, body }) => {
                let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
                responder.problem(Status::BadRequest, problem["detail"].as_str().unwrap_or("no transaction"))
            }
            _ => responder.problem(UNAVAILABLE, "no server explains now"),
        }
    }

    fn reload(&self, responder: Responder<'_, Body>) -> Answered {
        let look = |socket: &PathBuf| {
            let answer = ask_server(socket, "POST", "/reload", b"");
            answer.and_then(|answer| serde_json::from_slice(&answer.body).ok()).unwrap_or(Value::Null)
        };
        json(responder, &serde_json::json!({ "servers": self.0.iter().map(look).collect::<Vec<Value>>() }))
    }
}

impl Service for AllServers {
    type Route = Route;
    type Body = Body;

    fn route(&self, head: &Head<'_>) -> Route {
        self.find(head)
    }

    fn answer(&mut self, route: Route, body: &[u8], responder: Responder<'_, Body>) -> Answered {
        match route {
            Route::Page => responder.held(Status::Ok, "text/html; charset=utf-8", self.page()),
            Route::Alive => responder.held(Status::Ok, "text/plain", b"alive\n".as_slice().into()),
            Route::Ready => self.ready(responder),
            Route::Status => json(responder, &serde_json::json!({ "servers": statuses(&self.0) })),
            Route::Metrics(number) => match ask_server(&self.0[number], "GET", "/metrics", b"") {
                Some(answer) => responder.held(Status::Ok, "text/plain; version=0.0.4; charset=utf-8", answer.body.into()),
                None => responder.problem(UNAVAILABLE, "the server does not answer"),
            },
            Route::Explain => self.explain(body, responder),
            Route::Reload => self.reload(responder),
            Route::OtherMethod { allow } => {
                responder.problem(Status::MethodNotAllowed { allow }, format_args!("this path knows {allow} only"))
            }
            Route::UnknownPath => responder.problem(
                Status::NotFound,
                format_args!(
                    "there are GET /, /healthz, /ready, /status, /metrics/1 to /metrics/{}, POST /explain and /reload here",
                    self.0.len()
                ),
            ),
        }
    }

    fn fields(&self) -> &'static str {
        server::admin_fields()
    }
}

const JSON: &str = "application/json";
const UNAVAILABLE: Status = Status::Unavailable { retry_after_seconds: 1 };

fn json(responder: Responder<'_, Body>, value: &Value) -> Answered {
    responder.held(Status::Ok, JSON, value.to_string().into_bytes().into())
}
