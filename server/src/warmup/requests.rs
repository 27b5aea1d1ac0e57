//! Requests without a socket.

use http::{Buffer, Connection, Service, Step};

/// Smallest page of the platforms served.
const PAGE_BYTES: usize = 4096;
/// Bytes touched, and requests answered, before the caller may rest: a millisecond or less.
const BYTES_BETWEEN_RESTS: usize = 1 << 20;
const REQUESTS_BETWEEN_RESTS: usize = 64;
/// No body of the warm-up is longer.
pub const BODY_BYTES: usize = 1024;

/// Answers of the warm-up that were scores; all of them unless something is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warmed {
    pub requests: u32,
    pub scored: u32,
}

/// Reads a byte of each page.
pub fn touch(bytes: &[u8], rest: &dyn Fn()) {
    for part in bytes.chunks(BYTES_BETWEEN_RESTS) {
        let sum = part.iter().step_by(PAGE_BYTES).fold(0u8, |sum, byte| sum.wrapping_add(*byte));
        std::hint::black_box(sum);
        rest();
    }
}

/// Gives `service` a request for each of `bodies`, to `path`.
pub fn ask<S: Service>(
    service: &mut S,
    path: &str,
    bodies: impl Iterator<Item = String>,
    limits: &http::Limits,
    rest: &dyn Fn(),
) -> Warmed {
    let mut buffer = Buffer::new(limits);
    let mut warmed = Warmed { requests: 0, scored: 0 };
    for (number, body) in bodies.enumerate() {
        if number.is_multiple_of(REQUESTS_BETWEEN_RESTS) {
            rest();
        }
        let request = format!("POST {path} HTTP/1.1\r\nHost: warm-up\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        warmed.requests += 1;
        warmed.scored += u32::from(is_scored(service, &mut buffer, limits, request.as_bytes()));
    }
    warmed
}

fn is_scored<S: Service>(service: &mut S, buffer: &mut Buffer, limits: &http::Limits, request: &[u8]) -> bool {
    buffer.clear();
    let Some(room) = buffer.room().get_mut(..request.len()) else { return false };
    room.copy_from_slice(request);
    buffer.received(request.len());
    let step = Connection::new(limits, 0).received(buffer, service, 0);
    step == Step::Write && buffer.unsent().starts_with(b"HTTP/1.1 200")
}
