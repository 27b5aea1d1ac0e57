//! Answers as bytes: six ready-made scores, readiness, and errors as RFC 9457 problem details.
//!
//! Everything is written into the output half of a request buffer; nothing allocates.

use crate::buffers::Output;
use crate::limits;
use std::fmt::{self, Display, Write as _};

/// What happens to the connection after the answer, and how the client learns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// HTTP/1.1 keeps the connection without saying so.
    KeepAlive,
    /// An HTTP/1.0 client that asked for keep-alive must be told that it got it.
    KeepAliveSaid,
    /// This is the last answer.
    Close,
}

impl Persistence {
    fn field(self) -> &'static str {
        match self {
            Self::KeepAlive => "",
            Self::KeepAliveSaid => "Connection: keep-alive\r\n",
            Self::Close => "Connection: close\r\n",
        }
    }
}

/// How an answer is to be given, beside its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Kept or closed afterwards.
    pub persistence: Persistence,
    /// The request was HEAD: the same fields, no body.
    pub head_only: bool,
}

impl Form {
    /// The last answer on a connection.
    pub const CLOSE: Self = Self { persistence: Persistence::Close, head_only: false };
}

/// What lets a client go on at once after `Expect: 100-continue`.
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

macro_rules! score_response {
    ($length:literal, $body:literal) => {
        (
            concat!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ", $length, "\r\n"),
            concat!("\r\n", $body),
            $length,
        )
    };
}

/// (status line and fields, empty line and body, length of the body) by number of frauds among the five nearest.
const SCORES: [(&str, &str, usize); 6] = [
    score_response!(35, r#"{"approved":true,"fraud_score":0.0}"#),
    score_response!(35, r#"{"approved":true,"fraud_score":0.2}"#),
    score_response!(35, r#"{"approved":true,"fraud_score":0.4}"#),
    score_response!(36, r#"{"approved":false,"fraud_score":0.6}"#),
    score_response!(36, r#"{"approved":false,"fraud_score":0.8}"#),
    score_response!(36, r#"{"approved":false,"fraud_score":1.0}"#),
];

const _: () = {
    let mut frauds = 0;
    while frauds < SCORES.len() {
        assert!(SCORES[frauds].1.len() == 2 + SCORES[frauds].2, "Content-Length must be the body's length");
        frauds += 1;
    }
};

/// The answer for `frauds` (0..=5) among the five nearest references.
pub fn write_score(output: &mut Output<'_>, frauds: u8, form: Form) {
    let (fields, rest, _) = SCORES[usize::from(frauds)];
    output.write(fields.as_bytes());
    output.write(form.persistence.field().as_bytes());
    output.write(rest.as_bytes());
}

/// The answer of a server that can score.
pub fn write_ready(output: &mut Output<'_>, form: Form) {
    output.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n");
    output.write(form.persistence.field().as_bytes());
    output.write(if form.head_only { b"\r\n" } else { b"\r\nready\n" });
}

/// Why a request gets no score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    BadRequest,
    NotFound,
    MethodNotAllowed { allow: &'static str },
    RequestTimeout,
    ContentTooLarge,
    ExpectationFailed,
    FieldsTooLarge,
    NotImplemented,
    Unavailable,
    VersionNotSupported,
}

impl Status {
    /// The code and its registered phrase.
    pub const fn line(self) -> (u16, &'static str) {
        match self {
            Self::BadRequest => (400, "Bad Request"),
            Self::NotFound => (404, "Not Found"),
            Self::MethodNotAllowed { .. } => (405, "Method Not Allowed"),
            Self::RequestTimeout => (408, "Request Timeout"),
            Self::ContentTooLarge => (413, "Content Too Large"),
            Self::ExpectationFailed => (417, "Expectation Failed"),
            Self::FieldsTooLarge => (431, "Request Header Fields Too Large"),
            Self::NotImplemented => (501, "Not Implemented"),
            Self::Unavailable => (503, "Service Unavailable"),
            Self::VersionNotSupported => (505, "HTTP Version Not Supported"),
        }
    }
}

/// An error as `application/problem+json`; `detail` is cut at `limits::DETAIL_BYTES`.
pub fn write_problem(output: &mut Output<'_>, status: Status, detail: impl Display, form: Form) {
    let (code, phrase) = status.line();
    let mut text = Fixed::<{ limits::DETAIL_BYTES }>::new();
    // An overlong detail is cut: `Fixed` says so by an error, which is all there is to know here.
    let _ = write!(text, "{detail}");
    let mut body = Fixed::<{ limits::RESPONSE_BYTES }>::new();
    let _ = write!(
        body,
        r#"{{"type":"about:blank","title":"{phrase}","status":{code},"detail":"{}"}}"#,
        Escaped(text.as_str())
    );
    let mut fields = Fixed::<512>::new();
    let _ = write!(
        fields,
        "HTTP/1.1 {code} {phrase}\r\nContent-Type: application/problem+json\r\nContent-Length: {}\r\n",
        body.as_str().len()
    );
    match status {
        Status::MethodNotAllowed { allow } => {
            let _ = write!(fields, "Allow: {allow}\r\n");
        }
        Status::Unavailable => {
            let _ = write!(fields, "Retry-After: {}\r\n", limits::RETRY_AFTER_SECONDS);
        }
        _ => {}
    }
    output.write(fields.as_str().as_bytes());
    output.write(form.persistence.field().as_bytes());
    output.write(b"\r\n");
    if !form.head_only {
        output.write(body.as_str().as_bytes());
    }
}

/// Text on the stack; writing past its end cuts at a character and reports an error.
struct Fixed<const BYTES: usize> {
    bytes: [u8; BYTES],
    length: usize,
}

impl<const BYTES: usize> Fixed<BYTES> {
    const fn new() -> Self {
        Self { bytes: [0; BYTES], length: 0 }
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).expect("only whole characters are written")
    }
}

impl<const BYTES: usize> fmt::Write for Fixed<BYTES> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let kept = text.floor_char_boundary(BYTES - self.length);
        self.bytes[self.length..][..kept].copy_from_slice(&text.as_bytes()[..kept]);
        self.length += kept;
        if kept == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

/// Text as the inside of a JSON string.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                control if u32::from(control) < 0x20 => write!(f, "\\u{:04x}", u32::from(control))?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buffers::Buffer;
    use crate::limits::Limits;

    fn written(write: impl FnOnce(&mut Output<'_>)) -> String {
        let mut buffer = Buffer::new(&Limits::default());
        write(&mut buffer.output());
        String::from_utf8(buffer.unsent().to_vec()).unwrap()
    }

    fn body_of(response: &str) -> &str {
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
        assert_eq!(length.parse::<usize>().unwrap(), body.len(), "{response}");
        body
    }

    #[test]
    fn six_scores_are_frauds_over_five_and_approved_below_three_fifths() {
        for frauds in 0..=5u8 {
            let form = Form { persistence: Persistence::KeepAlive, head_only: false };
            let response = written(|output| write_score(output, frauds, form));
            let json: serde_json::Value = serde_json::from_str(body_of(&response)).unwrap();
            assert_eq!(json["fraud_score"].as_f64().unwrap(), f64::from(frauds) / 5.0);
            assert_eq!(json["approved"].as_bool().unwrap(), f64::from(frauds) / 5.0 < 0.6);
        }
    }

    #[test]
    fn a_detail_with_quotes_and_controls_stays_valid_json() {
        let detail = "field \"amount\"\\ \n\u{1}";
        let response = written(|output| write_problem(output, Status::BadRequest, detail, Form::CLOSE));
        let json: serde_json::Value = serde_json::from_str(body_of(&response)).unwrap();
        assert_eq!(json["detail"], detail);
        assert_eq!(json["status"], 400);
        assert!(response.contains("Content-Type: application/problem+json\r\n"));
    }

    #[test]
    fn an_endless_detail_is_cut_and_still_fits_when_every_byte_needs_escaping() {
        let detail = "\u{1}".repeat(10_000);
        let response = written(|output| write_problem(output, Status::BadRequest, &detail, Form::CLOSE));
        let json: serde_json::Value = serde_json::from_str(body_of(&response)).unwrap();
        assert_eq!(json["detail"].as_str().unwrap().len(), limits::DETAIL_BYTES);
        assert!(response.len() <= limits::RESPONSE_BYTES);
    }

    #[test]
    fn a_detail_is_cut_between_characters() {
        let detail = "é".repeat(limits::DETAIL_BYTES);
        let response = written(|output| write_problem(output, Status::BadRequest, &detail, Form::CLOSE));
        let json: serde_json::Value = serde_json::from_str(body_of(&response)).unwrap();
        assert_eq!(json["detail"].as_str().unwrap().chars().count(), limits::DETAIL_BYTES / 2);
    }
}
