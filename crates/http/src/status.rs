//! Status codes with what their responses must carry, and why a request is refused.

/// The status of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// 200.
    Ok,
    /// 400.
    BadRequest,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// 405.
    MethodNotAllowed {
        /// Value of the field `Allow`: the methods that the path has.
        allow: &'static str,
    },
    /// 408.
    RequestTimeout,
    /// 413.
    ContentTooLarge,
    /// 417.
    ExpectationFailed,
    /// 431.
    FieldsTooLarge,
    /// 500.
    InternalServerError,
    /// 501.
    NotImplemented,
    /// 503.
    Unavailable {
        /// Value of the field `Retry-After`.
        retry_after_seconds: u32,
    },
    /// 505.
    VersionNotSupported,
}

impl Status {
    /// The code and its registered phrase.
    pub const fn line(self) -> (u16, &'static str) {
        match self {
            Self::Ok => (200, "OK"),
            Self::BadRequest => (400, "Bad Request"),
            Self::Forbidden => (403, "Forbidden"),
            Self::NotFound => (404, "Not Found"),
            Self::MethodNotAllowed { .. } => (405, "Method Not Allowed"),
            Self::RequestTimeout => (408, "Request Timeout"),
            Self::ContentTooLarge => (413, "Content Too Large"),
            Self::ExpectationFailed => (417, "Expectation Failed"),
            Self::FieldsTooLarge => (431, "Request Header Fields Too Large"),
            Self::InternalServerError => (500, "Internal Server Error"),
            Self::NotImplemented => (501, "Not Implemented"),
            Self::Unavailable { .. } => (503, "Service Unavailable"),
            Self::VersionNotSupported => (505, "HTTP Version Not Supported"),
        }
    }
}

/// Why a request is refused by the protocol, whatever it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the client is told in the status line,
    pub status: Status,
    /// and in the body.
    pub detail: &'static str,
}

impl Refusal {
    pub(crate) const fn bad_request(detail: &'static str) -> Self {
        Self { status: Status::BadRequest, detail }
    }
}
