//! Every limit and time-out of a listener, each with its reason, its default and its flag. What the protocol bounds for
//! every service is in `http::limits`.
//!
//! Sizes decide how large the fixed buffers are made at start-up, so nothing here can grow while serving.

use clap::builder::{TypedValueParser, ValueParser};

/// What one connection, and all of them together, may take. The texts are the command line's help.
#[derive(clap::Args, Clone, Copy, Debug, PartialEq, Eq)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Connections open at once; at the limit the longest idle one makes room, and if none is idle new ones wait
    #[arg(long = "max-connections", value_name = "COUNT", default_value_t = Limits::DEFAULT.connections,
          value_parser = count(1, 65_536))]
    pub connections: usize,

    /// Connections that the kernel keeps until they are accepted; it has a limit of its own, net.core.somaxconn
    #[arg(long, value_name = "COUNT", default_value_t = Limits::DEFAULT.accept_backlog, value_parser = count(1, 65_535))]
    pub accept_backlog: usize,

    /// Requests that can be in the middle of arriving at once; one more, and the slowest sender gets 408
    #[arg(long = "max-open-requests", value_name = "COUNT", default_value_t = Limits::DEFAULT.buffers,
          value_parser = count(1, 4_096))]
    pub buffers: usize,

    /// Pipelined requests of one connection that are answered before others have a turn
    #[arg(long = "max-pipelined", value_name = "COUNT", default_value_t = Limits::DEFAULT.pipelined,
          value_parser = count(1, 1_024))]
    pub pipelined: usize,

    /// Longest request line and headers together; payloads of this service come with under 200 bytes
    #[arg(long = "max-head-bytes", value_name = "BYTES", default_value_t = Limits::DEFAULT.head_bytes,
          value_parser = count(1024, 64 * 1024))]
    pub head_bytes: usize,

    /// Longest body, after removal of the chunked coding; payloads of this service have about 450 bytes
    #[arg(long = "max-body-bytes", value_name = "BYTES", default_value_t = Limits::DEFAULT.body_bytes,
          value_parser = count(1024, 1024 * 1024))]
    pub body_bytes: usize,

    /// Time for a head, from its first byte to its last
    #[arg(long, value_name = "MS", default_value_t = Limits::DEFAULT.head_timeout_ms, value_parser = milliseconds())]
    pub head_timeout_ms: u64,

    /// Time for a body, from the end of the head
    #[arg(long, value_name = "MS", default_value_t = Limits::DEFAULT.body_timeout_ms, value_parser = milliseconds())]
    pub body_timeout_ms: u64,

    /// Time for the client to take an answer
    #[arg(long, value_name = "MS", default_value_t = Limits::DEFAULT.write_timeout_ms, value_parser = milliseconds())]
    pub write_timeout_ms: u64,

    /// Time between two requests, then a silent close; more than the usual 60 s of proxies, so that they close first
    #[arg(long, value_name = "MS", default_value_t = Limits::DEFAULT.idle_timeout_ms, value_parser = milliseconds())]
    pub idle_timeout_ms: u64,

    /// Time for open requests after SIGTERM; less than the 10 s after which container runtimes kill
    #[arg(long, value_name = "MS", default_value_t = Limits::DEFAULT.drain_timeout_ms, value_parser = milliseconds())]
    pub drain_timeout_ms: u64,
}

fn count(least: u64, most: u64) -> ValueParser {
    clap::value_parser!(u64).range(least..=most).map(|value| value as usize).into()
}

fn milliseconds() -> ValueParser {
    clap::value_parser!(u64).range(1..=3_600_000).into()
}

impl Limits {
    /// What holds unless a flag says otherwise.
    pub const DEFAULT: Self = Self {
        connections: 4_096,
        accept_backlog: 1_024,
        buffers: 64,
        pipelined: http::Limits::DEFAULT.pipelined,
        head_bytes: http::Limits::DEFAULT.head_bytes,
        body_bytes: http::Limits::DEFAULT.body_bytes,
        head_timeout_ms: http::Limits::DEFAULT.head_timeout_ms,
        body_timeout_ms: http::Limits::DEFAULT.body_timeout_ms,
        write_timeout_ms: http::Limits::DEFAULT.write_timeout_ms,
        idle_timeout_ms: http::Limits::DEFAULT.idle_timeout_ms,
        drain_timeout_ms: 8_000,
    };

    /// Those of each connection: what the protocol needs to know.
    pub const fn http(&self) -> http::Limits {
        http::Limits {
            head_bytes: self.head_bytes,
            body_bytes: self.body_bytes,
            output_bytes: http::Limits::DEFAULT.output_bytes,
            pipelined: self.pipelined,
            head_timeout_ms: self.head_timeout_ms,
            body_timeout_ms: self.body_timeout_ms,
            write_timeout_ms: self.write_timeout_ms,
            idle_timeout_ms: self.idle_timeout_ms,
        }
    }

    /// Descriptors that serving needs: one for each connection, and a few for everything else.
    pub const fn descriptors(&self) -> usize {
        self.connections + OTHER_DESCRIPTORS
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Slow senders that are asked for their buffers before one of them has given its own back.
pub const EVICTIONS_AT_ONCE: usize = 4;
/// How often expired connections are looked for, and so how late a time-out may come.
pub const SWEEP_MS: u64 = 100;
/// Pause after an accept that failed for want of descriptors or memory; without it the loop would spin.
pub const ACCEPT_BACKOFF_MS: u64 = 50;
/// How long a socket that seems to be in use is asked again before it is believed.
pub const LEFT_BEHIND_MS: u64 = 500;
/// Servers that may share one TCP port.
pub const SHARERS: usize = 64;
/// How long a server that shares a port may take to say which index it serves.
pub const SIBLING_ANSWER_MS: u64 = 5_000;
/// How long a server waits for others that are just taking the same port.
pub const TURN_WAIT_MS: u64 = 2 * SIBLING_ANSWER_MS;
/// Time between two log lines about that: a flood of connections must not become a flood of lines.
pub const ACCEPT_REPORT_MS: u64 = 10_000;
/// Connections accepted before others get a turn.
pub const ACCEPT_BURST: usize = 64;
/// How often a server that stops looks whether all is done.
pub const DRAIN_POLL_MS: u64 = 10;
/// Rounds of one connection before it yields to the others, if it never has to wait.
pub const ROUNDS_BEFORE_YIELD: u32 = 16;
/// With `--keep-warm`: the longest wait, the runtime's shortest.
pub const WARM_WAIT_MS: u64 = 1;
/// And for how long the network is then watched without waiting: at most this share of the wait is burnt.
pub const WARM_SPIN_US: u64 = 15;
/// Balancers that may hand connections over at once, and paths at which a server waits for them.
pub const BALANCERS: usize = 8;
/// Tasks and waits of a server that belong to no connection: accepting, signals, time, another index; balancers.
pub const OTHER_TASKS: usize = 8 + 2 * BALANCERS;
/// Listener, ring or epoll, signals, log, the indexes' files and their folder; balancers.
pub const OTHER_DESCRIPTORS: usize = 32 + 2 * BALANCERS;

const _: () = assert!(WARM_SPIN_US * 50 <= WARM_WAIT_MS * 1_000, "keeping warm must cost less than 2 % by itself");
const _: () = assert!(SWEEP_MS * 10 <= 5_000, "time-outs must not be much coarser than they are long");
