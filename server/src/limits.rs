//! Every limit of a server beside those of its listeners. `memory` adds all of them up.

/// Requests answered before the server calls itself ready.
pub const WARM_UP_REQUESTS: u32 = 4_000;
/// How often a folder is looked at for another index where the kernel does not tell of changes.
pub const INDEX_POLL_MS: u64 = 500;
/// The same where it does: for what it may miss, such as a folder that was moved with what it lies in.
pub const WATCHED_POLL_MS: u64 = 5_000;
/// Pause after a change in the folder, in which a loader does the rest of what it does.
pub const SETTLE_MS: u64 = 20;
/// How long the loader's record may come after the segment, and how often it is looked for.
pub const RECORD_WAIT_MS: u64 = 250;
pub const RECORD_POLL_MS: u64 = 25;
/// Thousandths of a core that opening another index may take. A container with 0.2 CPU has 20 ms in each period of 100 ms,
/// of which this is the half. An index that the loader has checked takes about 0.05 s of CPU, any other up to a second.
pub const RELOAD_SHARE: u32 = 100;
/// When it is said that the serving thread does not go over to another index: it is between two requests all the time.
pub const SWITCH_PATIENCE_MS: u64 = 10_000;
/// Sampled decisions that wait to be written. A payload of the contest takes 500 bytes.
pub const DECISION_LOG_RING_BYTES: usize = 256 * 1024;
/// Thousandths of a core that the decision log may take: some 500 lines a second, of 0.2 ms each.
pub const DECISION_LOG_SHARE: u32 = 100;
/// How long a decision waits until the thread that writes it knows the index that made it.
pub const DECISION_LOG_SWITCH_MS: u64 = 500;
/// How long a server that has stopped lets the decision log write what is left.
pub const DECISION_LOG_FINISH_MS: u64 = 500;
/// `Retry-After` of every 503.
pub const RETRY_AFTER_SECONDS: u32 = 1;
/// The parser's tape, for a body of nothing but values, and room to compare the keys of an object.
pub const PARSER_BYTES_PER_BODY_BYTE: usize = 42;
/// The same of a server that answers by rows.
pub const ROW_READER_BYTES_PER_BODY_BYTE: usize = 48;
/// The longest answer by rows: 256 labels with names of the longest, or 64 neighbours with long names. An image whose answers can
/// be longer is refused.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// Room for answers by rows is reserved in multiples of this, so that a later image may have somewhat longer names.
pub const ANSWER_ROOM_STEP_BYTES: usize = 4 * 1024;
/// Memory of a server without connections: measured 9.4 MB, 3 MB of it pages of the program's file.
pub const PROCESS_BYTES: usize = 10_000_000;
/// Memory that a container must leave to a server, whatever its clients do.
pub const MEMORY_BYTES: usize = 24_000_000;
/// The same of a server with a decision log.
pub const MEMORY_WITH_LOG_BYTES: usize = 28_000_000;
/// Memory that a container must leave to a server that answers by rows, whatever its schema and its clients are.
pub const MEMORY_OF_ROWS_BYTES: usize = 48_000_000;

/// Room for an answer of rows whose longest one has `longest` bytes.
pub const fn answer_room(longest: usize) -> usize {
    longest.next_multiple_of(ANSWER_ROOM_STEP_BYTES)
}
