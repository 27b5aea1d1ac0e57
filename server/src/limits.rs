//! Every limit and time-out of the server, each with its reason.
//!
//! Sizes decide how large the fixed buffers are made at start-up, so nothing here can grow while serving.

/// What one connection, and all of them together, may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Request line and headers. The payloads of this service need under 200 bytes of head.
    pub head_bytes: usize,
    /// Body after removal of the chunked coding. The payloads of this service are about 450 bytes.
    pub body_bytes: usize,
    /// Connections open at once; at the limit the longest idle one makes room.
    pub connections: usize,
    /// Request buffers of this process; only connections in the middle of a request hold one.
    pub buffers: usize,
    /// From the first byte of a head to its last.
    pub head_timeout_ms: u64,
    /// From the end of the head to the end of the body.
    pub body_timeout_ms: u64,
    /// From the first byte of an answer that the peer does not take to its last.
    pub write_timeout_ms: u64,
    /// Between two requests. Longer than the usual 60 s of proxies, so that they close first.
    pub idle_timeout_ms: u64,
    /// From SIGTERM to exit, whatever the peers do. Below the 10 s after which container runtimes kill.
    pub drain_timeout_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 8 * 1024,
            body_bytes: 64 * 1024,
            connections: 4096,
            buffers: 64,
            head_timeout_ms: 5_000,
            body_timeout_ms: 5_000,
            write_timeout_ms: 5_000,
            idle_timeout_ms: 75_000,
            drain_timeout_ms: 8_000,
        }
    }
}

impl Limits {
    /// Input half of a request buffer: a whole body, or a head with what was sent right behind it.
    pub const fn input_bytes(&self) -> usize {
        self.head_bytes + self.body_bytes
    }
}

/// Header fields of one request: browsers send about 20, proxies add a few.
pub const HEADERS: usize = 64;
/// One chunk-size line with its extensions, and the whole trailer section; both are read and thrown away.
pub const CHUNK_LINE_BYTES: usize = 256;
/// Trailer fields are of no use here.
pub const TRAILER_BYTES: usize = 1024;
/// Hexadecimal digits of a chunk size: 2^32 is far above any body limit.
pub const CHUNK_SIZE_DIGITS: usize = 8;
/// The text that says what was wrong with a request.
pub const DETAIL_BYTES: usize = 256;
/// A complete error: status line and fields (at most ~230 bytes), members around the detail (~110), and the
/// detail, of which each byte may need six when escaped.
pub const RESPONSE_BYTES: usize = 2048;
/// Output half of a request buffer: answers of a pipelined burst wait here until they are written in one go.
pub const OUTPUT_BYTES: usize = 8 * 1024;
/// Buffers never held across a wait: a request that arrives in one piece finds one however many slow senders
/// hold the others.
pub const SPARE_BUFFERS: usize = 4;
/// After the last answer, what the peer still sends is read and dropped for this long: closing with unread
/// bytes would reset the connection and could destroy the answer on its way.
pub const LINGER_MS: u64 = 1_000;
/// How often expired connections are looked for, and so how late a time-out may come.
pub const SWEEP_MS: u64 = 100;
/// Pause after an accept that failed for want of descriptors or memory; without it the loop would spin.
pub const ACCEPT_BACKOFF_MS: u64 = 50;
/// Time between two log lines about that: a flood of connections must not become a flood of lines.
pub const ACCEPT_REPORT_MS: u64 = 10_000;
/// Connections accepted before others get a turn.
pub const ACCEPT_BURST: usize = 64;
/// Turns of one connection before others get one, if it never has to wait.
pub const TURNS_BEFORE_YIELD: u32 = 16;
/// Connections the kernel may hold before they are accepted.
pub const LISTEN_BACKLOG: i32 = 1024;
/// Entries of the ring: 0.45 MB, and more operations than this are submitted in several goes.
pub const RING_ENTRIES: u32 = 1024;
/// How long the ring may take for the operation that proves it works.
pub const RING_PROBE_MS: u64 = 500;
/// Requests answered before the server calls itself ready.
pub const WARM_UP_REQUESTS: u32 = 4_000;
/// How often a server without an index looks for one, and what `Retry-After` tells clients meanwhile.
pub const INDEX_POLL_MS: u64 = 500;
/// `Retry-After` of every 503.
pub const RETRY_AFTER_SECONDS: u32 = 1;

const _: () = assert!(OUTPUT_BYTES >= 2 * RESPONSE_BYTES, "a burst must have room beside one more answer");
const _: () = assert!(RESPONSE_BYTES >= 6 * DETAIL_BYTES + 400, "an escaped detail must fit");
const _: () = assert!(SWEEP_MS * 10 <= 5_000, "time-outs must not be much coarser than they are long");
