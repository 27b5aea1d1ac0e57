//! Which path and method lead where, and the answer of each.

use crate::buffers::Output;
use crate::response::{self, Form, Status};
use crate::target::Target;
use std::fmt::Display;

/// What the connection needs from the rest of the server; tests put something small in its place.
pub trait Service: 'static {
    /// Says which field was wrong; shown to the client.
    type Error: Display;

    /// Whether requests are answered now.
    fn phase(&self) -> Phase;

    /// Frauds among the five nearest references (0..=5), or `None` while there is no index.
    fn score(&mut self, body: &[u8]) -> Option<Result<u8, Self::Error>>;

    /// What a request is answered as that asks for `route`.
    fn route(&self, route: Route) -> Route {
        route
    }
}

/// The life of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No index yet.
    Starting,
    /// Answers.
    Ready,
    /// Finishes the requests that are open, then ends.
    Draining,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Ready,
    Score,
    /// A known path with a method that it does not have.
    OtherMethod {
        allow: &'static str,
    },
    UnknownPath,
    /// HTTP/1.1 without Host: whatever was asked for, it is refused.
    MissingHost,
    /// A Host field, or a host in the target, that is none: the same.
    InvalidHost,
}

impl Route {
    /// `target` as it stands in the request line; its query is ignored, `http://host` before the path as well.
    pub fn find(method: &str, target: &str) -> Self {
        let path = match Target::parse(target) {
            Target::Path(path) => path,
            Target::InvalidHost => return Self::InvalidHost,
            Target::Other => return Self::UnknownPath,
        };
        match (path, method) {
            ("/fraud-score", "POST") => Self::Score,
            ("/fraud-score", _) => Self::OtherMethod { allow: "POST" },
            ("/ready", "GET" | "HEAD") => Self::Ready,
            ("/ready", _) => Self::OtherMethod { allow: "GET, HEAD" },
            _ => Self::UnknownPath,
        }
    }
}

/// Writes the answer to a whole request.
pub fn answer<S: Service>(service: &mut S, route: Route, body: &[u8], output: &mut Output<'_>, form: Form) {
    // HEAD must not get a body, whatever the service would answer.
    let route = if form.head_only { route } else { service.route(route) };
    match route {
        // Also while draining: what was begun is finished, and nothing new gets here.
        Route::Score => match service.score(body) {
            Some(Ok(frauds)) => response::write_score(output, frauds, form),
            Some(Err(error)) => response::write_problem(output, Status::BadRequest, error, form),
            None => starting(output, form),
        },
        Route::Ready => match service.phase() {
            Phase::Ready => response::write_ready(output, form),
            Phase::Starting => starting(output, form),
            Phase::Draining => unavailable(output, form, "the server is shutting down"),
        },
        Route::OtherMethod { allow } => {
            let status = Status::MethodNotAllowed { allow };
            response::write_problem(output, status, format_args!("this path knows {allow} only"), form);
        }
        Route::UnknownPath => {
            let detail = "there are POST /fraud-score and GET /ready here";
            response::write_problem(output, Status::NotFound, detail, form);
        }
        Route::MissingHost => {
            let detail = "an HTTP/1.1 request needs a Host field";
            response::write_problem(output, Status::BadRequest, detail, form);
        }
        Route::InvalidHost => {
            let detail = "the host is neither a name nor an address, with or without a port";
            response::write_problem(output, Status::BadRequest, detail, form);
        }
    }
}

fn starting(output: &mut Output<'_>, form: Form) {
    let detail = format_args!("no index is loaded yet; load one with `{} load FILE`", shm_loader::commands());
    response::write_problem(output, Status::Unavailable, detail, form);
}

fn unavailable(output: &mut Output<'_>, form: Form, detail: &str) {
    response::write_problem(output, Status::Unavailable, detail, form);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_compared_exactly() {
        for target in ["/ready", "/ready?x=1", "http://host:1/ready?a=http://b/c"] {
            assert_eq!(Route::find("GET", target), Route::Ready, "{target}");
        }
        for target in ["/", "/ready/", "//ready", "*", "http://host", "/READY", "/fraud-score/x", "://c/ready"] {
            assert_eq!(Route::find("GET", target), Route::UnknownPath, "{target}");
        }
        for target in ["://c/fraud-score", "a?b://c/fraud-score"] {
            assert_eq!(Route::find("POST", target), Route::UnknownPath, "{target}");
        }
        assert_eq!(Route::find("POST", "http:///fraud-score"), Route::InvalidHost);
    }

    #[test]
    fn methods_are_compared_exactly() {
        assert_eq!(Route::find("post", "/fraud-score"), Route::OtherMethod { allow: "POST" });
        assert_eq!(Route::find("HEAD", "/ready"), Route::Ready);
        assert_eq!(Route::find("HEAD", "/fraud-score"), Route::OtherMethod { allow: "POST" });
    }
}
