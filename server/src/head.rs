//! From the bytes of a request head to what the connection must do: route, framing, persistence.
//!
//! Only whole lines are looked at, so the verdict depends on the bytes and not on how they were cut into
//! packets. Everything that two parsers could frame differently is refused here: that is how requests get
//! smuggled past a proxy.

use crate::handler::Route;
use crate::limits;
use crate::response::{Persistence, Status};
use crate::target;
use std::mem::MaybeUninit;

/// A head that can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Length of the head with its empty line.
    pub bytes: usize,
    pub route: Route,
    /// The method was HEAD.
    pub head_only: bool,
    pub framing: Framing,
    pub persistence: Persistence,
    /// The client waits for `100 Continue` before it sends the body.
    pub expects_continue: bool,
}

/// Where the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// After this many bytes.
    Length(usize),
    /// After the last chunk.
    Chunked,
}

/// A head that makes it unknowable or pointless where the next request begins: answer, then close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: Status,
    pub detail: &'static str,
}

const fn bad(detail: &'static str) -> Refusal {
    Refusal { status: Status::BadRequest, detail }
}

/// What `parse` made of the bytes so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed {
    Incomplete,
    Complete(Head),
    Refused(Refusal),
}

/// Parses the head that `unread` begins with. The first `seen` bytes were there at the last call, which returned
/// `Incomplete`; lines that were looked at then are looked at again only when a new one has ended.
pub fn parse(unread: &[u8], seen: usize, head_bytes: usize) -> Parsed {
    let window = &unread[..unread.len().min(head_bytes)];
    let seen = seen.min(window.len());
    let is_full = window.len() == head_bytes;
    if let Some(last) = window[seen..].iter().rposition(|&byte| byte == b'\n') {
        match parse_lines(&window[..seen + last + 1]) {
            Parsed::Incomplete => {}
            decided => return decided,
        }
    }
    if is_full {
        return Parsed::Refused(Refusal {
            status: Status::FieldsTooLarge,
            detail: "the request line and headers are over the limit",
        });
    }
    Parsed::Incomplete
}

fn parse_lines(lines: &[u8]) -> Parsed {
    let mut headers = [const { MaybeUninit::<httparse::Header<'_>>::uninit() }; limits::HEADERS];
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(lines, &mut headers) {
        Ok(httparse::Status::Partial) => Parsed::Incomplete,
        Ok(httparse::Status::Complete(bytes)) => match decide(&lines[..bytes], &request) {
            Ok(head) => Parsed::Complete(head),
            Err(refusal) => Parsed::Refused(refusal),
        },
        Err(error) => Parsed::Refused(refusal_for(error, lines)),
    }
}

fn refusal_for(error: httparse::Error, lines: &[u8]) -> Refusal {
    match error {
        httparse::Error::Version if names_http_version(lines) => {
            Refusal { status: Status::VersionNotSupported, detail: "only HTTP/1.0 and HTTP/1.1 are spoken here" }
        }
        httparse::Error::TooManyHeaders => {
            Refusal { status: Status::FieldsTooLarge, detail: "the request has too many header fields" }
        }
        httparse::Error::HeaderName => bad("a header name is malformed, folded, or followed by a space"),
        httparse::Error::HeaderValue => bad("a header value holds a character that is not allowed"),
        httparse::Error::NewLine => bad("a line does not end in CR LF"),
        _ => bad("the request line is malformed"),
    }
}

/// Whether this is a request line but for its version, and not mere noise.
fn names_http_version(lines: &[u8]) -> bool {
    let line = lines.trim_ascii_start().split(|&byte| byte == b'\n').next().unwrap_or_default();
    let mut words = line.trim_ascii_end().split(|&byte| byte == b' ');
    let (Some(_method), Some(_target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return false;
    };
    version.strip_prefix(b"HTTP/").and_then(<[u8]>::first).is_some_and(u8::is_ascii_digit)
}

/// CR and LF come only as a pair: a lone one ends a line for some parsers and not for others.
fn has_only_paired_line_ends(head: &[u8]) -> bool {
    let mut previous = 0;
    for &byte in head {
        if (byte == b'\n') != (previous == b'\r') {
            return false;
        }
        previous = byte;
    }
    true
}

fn decide(head: &[u8], request: &httparse::Request<'_, '_>) -> Result<Head, Refusal> {
    if !has_only_paired_line_ends(head) {
        return Err(bad("CR and LF must come as a pair"));
    }
    let (Some(method), Some(target), Some(version)) = (request.method, request.path, request.version) else {
        return Err(bad("the request line is malformed"));
    };
    let is_old = version == 0;
    let fields = Fields::read(request.headers)?;
    let framing = fields.framing(is_old)?;
    let mut route = Route::find(method, target);
    if fields.hosts > 1 {
        return Err(bad("more than one Host field"));
    }
    if fields.hosts == 0 && !is_old {
        route = Route::MissingHost;
    }
    if fields.host_is_invalid {
        route = Route::InvalidHost;
    }
    if fields.expects_other {
        return Err(Refusal { status: Status::ExpectationFailed, detail: "only 100-continue can be expected" });
    }
    let persistence = match (is_old, fields.close, fields.keep_alive) {
        (_, true, _) | (true, _, false) => Persistence::Close,
        (true, false, true) => Persistence::KeepAliveSaid,
        (false, false, _) => Persistence::KeepAlive,
    };
    Ok(Head {
        bytes: head.len(),
        route,
        head_only: method == "HEAD",
        framing,
        persistence,
        expects_continue: fields.expects_continue && !is_old,
    })
}

/// The header fields that matter, gathered in one pass.
#[derive(Default)]
struct Fields {
    hosts: usize,
    host_is_invalid: bool,
    content_length: Option<usize>,
    chunked: usize,
    other_codings: usize,
    close: bool,
    keep_alive: bool,
    expects_continue: bool,
    expects_other: bool,
}

impl Fields {
    fn read(headers: &[httparse::Header<'_>]) -> Result<Self, Refusal> {
        let mut fields = Self::default();
        for header in headers {
            // By length first: most fields of most requests are none of these.
            match header.name.len() {
                4 if header.name.eq_ignore_ascii_case("Host") => fields.host(header.value),
                6 if header.name.eq_ignore_ascii_case("Expect") => fields.expect(header.value),
                10 if header.name.eq_ignore_ascii_case("Connection") => fields.connection(header.value),
                14 if header.name.eq_ignore_ascii_case("Content-Length") => fields.length(header.value)?,
                17 if header.name.eq_ignore_ascii_case("Transfer-Encoding") => fields.codings(header.value)?,
                _ => {}
            }
        }
        Ok(fields)
    }

    fn host(&mut self, value: &[u8]) {
        self.hosts += 1;
        self.host_is_invalid |= !target::is_host(value);
    }

    fn expect(&mut self, value: &[u8]) {
        if value.eq_ignore_ascii_case(b"100-continue") {
            self.expects_continue = true;
        } else {
            self.expects_other = true;
        }
    }

    fn connection(&mut self, value: &[u8]) {
        for option in list(value) {
            self.close |= option.eq_ignore_ascii_case(b"close");
            self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }

    fn length(&mut self, value: &[u8]) -> Result<(), Refusal> {
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return Err(bad("Content-Length is not a number"));
        }
        // Too large for the type is too large for every limit.
        let length =
            value.iter().fold(0usize, |sum, digit| sum.saturating_mul(10).saturating_add(usize::from(digit - b'0')));
        if self.content_length.is_some_and(|before| before != length) {
            return Err(bad("two differing Content-Length fields"));
        }
        self.content_length = Some(length);
        Ok(())
    }

    fn codings(&mut self, value: &[u8]) -> Result<(), Refusal> {
        let before = self.chunked + self.other_codings;
        for coding in list(value) {
            if coding.eq_ignore_ascii_case(b"chunked") {
                self.chunked += 1;
            } else {
                self.other_codings += 1;
            }
        }
        if self.chunked + self.other_codings == before {
            return Err(bad("Transfer-Encoding is empty"));
        }
        Ok(())
    }

    fn framing(&self, is_old: bool) -> Result<Framing, Refusal> {
        if self.chunked + self.other_codings == 0 {
            return Ok(Framing::Length(self.content_length.unwrap_or(0)));
        }
        if self.content_length.is_some() {
            return Err(bad("both Content-Length and Transfer-Encoding"));
        }
        if is_old {
            return Err(bad("Transfer-Encoding in an HTTP/1.0 request"));
        }
        if self.other_codings > 0 {
            return Err(Refusal {
                status: Status::NotImplemented,
                detail: "the only transfer coding known here is chunked",
            });
        }
        if self.chunked > 1 {
            return Err(bad("chunked is named more than once"));
        }
        Ok(Framing::Chunked)
    }
}

fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|item| !item.is_empty())
}

#[cfg(test)]
#[path = "head_tests.rs"]
mod tests;
