//! One connection as a state machine: bytes and time in, steps out.

use crate::buffer::Buffer;
use crate::chunked::{self, Decoded, Decoder};
use crate::head::{self, Framing, Parsed};
use crate::limits::{self, Limits};
use crate::response::{self, CONTINUE, Form, Persistence, Responder, Rest};
use crate::service::Service;
use crate::status::{Refusal, Status};

/// What the driver has to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Wait for a next request. The buffer holds nothing and can be lent to others.
    Idle,
    /// Read more of a request; the buffer is needed.
    Read,
    /// Write `Buffer::unsent`, then call `written`.
    Write,
    /// Everything is answered: close the sending side, read and drop until the peer closes or time is up. The
    /// buffer is not needed.
    Linger,
    /// Close now.
    Close,
}

/// The state of one connection, less than 300 bytes; received bytes are in the buffer.
///
/// Whoever drives it reads into the buffer's room, calls [`received`](Self::received), does what the returned step says,
/// and calls [`expired`](Self::expired) when [`deadline_ms`](Self::deadline_ms) has passed. Times are milliseconds on any
/// clock that only goes forward.
pub struct Connection<S: Service> {
    state: State<S::Route>,
    /// Of the last response, what did not fit the buffer.
    rest: Option<Rest<S::Body>>,
    /// End of the current wait for input.
    read_deadline_ms: u64,
    /// End of the wait for a next request, from the last response on.
    idle_deadline_ms: u64,
    /// End of the current wait for output; set while there is some.
    write_deadline_ms: Option<u64>,
    /// Responses that wait to be written together.
    burst: usize,
    /// Responses so far.
    answers: u64,
    /// Empty lines since the last response.
    empty_lines: usize,
    limits: Limits,
}

#[derive(Clone, Copy)]
enum State<R> {
    Idle,
    /// The first `seen` unread bytes are known not to end the head.
    Head {
        seen: usize,
    },
    Body {
        request: Request<R>,
        reader: BodyReader,
    },
    /// The last response is in the buffer; `linger` unless the peer is known to send nothing more.
    Ending {
        linger: bool,
    },
    Lingering,
}

/// What is kept of a head until the body is complete.
#[derive(Clone, Copy)]
struct Request<R> {
    /// Or why it is refused, whatever it asks for.
    route: Result<R, &'static str>,
    persistence: Persistence,
    is_head: bool,
}

#[derive(Clone, Copy)]
enum BodyReader {
    Length(usize),
    Chunked(Decoder),
}

impl<S: Service> Connection<S> {
    /// A connection accepted at `now_ms`.
    pub fn new(limits: &Limits, now_ms: u64) -> Self {
        Self {
            state: State::Idle,
            rest: None,
            read_deadline_ms: now_ms + limits.idle_timeout_ms,
            idle_deadline_ms: now_ms + limits.idle_timeout_ms,
            write_deadline_ms: None,
            burst: 0,
            answers: 0,
            empty_lines: 0,
            limits: *limits,
        }
    }

    /// When `expired` is due if nothing happens before.
    pub fn deadline_ms(&self) -> u64 {
        self.write_deadline_ms.unwrap_or(self.read_deadline_ms)
    }

    /// Whether it waits for a next request, so that closing it loses nothing.
    pub fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle) && self.write_deadline_ms.is_none()
    }

    /// Whether it waits for the rest of a request.
    pub fn reads(&self) -> bool {
        matches!(self.state, State::Head { .. } | State::Body { .. }) && self.write_deadline_ms.is_none()
    }

    /// How many responses it gave, errors included.
    pub fn answers(&self) -> u64 {
        self.answers
    }

    /// Whether more of a response follows what is in the buffer.
    pub fn is_streaming(&self) -> bool {
        self.rest.is_some()
    }

    /// Whether the buffer holds something that is still needed.
    pub fn needs_buffer(&self) -> bool {
        !matches!(self.state, State::Idle | State::Lingering) || self.write_deadline_ms.is_some()
    }

    /// Bytes were added to the buffer (`Buffer::received`).
    pub fn received(&mut self, buffer: &mut Buffer, service: &mut S, now_ms: u64) -> Step {
        if let State::Lingering = self.state {
            buffer.clear();
            return Step::Linger;
        }
        self.advance(buffer, service, now_ms)
    }

    /// The peer will send nothing more.
    pub fn ended(&mut self, buffer: &mut Buffer, service: &mut S, now_ms: u64) -> Step {
        match self.state {
            State::Idle | State::Ending { .. } | State::Lingering => Step::Close,
            State::Head { .. } | State::Body { .. } => {
                self.refuse(buffer, service, Refusal::bad_request("the request ended before it was complete"));
                self.state = State::Ending { linger: false };
                self.write(now_ms)
            }
        }
    }

    /// All of `Buffer::unsent` was written.
    pub fn written(&mut self, buffer: &mut Buffer, service: &mut S, now_ms: u64) -> Step {
        self.write_deadline_ms = None;
        self.burst = 0;
        if let State::Head { .. } = self.state {
            // The next request may have waited here for as long as its predecessor's answer took.
            self.read_deadline_ms = now_ms + self.limits.head_timeout_ms;
        }
        self.advance(buffer, service, now_ms)
    }

    /// The deadline has passed: a request that is not complete is answered 408, anything else closes.
    pub fn expired(&mut self, buffer: &mut Buffer, service: &mut S, now_ms: u64) -> Step {
        let detail = match self.state {
            State::Head { .. } => "the request head did not arrive in time",
            State::Body { .. } => "the request body did not arrive in time",
            State::Idle | State::Ending { .. } | State::Lingering => return Step::Close,
        };
        self.give_up(buffer, service, detail, now_ms)
    }

    /// Others need the buffer that this connection holds: the same as a deadline that has passed.
    pub fn evicted(&mut self, buffer: &mut Buffer, service: &mut S, now_ms: u64) -> Step {
        match self.state {
            State::Head { .. } | State::Body { .. } => {
                self.give_up(buffer, service, "the request came too slowly while other requests were waiting", now_ms)
            }
            State::Idle | State::Ending { .. } | State::Lingering => Step::Close,
        }
    }

    fn give_up(&mut self, buffer: &mut Buffer, service: &mut S, detail: &'static str, now_ms: u64) -> Step {
        if self.write_deadline_ms.is_some() {
            return Step::Close;
        }
        self.refuse(buffer, service, Refusal { status: Status::RequestTimeout, detail });
        self.write(now_ms)
    }

    fn write(&mut self, now_ms: u64) -> Step {
        self.write_deadline_ms.get_or_insert(now_ms + self.limits.write_timeout_ms);
        Step::Write
    }

    /// Does all that the bytes at hand allow.
    fn advance(&mut self, buffer: &mut Buffer, service: &mut S, now_ms: u64) -> Step {
        loop {
            if self.rest.is_some() && !self.stream(buffer, now_ms) {
                return self.wait(buffer, now_ms);
            }
            let goes_on = self.burst < self.limits.pipelined
                && buffer.has_output_room()
                && match self.state {
                    State::Idle => self.begin(buffer, service, now_ms),
                    State::Head { seen } => self.head(buffer, service, seen, now_ms),
                    State::Body { request, reader } => self.body(buffer, service, request, reader, now_ms),
                    State::Ending { .. } | State::Lingering => false,
                };
            if !goes_on {
                return self.wait(buffer, now_ms);
            }
        }
    }

    fn wait(&mut self, buffer: &mut Buffer, now_ms: u64) -> Step {
        if !buffer.unsent().is_empty() {
            return self.write(now_ms);
        }
        match self.state {
            State::Idle => Step::Idle,
            State::Head { .. } | State::Body { .. } => Step::Read,
            State::Ending { linger: false } => Step::Close,
            State::Ending { linger: true } => {
                self.state = State::Lingering;
                self.read_deadline_ms = now_ms + limits::LINGER_MS;
                buffer.clear();
                Step::Linger
            }
            State::Lingering => Step::Linger,
        }
    }

    /// Goes on with a response that is larger than the buffer; true if all of it is there now.
    fn stream(&mut self, buffer: &mut Buffer, now_ms: u64) -> bool {
        let is_whole = self.rest.as_mut().is_none_or(|rest| rest.fill(&mut buffer.output()));
        if is_whole {
            self.rest = None;
        }
        // The wait for a next request begins when the client has the last part of this one's response.
        self.idle_deadline_ms = now_ms + self.limits.idle_timeout_ms;
        if let State::Idle = self.state {
            self.read_deadline_ms = self.idle_deadline_ms;
        }
        is_whole
    }

    fn begin(&mut self, buffer: &mut Buffer, service: &mut S, now_ms: u64) -> bool {
        // Some clients send an empty line behind a body; it begins no request.
        while buffer.unread().starts_with(b"\r\n") {
            buffer.consume(2);
            self.empty_lines += 1;
            if self.empty_lines > limits::EMPTY_LINES {
                self.refuse(buffer, service, Refusal::bad_request("too many empty lines before the request"));
                return false;
            }
        }
        if buffer.unread().is_empty() {
            return false;
        }
        self.state = State::Head { seen: 0 };
        self.read_deadline_ms = now_ms + self.limits.head_timeout_ms;
        true
    }

    fn idle(&mut self) -> bool {
        self.state = State::Idle;
        self.read_deadline_ms = self.idle_deadline_ms;
        true
    }

    fn head(&mut self, buffer: &mut Buffer, service: &mut S, seen: usize, now_ms: u64) -> bool {
        if buffer.unread().starts_with(b"\r\n") {
            // An empty line that came in two pieces: what looked like the beginning of a request was none.
            return self.idle();
        }
        let mut fields = head::field_list();
        let head = match head::parse(buffer.unread(), seen, self.limits.head_bytes, &mut fields) {
            Parsed::Complete(head) => head,
            Parsed::Incomplete => {
                self.state = State::Head { seen: buffer.unread().len() };
                return false;
            }
            Parsed::Refused(refusal) => {
                self.refuse(buffer, service, refusal);
                return false;
            }
        };
        if matches!(head.framing, Framing::Length(length) if length > self.limits.body_bytes) {
            self.refuse(buffer, service, chunked::too_large());
            return false;
        }
        let request = Request {
            route: head.host_fault.map_or_else(|| Ok(service.route(&head)), Err),
            persistence: head.persistence,
            is_head: head.method() == "HEAD",
        };
        let has_body = head.framing != Framing::Length(0);
        let awaits_continue = head.expects_continue && has_body;
        let reader = match head.framing {
            Framing::Length(length) => BodyReader::Length(length),
            Framing::Chunked => BodyReader::Chunked(Decoder::new(self.limits.body_bytes)),
        };
        let head_bytes = head.bytes;
        buffer.consume(head_bytes);
        if awaits_continue && buffer.unread().is_empty() {
            buffer.output().write(CONTINUE);
        }
        self.state = State::Body { request, reader };
        self.read_deadline_ms = now_ms + self.limits.body_timeout_ms;
        true
    }

    fn body(
        &mut self,
        buffer: &mut Buffer,
        service: &mut S,
        request: Request<S::Route>,
        reader: BodyReader,
        now_ms: u64,
    ) -> bool {
        let body_bytes = match reader {
            BodyReader::Length(length) if buffer.unread().len() >= length => length,
            BodyReader::Length(_) => return false,
            BodyReader::Chunked(mut decoder) => match decoder.decode(buffer.unread_mut()) {
                Err(refusal) => {
                    self.refuse(buffer, service, refusal);
                    return false;
                }
                Ok(Decoded::Incomplete { kept }) => {
                    buffer.truncate(kept);
                    self.state = State::Body { request, reader: BodyReader::Chunked(decoder) };
                    return false;
                }
                Ok(Decoded::Complete { body, kept }) => {
                    buffer.truncate(kept);
                    body
                }
            },
        };
        self.answer(buffer, service, request, body_bytes, now_ms)
    }

    fn answer(
        &mut self,
        buffer: &mut Buffer,
        service: &mut S,
        request: Request<S::Route>,
        body_bytes: usize,
        now_ms: u64,
    ) -> bool {
        let persistence = if service.is_closing() { Persistence::Close } else { request.persistence };
        let (unread, output) = buffer.halves();
        let responder = Responder::new(
            output,
            &mut self.rest,
            Form { persistence, is_head: request.is_head, fields: service.fields() },
        );
        let _ = match request.route {
            Ok(route) => service.answer(route, &unread[..body_bytes], responder),
            Err(detail) => responder.problem(Status::BadRequest, detail),
        };
        buffer.consume(body_bytes);
        self.burst += 1;
        self.answers += 1;
        self.empty_lines = 0;
        if persistence == Persistence::Close {
            self.state = State::Ending { linger: true };
            return false;
        }
        self.idle_deadline_ms = now_ms + self.limits.idle_timeout_ms;
        self.idle()
    }

    /// The last response: where a next request would begin cannot be known or does not matter.
    fn refuse(&mut self, buffer: &mut Buffer, service: &mut S, refusal: Refusal) {
        let is_head = matches!(&self.state, State::Body { request, .. } if request.is_head);
        service.refused(refusal.status);
        let form = Form { persistence: Persistence::Close, is_head, fields: service.fields() };
        response::write_problem(&mut buffer.output(), refusal.status, refusal.detail, form);
        // What else was sent is not looked at.
        let unread = buffer.unread().len();
        buffer.consume(unread);
        self.answers += 1;
        self.state = State::Ending { linger: true };
    }
}

#[cfg(test)]
mod tests;
