//! From the bytes of a request head to what the connection must do: route, framing, persistence.
//!
//! Only whole lines are looked at, so the verdict depends on the bytes and not on how they were cut into
//! packets. Everything that two parsers could frame differently is refused here: that is how requests get
//! smuggled past a proxy.

use crate::handler::Route;
use crate::limits;
use crate::response::{Persistence, Status};
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
                4 if header.name.eq_ignore_ascii_case("Host") => fields.hosts += 1,
                6 if header.name.eq_ignore_ascii_case("Expect") => fields.expect(header.value),
                10 if header.name.eq_ignore_ascii_case("Connection") => fields.connection(header.value),
                14 if header.name.eq_ignore_ascii_case("Content-Length") => fields.length(header.value)?,
                17 if header.name.eq_ignore_ascii_case("Transfer-Encoding") => fields.codings(header.value)?,
                _ => {}
            }
        }
        Ok(fields)
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
mod tests {
    use super::*;

    fn parsed(text: &str) -> Parsed {
        parse(text.as_bytes(), 0, 8192)
    }

    fn complete(text: &str) -> Head {
        match parsed(text) {
            Parsed::Complete(head) => head,
            other => panic!("{text:?} gave {other:?}"),
        }
    }

    fn refused(text: &str) -> u16 {
        match parsed(text) {
            Parsed::Refused(refusal) => refusal.status.line().0,
            other => panic!("{text:?} gave {other:?}"),
        }
    }

    fn post(fields: &str) -> String {
        format!("POST /fraud-score HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
    }

    #[test]
    fn a_plain_head_is_understood() {
        let text = post("Content-Length: 12\r\n");
        let head = complete(&text);
        assert_eq!(head.bytes, text.len());
        assert_eq!(head.framing, Framing::Length(12));
        assert_eq!(head.persistence, Persistence::KeepAlive);
        assert_eq!(head.route, Route::Score);
    }

    #[test]
    fn persistence_follows_version_and_connection_options() {
        let of = |version: &str, fields: &str| {
            complete(&format!("GET /ready HTTP/{version}\r\nHost: a\r\n{fields}\r\n")).persistence
        };
        assert_eq!(of("1.1", ""), Persistence::KeepAlive);
        assert_eq!(of("1.1", "connection: Foo , CLOSE\r\n"), Persistence::Close);
        assert_eq!(of("1.0", ""), Persistence::Close);
        assert_eq!(of("1.0", "Connection: Keep-Alive\r\n"), Persistence::KeepAliveSaid);
        assert_eq!(of("1.0", "Connection: keep-alive, close\r\n"), Persistence::Close);
    }

    #[test]
    fn framing_that_two_parsers_could_read_differently_is_refused() {
        for fields in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: 5, 6\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: 0x5\r\n",
            "Content-Length: \r\n",
            "Content-Length: -1\r\n",
            "Content-Length : 5\r\n",
            "Transfer-Encoding : chunked\r\n",
            "Transfer-Encoding: chunked, chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: ,\r\n",
            "X: a\r\n folded\r\n",
            "X: a\rb\r\n",
            "X: a\nContent-Length: 5\r\n",
            "X: a\0b\r\n",
            "Host: b\r\n",
            ": nameless\r\n",
        ] {
            assert_eq!(refused(&post(fields)), 400, "{fields:?}");
        }
    }

    #[test]
    fn equal_content_lengths_agree() {
        assert_eq!(complete(&post("Content-Length: 5\r\ncontent-length: 05\r\n")).framing, Framing::Length(5));
    }

    #[test]
    fn a_content_length_beyond_the_type_is_kept_as_too_large() {
        let text = post("Content-Length: 99999999999999999999999999\r\n");
        assert_eq!(complete(&text).framing, Framing::Length(usize::MAX));
    }

    #[test]
    fn other_transfer_codings_are_not_implemented() {
        for coding in ["gzip", "gzip, chunked", "identity", "xchunked", "chunked;a=b"] {
            assert_eq!(refused(&post(&format!("Transfer-Encoding: {coding}\r\n"))), 501, "{coding}");
        }
    }

    #[test]
    fn other_http_versions_are_told_apart_from_noise() {
        for (line, status) in [
            ("GET / HTTP/2.0\r\n", 505),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
            ("GET / HTTP/0.9\r\n", 505),
            ("GET / HTTP/1.2\r\n", 505),
            ("GET / FTP/1.1\r\n", 400),
            ("GET /\r\n", 400),
            ("GET  / HTTP/1.1\r\n", 400),
            ("GET /a b HTTP/1.1\r\n", 400),
            ("\x16\x03\x01\r\n", 400),
        ] {
            assert_eq!(refused(line), status, "{line:?}");
        }
    }

    #[test]
    fn bare_line_ends_are_refused() {
        assert_eq!(refused("GET /ready HTTP/1.1\nHost: a\n\n"), 400);
        assert_eq!(refused("GET /ready HTTP/1.1\r\nHost: a\n\r\n"), 400);
        assert_eq!(refused("\nGET /ready HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    }

    #[test]
    fn a_missing_host_is_answered_with_known_framing() {
        assert_eq!(complete("GET /ready HTTP/1.1\r\n\r\n").route, Route::MissingHost);
        assert_eq!(complete("GET /ready HTTP/1.0\r\n\r\n").route, Route::Ready);
    }

    #[test]
    fn expectations_other_than_continue_fail() {
        assert!(complete(&post("Expect: 100-Continue\r\n")).expects_continue);
        assert_eq!(refused(&post("Expect: miracles\r\n")), 417);
    }

    #[test]
    fn a_head_at_the_limit_passes_and_one_byte_more_is_too_large() {
        let head = |padding: usize| post(&format!("X: {}\r\n", "a".repeat(padding)));
        let exact = 8192 - head(0).len();
        assert_eq!(complete(&head(exact)).bytes, 8192);
        assert_eq!(refused(&head(exact + 1)), 431);
        assert_eq!(refused(&"A".repeat(8192)), 431);
    }

    #[test]
    fn too_many_fields_are_too_large() {
        assert!(matches!(parsed(&post(&"X: 1\r\n".repeat(limits::HEADERS - 1))), Parsed::Complete(_)));
        assert_eq!(refused(&post(&"X: 1\r\n".repeat(limits::HEADERS))), 431);
    }
}
