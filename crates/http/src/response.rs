//! Responses as bytes, written into the output half of a buffer; after start-up nothing here allocates.

use crate::buffer::Output;
use crate::limits::{DETAIL_BYTES, RESPONSE_BYTES, RESPONSE_HEAD_BYTES, SMALL_BODY_BYTES};
use crate::status::Status;
use crate::text::{FixedText, JsonEscaped};
use std::fmt::{Display, Write as _};

/// What happens to the connection after the response, and how the client learns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Persistence {
    /// HTTP/1.1 keeps the connection without saying so.
    KeepAlive,
    /// An HTTP/1.0 client that asked for keep-alive must be told that it got it.
    KeepAliveSaid,
    /// This is the last response.
    Close,
}

impl Persistence {
    const ALL: [Self; 3] = [Self::KeepAlive, Self::KeepAliveSaid, Self::Close];

    const fn field(self) -> &'static str {
        match self {
            Self::KeepAlive => "",
            Self::KeepAliveSaid => "Connection: keep-alive\r\n",
            Self::Close => "Connection: close\r\n",
        }
    }
}

/// How a response is to be given, beside its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    /// Kept or closed afterwards.
    pub persistence: Persistence,
    /// The request was HEAD: the same fields, no body.
    pub is_head: bool,
    /// Further fields, each with its end of line.
    pub fields: &'static str,
}

/// What lets a client go on at once after `Expect: 100-continue`.
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A response that was made once and is given often, for each way in which a connection goes on.
#[derive(Clone, Debug)]
pub struct Prepared {
    by_persistence: [Box<[u8]>; 3],
    body_bytes: usize,
}

impl Prepared {
    /// The response with this body.
    ///
    /// # Panics
    ///
    /// If it is longer than [`RESPONSE_BYTES`]: larger bodies are given by [`Responder::held`].
    pub fn new(status: Status, content_type: &str, body: &[u8]) -> Self {
        let bytes = |persistence| {
            let mut bytes = Fields::new(status, content_type, body.len(), "").with(persistence).as_bytes().to_vec();
            bytes.extend_from_slice(body);
            assert!(bytes.len() <= RESPONSE_BYTES, "a prepared response must fit the room that is kept for one");
            bytes.into_boxed_slice()
        };
        Self { by_persistence: Persistence::ALL.map(bytes), body_bytes: body.len() }
    }

    #[inline]
    fn bytes(&self, form: Form) -> &[u8] {
        let bytes = &self.by_persistence[form.persistence as usize];
        if form.is_head { &bytes[..bytes.len() - self.body_bytes] } else { bytes }
    }
}

/// What has to be sent still of a body that is larger than the buffer.
#[derive(Debug)]
pub(crate) struct Rest<B> {
    body: B,
    sent: usize,
}

impl<B: AsRef<[u8]>> Rest<B> {
    /// Writes as much as there is room for; true if that was all.
    pub fn fill(&mut self, output: &mut Output<'_>) -> bool {
        let left = &self.body.as_ref()[self.sent..];
        let count = output.fill(left);
        self.sent += count;
        count == left.len()
    }
}

/// The way to give the response to one request; each method gives a whole one.
#[derive(Debug)]
pub struct Responder<'a, B> {
    output: Output<'a>,
    rest: &'a mut Option<Rest<B>>,
    form: Form,
}

/// Proof that a request was answered.
#[derive(Debug)]
#[must_use]
pub struct Answered(());

impl<'a, B: AsRef<[u8]>> Responder<'a, B> {
    #[inline]
    pub(crate) fn new(output: Output<'a>, rest: &'a mut Option<Rest<B>>, form: Form) -> Self {
        Self { output, rest, form }
    }

    /// Gives a response that was made before, without the fields of [`crate::Service::fields`].
    #[inline]
    pub fn prepared(mut self, response: &Prepared) -> Answered {
        self.output.write(response.bytes(self.form));
        Answered(())
    }

    /// Gives a body that is copied now.
    ///
    /// # Panics
    ///
    /// If the body has more than [`SMALL_BODY_BYTES`], or the content type some hundred bytes.
    pub fn copied(mut self, status: Status, content_type: &str, body: &[u8]) -> Answered {
        assert!(body.len() <= SMALL_BODY_BYTES, "a copied body must fit the room that is kept for a response");
        self.head(status, content_type, body.len());
        if !self.form.is_head {
            self.output.write(body);
        }
        Answered(())
    }

    /// Gives a body of any size, of which the connection keeps hold until the client has taken it.
    ///
    /// # Panics
    ///
    /// If the content type has some hundred bytes.
    pub fn held(mut self, status: Status, content_type: &str, body: B) -> Answered {
        self.head(status, content_type, body.as_ref().len());
        if !self.form.is_head {
            let mut rest = Rest { body, sent: 0 };
            if !rest.fill(&mut self.output) {
                *self.rest = Some(rest);
            }
        }
        Answered(())
    }

    /// Gives an error as RFC 9457 has them, `application/problem+json`; `detail` is cut at [`DETAIL_BYTES`].
    pub fn problem(mut self, status: Status, detail: impl Display) -> Answered {
        write_problem(&mut self.output, status, detail, self.form);
        Answered(())
    }

    fn head(&mut self, status: Status, content_type: &str, body_bytes: usize) {
        let fields = Fields::new(status, content_type, body_bytes, self.form.fields).with(self.form.persistence);
        self.output.write(fields.as_bytes());
    }
}

/// An error as [`Responder::problem`] gives it.
pub(crate) fn write_problem(output: &mut Output<'_>, status: Status, detail: impl Display, form: Form) {
    let (code, phrase) = status.line();
    let mut text = FixedText::<DETAIL_BYTES>::new();
    // An overlong detail is cut: the error says so, which is all there is to know here.
    let _ = write!(text, "{detail}");
    let detail = JsonEscaped(text.as_str());
    let mut body = FixedText::<RESPONSE_BYTES>::new();
    let _ = write!(body, r#"{{"type":"about:blank","title":"{phrase}","status":{code},"detail":"{detail}"}}"#);
    let fields =
        Fields::new(status, "application/problem+json", body.as_str().len(), form.fields).with(form.persistence);
    output.write(fields.as_bytes());
    if !form.is_head {
        output.write(body.as_str().as_bytes());
    }
}

/// Status line and header fields.
struct Fields(FixedText<RESPONSE_HEAD_BYTES>);

const TOO_LONG: &str = "the head of a response must fit the room that is kept for it";

impl Fields {
    fn new(status: Status, content_type: &str, body_bytes: usize, more: &str) -> Self {
        let (code, phrase) = status.line();
        let mut text = FixedText::new();
        write!(text, "HTTP/1.1 {code} {phrase}\r\nContent-Type: {content_type}\r\nContent-Length: {body_bytes}\r\n")
            .expect(TOO_LONG);
        match status {
            Status::MethodNotAllowed { allow } => write!(text, "Allow: {allow}\r\n").expect(TOO_LONG),
            Status::Unavailable { retry_after_seconds } => {
                write!(text, "Retry-After: {retry_after_seconds}\r\n").expect(TOO_LONG);
            }
            _ => {}
        }
        text.write_str(more).expect(TOO_LONG);
        Self(text)
    }

    /// The field about the connection, if it needs one, and the empty line.
    fn with(mut self, persistence: Persistence) -> Self {
        write!(self.0, "{}\r\n", persistence.field()).expect(TOO_LONG);
        self
    }

    fn as_bytes(&self) -> &[u8] {
        self.0.as_str().as_bytes()
    }
}

#[cfg(test)]
mod tests;
