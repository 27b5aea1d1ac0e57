//! Every limit and time of the balancer, each with its reason.

use handoff::BEAT_MS;

/// How often servers are looked after: as often as they beat.
pub const TICK_MS: u64 = BEAT_MS;
/// A server is late so long before its time-out: its connections are passed on as far as that loses nothing, which is no harm
/// if it was only slow.
pub const LATE_BEFORE_MS: u64 = 2 * TICK_MS;
/// The least time-out of a server. A server that has used up its share of a core stands still for up to 100 ms, which is the
/// period of the quota; and twice that is not rare where the machine is busy.
pub const LEAST_SERVER_TIMEOUT_MS: u64 = 300;
/// If the balancer itself stood still for so long, so may have the machine: the servers are given their time anew.
pub const STALL_MS: u64 = 4 * TICK_MS;
/// Time between two tries to reach a server that is not there.
pub const RECONNECT_MS: u64 = 100;
/// A connection that its server has not taken by then goes to another.
pub const TAKE_MS: u64 = 200;
/// Connections accepted before others have a turn.
pub const ACCEPT_BURST: usize = 64;
/// Events that are taken from the kernel at once.
pub const EVENTS: usize = 256;
/// Pause after an accept that failed for want of descriptors, or with a full table of which nobody can leave.
pub const ACCEPT_BACKOFF_MS: u64 = 50;
/// Time between two log lines about that.
pub const ACCEPT_REPORT_MS: u64 = 10_000;
/// Connections that a server which has come back is given of the others' at each look, until it has its share.
pub const REFILL: usize = 32;
/// For so many looks: what is busy all the time then stays where it is.
pub const REFILL_LOOKS: u32 = 40;
/// Listener, epoll, signals, log, the page; a link to each server.
pub const OTHER_DESCRIPTORS: usize = 24 + handoff::SERVERS;
/// Bytes that are thrown away before a client that got a 503 is closed: else it might not see the answer.
pub const DISCARD_BYTES: usize = 16 * 1024;

const _: () = assert!(LATE_BEFORE_MS + 4 * BEAT_MS < LEAST_SERVER_TIMEOUT_MS, "a server may miss some beats");
