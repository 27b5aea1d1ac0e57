//! Which path and method lead where on the admin listener.

use ::admin::metrics::Format;
use http::Head;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminRoute {
    Page,
    Alive,
    Ready,
    Status,
    Metrics(Format),
    Explain,
    Reload,
    /// A known path with a method that it does not have.
    OtherMethod {
        allow: &'static str,
    },
    UnknownPath,
}

impl AdminRoute {
    /// Methods and paths are compared exactly.
    pub fn find(head: &Head<'_>) -> Self {
        let route = match head.path() {
            Some("/") => Self::Page,
            Some("/healthz") => Self::Alive,
            Some("/ready") => Self::Ready,
            Some("/status") => Self::Status,
            Some("/metrics") => Self::Metrics(Format::accepted(head.field("Accept"))),
            Some("/explain") => Self::Explain,
            Some("/reload") => Self::Reload,
            _ => return Self::UnknownPath,
        };
        let is_post = matches!(route, Self::Explain | Self::Reload);
        match head.method() {
            "POST" if is_post => route,
            "GET" | "HEAD" if !is_post => route,
            _ => Self::OtherMethod { allow: if is_post { "POST" } else { "GET, HEAD" } },
        }
    }
}
