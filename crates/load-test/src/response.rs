//! Bytes of an HTTP response: where it ends, and what its body is.

const MAX_HEADERS: usize = 32;

/// What the bytes received so far are.
#[derive(Debug, PartialEq, Eq)]
pub enum Received<'a> {
    /// The answer goes on.
    Part,
    /// One whole answer, and nothing behind it.
    Whole {
        status: u16,
        body: &'a [u8],
        /// Whether another request may follow on the connection.
        stays_open: bool,
    },
    /// No HTTP answer, or more than one.
    Broken,
}

/// `ended`: the peer has closed, nothing will follow. `unchunked` is room for a chunked body.
pub fn receive<'a>(bytes: &'a [u8], ended: bool, unchunked: &'a mut Vec<u8>) -> Received<'a> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let start = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if !ended => return Received::Part,
        _ => return Received::Broken,
    };
    let Some(fields) = Fields::of(&head) else { return Received::Broken };
    let rest = &bytes[start..];
    let (body, stays_open) = match fields.framing {
        Framing::Length(length) if rest.len() == length => (rest, fields.stays_open),
        Framing::Length(length) if rest.len() < length && !ended => return Received::Part,
        Framing::Length(_) => return Received::Broken,
        Framing::UntilClose if ended => (rest, false),
        Framing::UntilClose => return Received::Part,
        Framing::Chunked => match unchunk(rest, unchunked) {
            Unchunked::Whole => (&**unchunked, fields.stays_open),
            Unchunked::Part if !ended => return Received::Part,
            _ => return Received::Broken,
        },
    };
    Received::Whole { status: fields.status, body, stays_open }
}

enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

struct Fields {
    status: u16,
    framing: Framing,
    stays_open: bool,
}

impl Fields {
    fn of(head: &httparse::Response<'_, '_>) -> Option<Self> {
        let status = head.code?;
        let mut stays_open = head.version == Some(1);
        let (mut length, mut is_chunked) = (None, false);
        for header in head.headers.iter() {
            if header.name.eq_ignore_ascii_case("content-length") {
                length = Some(std::str::from_utf8(header.value).ok()?.trim().parse().ok()?);
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                is_chunked = header.value.eq_ignore_ascii_case(b"chunked");
            } else if header.name.eq_ignore_ascii_case("connection") {
                let has =
                    |word: &[u8]| header.value.split(|&b| b == b',').any(|v| v.trim_ascii().eq_ignore_ascii_case(word));
                stays_open = (stays_open || has(b"keep-alive")) && !has(b"close");
            }
        }
        let framing = match (is_chunked, length) {
            (true, _) => Framing::Chunked,
            (false, Some(length)) => Framing::Length(length),
            (false, None) if status == 204 || status == 304 => Framing::Length(0),
            (false, None) => Framing::UntilClose,
        };
        Some(Self { status, framing, stays_open })
    }
}

enum Unchunked {
    Part,
    Whole,
    Broken,
}

fn unchunk(mut rest: &[u8], body: &mut Vec<u8>) -> Unchunked {
    body.clear();
    loop {
        let (start, length) = match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete((start, length))) => (start, length),
            Ok(httparse::Status::Partial) => return Unchunked::Part,
            Err(_) => return Unchunked::Broken,
        };
        rest = &rest[start..];
        let Ok(length) = usize::try_from(length) else { return Unchunked::Broken };
        if length == 0 {
            // Trailer fields are not parsed: the request does not ask for them.
            return match rest {
                b"\r\n" => Unchunked::Whole,
                _ if b"\r\n".starts_with(rest) => Unchunked::Part,
                _ => Unchunked::Broken,
            };
        }
        // `length` may be anything up to the largest number.
        if rest.len() < 2 || rest.len() - 2 < length {
            return Unchunked::Part;
        }
        if &rest[length..length + 2] != b"\r\n" {
            return Unchunked::Broken;
        }
        body.extend_from_slice(&rest[..length]);
        rest = &rest[length + 2..];
    }
}

#[cfg(test)]
#[path = "response_tests.rs"]
mod tests;
