//! What one listener's connections may take: a value for what may differ, constants for what the protocol needs.

/// Sizes and time-outs of every connection of a listener.
///
/// Sizes decide how large a [`Buffer`](crate::Buffer) is made, so that nothing grows while serving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest request line and header fields together.
    pub head_bytes: usize,
    /// Longest body of a request, after removal of the chunked coding.
    pub body_bytes: usize,
    /// Output half of a buffer: responses of a pipelined burst wait here until they are written in one go, and larger
    /// bodies pass through it in parts. At least two times [`RESPONSE_BYTES`].
    pub output_bytes: usize,
    /// Pipelined requests that are answered in one go.
    pub pipelined: usize,
    /// Time for a head, from its first byte to its last.
    pub head_timeout_ms: u64,
    /// Time for a body, from the end of the head.
    pub body_timeout_ms: u64,
    /// Time for the client to take a response, or one part of a body that is larger than the buffer.
    pub write_timeout_ms: u64,
    /// Time between two requests, then a silent close.
    pub idle_timeout_ms: u64,
}

impl Limits {
    /// Generous for an API of small requests, and more idle time than the usual 60 s of proxies, so that they close first.
    pub const DEFAULT: Self = Self {
        head_bytes: 8 * 1024,
        body_bytes: 64 * 1024,
        output_bytes: 8 * 1024,
        pipelined: 16,
        head_timeout_ms: 5_000,
        body_timeout_ms: 5_000,
        write_timeout_ms: 5_000,
        idle_timeout_ms: 75_000,
    };

    /// Input half of a buffer: a whole body, or a head with what was sent right behind it.
    pub const fn input_bytes(&self) -> usize {
        self.head_bytes + self.body_bytes
    }

    /// A whole buffer.
    pub const fn buffer_bytes(&self) -> usize {
        self.input_bytes() + self.output_bytes
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Header fields of one request: browsers send about 20, proxies add a few.
pub const HEADER_FIELDS: usize = 64;
/// One chunk-size line with its leading zeros and extensions, which are read and thrown away.
pub const CHUNK_LINE_BYTES: usize = 256;
/// Trailer fields are read and thrown away.
pub const TRAILER_BYTES: usize = 1024;
/// Empty lines before a request: some clients send one behind a body. Without a bound a connection could be kept busy
/// for ever that asks for nothing.
pub const EMPTY_LINES: usize = 8;
/// The text that says what was wrong with a request.
pub const DETAIL_BYTES: usize = 256;
/// Status line and header fields of a response.
pub const RESPONSE_HEAD_BYTES: usize = 1024;
/// A body that is copied into the buffer.
pub const SMALL_BODY_BYTES: usize = RESPONSE_BYTES - RESPONSE_HEAD_BYTES;
/// Room that is kept for one response: a prepared one, one with a small body, the head of one with a large body, or an
/// error, whose detail may need six bytes for each when escaped, with ~110 bytes of members around it.
pub const RESPONSE_BYTES: usize = 2816;
/// After the last response, what the peer still sends is read and dropped for this long: closing with unread bytes
/// would reset the connection and could destroy the response on its way.
pub const LINGER_MS: u64 = 1_000;

const _: () =
    assert!(Limits::DEFAULT.output_bytes >= 2 * RESPONSE_BYTES, "a burst must have room beside one more answer");
const _: () = assert!(RESPONSE_BYTES >= 6 * DETAIL_BYTES + 110 + RESPONSE_HEAD_BYTES, "an escaped detail must fit");
