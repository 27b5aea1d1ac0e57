//! From the bytes of a request head to what it asks for, where its body ends, and whether the connection is kept.
//!
//! Only whole lines are looked at, so the verdict depends on the bytes and not on how they were cut into packets.
//! Everything that two parsers could frame differently is refused here: that is how requests get smuggled past a proxy.

use crate::limits::HEADER_FIELDS;
use crate::response::Persistence;
use crate::status::{Refusal, Status};
use crate::target::{self, Target};
use std::mem::MaybeUninit;

/// A request head that can be answered: what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    method: &'a str,
    target: Target<'a>,
    fields: &'a [httparse::Header<'a>],
    /// Length of the head with its empty line.
    pub(crate) bytes: usize,
    pub(crate) framing: Framing,
    pub(crate) persistence: Persistence,
    /// The client waits for `100 Continue` before it sends the body.
    pub(crate) expects_continue: bool,
    /// Whatever is asked for, it is refused with this detail; where the next request begins is known.
    pub(crate) host_fault: Option<&'static str>,
}

impl<'a> Head<'a> {
    /// Methods are case-sensitive.
    #[inline]
    pub fn method(&self) -> &'a str {
        self.method
    }

    /// The path of the target without its query, as it was sent, and whether `http://host` stood before it or not.
    /// `None` if the target is none of the forms that have a path, such as `*`.
    #[inline]
    pub fn path(&self) -> Option<&'a str> {
        match self.target {
            Target::Path(path) => Some(path),
            Target::InvalidHost | Target::Other => None,
        }
    }

    /// The value of the first header field of this name, such as `Accept`, without white space around it.
    pub fn field(&self, name: &str) -> Option<&'a [u8]> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
    }
}

/// Where the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// After this many bytes.
    Length(usize),
    /// After the last chunk.
    Chunked,
}

/// What `parse` made of the bytes so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parsed<'a> {
    Incomplete,
    Complete(Head<'a>),
    /// It is unknowable or pointless where the next request begins: answer, then close.
    Refused(Refusal),
}

/// Where the header fields of a head are listed.
pub(crate) type FieldList<'a> = [MaybeUninit<httparse::Header<'a>>; HEADER_FIELDS];

/// An empty list.
#[inline]
pub(crate) const fn field_list<'a>() -> FieldList<'a> {
    [const { MaybeUninit::uninit() }; HEADER_FIELDS]
}

/// Parses the head that `unread` begins with. The first `seen` bytes were there at the last call, which returned
/// `Incomplete`; lines that were looked at then are looked at again only when a new one has ended.
pub(crate) fn parse<'a>(unread: &'a [u8], seen: usize, head_bytes: usize, fields: &'a mut FieldList<'a>) -> Parsed<'a> {
    let window = &unread[..unread.len().min(head_bytes)];
    let seen = seen.min(window.len());
    let is_full = window.len() == head_bytes;
    if let Some(last) = window[seen..].iter().rposition(|&byte| byte == b'\n') {
        match parse_lines(&window[..seen + last + 1], fields) {
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

fn parse_lines<'a>(lines: &'a [u8], fields: &'a mut FieldList<'a>) -> Parsed<'a> {
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(lines, fields) {
        Ok(httparse::Status::Partial) => Parsed::Incomplete,
        Ok(httparse::Status::Complete(bytes)) => match decide(&lines[..bytes], request) {
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
        httparse::Error::HeaderName => {
            Refusal::bad_request("a header name is malformed, folded, or followed by a space")
        }
        httparse::Error::HeaderValue => Refusal::bad_request("a header value holds a character that is not allowed"),
        httparse::Error::NewLine => Refusal::bad_request("a line does not end in CR LF"),
        _ => Refusal::bad_request("the request line is malformed"),
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

fn decide<'a>(head: &[u8], request: httparse::Request<'a, 'a>) -> Result<Head<'a>, Refusal> {
    if !has_only_paired_line_ends(head) {
        return Err(Refusal::bad_request("CR and LF must come as a pair"));
    }
    let (Some(method), Some(target), Some(version)) = (request.method, request.path, request.version) else {
        return Err(Refusal::bad_request("the request line is malformed"));
    };
    let is_old = version == 0;
    let fields = Fields::read(request.headers)?;
    let framing = fields.framing(is_old)?;
    if fields.hosts > 1 {
        return Err(Refusal::bad_request("more than one Host field"));
    }
    if fields.expects_other {
        return Err(Refusal { status: Status::ExpectationFailed, detail: "only 100-continue can be expected" });
    }
    let persistence = match (is_old, fields.close, fields.keep_alive) {
        (_, true, _) | (true, _, false) => Persistence::Close,
        (true, false, true) => Persistence::KeepAliveSaid,
        (false, false, _) => Persistence::KeepAlive,
    };
    let target = Target::parse(target);
    Ok(Head {
        method,
        target,
        fields: request.headers,
        bytes: head.len(),
        framing,
        persistence,
        expects_continue: fields.expects_continue && !is_old,
        host_fault: fields.host_fault(is_old, target),
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
            return Err(Refusal::bad_request("Content-Length is not a number"));
        }
        // Too large for the type is too large for every limit.
        let length =
            value.iter().fold(0usize, |sum, digit| sum.saturating_mul(10).saturating_add(usize::from(digit - b'0')));
        if self.content_length.is_some_and(|before| before != length) {
            return Err(Refusal::bad_request("two differing Content-Length fields"));
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
            return Err(Refusal::bad_request("Transfer-Encoding is empty"));
        }
        Ok(())
    }

    fn host_fault(&self, is_old: bool, target: Target<'_>) -> Option<&'static str> {
        if self.hosts == 0 && !is_old {
            return Some("an HTTP/1.1 request needs a Host field");
        }
        let is_invalid = self.host_is_invalid || target == Target::InvalidHost;
        is_invalid.then_some("the host is neither a name nor an address, with or without a port")
    }

    fn framing(&self, is_old: bool) -> Result<Framing, Refusal> {
        if self.chunked + self.other_codings == 0 {
            return Ok(Framing::Length(self.content_length.unwrap_or(0)));
        }
        if self.content_length.is_some() {
            return Err(Refusal::bad_request("both Content-Length and Transfer-Encoding"));
        }
        if is_old {
            return Err(Refusal::bad_request("Transfer-Encoding in an HTTP/1.0 request"));
        }
        if self.other_codings > 0 {
            return Err(Refusal {
                status: Status::NotImplemented,
                detail: "the only transfer coding known here is chunked",
            });
        }
        if self.chunked > 1 {
            return Err(Refusal::bad_request("chunked is named more than once"));
        }
        Ok(Framing::Chunked)
    }
}

fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests;
