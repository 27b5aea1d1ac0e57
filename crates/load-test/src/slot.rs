//! One keep-alive connection: its socket, the request it is busy with, and the bytes of the answer so far.

use crate::answer::Answer;
use crate::errors::Fault;
use crate::requests::Right;
use crate::response::{Received, receive};
use crate::socket::Socket;
use std::fmt::{self, Display};

/// Of a wrong answer so many bytes are shown.
const SHOWN_BYTES: usize = 200;
/// Longest answer, head and body together.
const ANSWER_BYTES: usize = 8192;

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No socket: opened again when it is needed.
    Closed,
    Connecting,
    /// Open, and nothing to do.
    Idle,
    /// The request is on its way, or its answer is.
    Busy,
}

/// A request under way.
#[derive(Clone, Copy, Debug)]
pub struct Flight {
    /// Which request, counted from 0.
    pub request: usize,
    pub intended_ns: u64,
    /// When the generator turned to it; connecting comes after that.
    pub begun_ns: u64,
    /// When its first byte was given to the socket.
    pub sent_ns: Option<u64>,
}

/// An answer as far as it is to be compared with the right one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// What the service decides.
    Decision(Answer),
    /// The body that is right.
    Same,
    /// Another body, or how it begins. Only wrong answers take memory.
    Different(String),
}

/// What became of a request.
#[derive(Debug)]
pub enum End {
    /// An answer that decides something.
    Decided {
        reply: Reply,
        /// Whether the connection can be used again.
        stays_open: bool,
    },
    /// A whole answer that decides nothing.
    Undecided { fault: Fault, status: u16, stays_open: bool },
    /// No whole answer.
    Failed { fault: Fault, why: Why },
}

/// What is said about a request without a whole answer.
#[derive(Debug)]
pub enum Why {
    System(std::io::Error),
    Text(&'static str),
}

impl Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(error) => error.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// See the module.
pub struct Slot {
    pub socket: Option<Socket>,
    /// Counts sockets, so that a late event of an earlier one is known as such.
    pub generation: u32,
    pub state: State,
    pub flight: Option<Flight>,
    /// Bytes of the request that the socket has taken.
    pub written: usize,
    /// Connecting, or the request, must be over by then.
    pub deadline_ns: u64,
    /// Whether the event queue reports when the socket can be written to.
    pub watches_writable: bool,
    /// Whether the socket has carried an answer before.
    pub is_proven: bool,
    received: usize,
    buffer: Box<[u8; ANSWER_BYTES]>,
}

impl Slot {
    pub fn new() -> Self {
        Self {
            socket: None,
            generation: 0,
            state: State::Closed,
            flight: None,
            written: 0,
            deadline_ns: 0,
            watches_writable: false,
            is_proven: false,
            received: 0,
            buffer: Box::new([0; ANSWER_BYTES]),
        }
    }

    /// Forgets what an earlier request left behind.
    pub fn take_off(&mut self, flight: Flight, deadline_ns: u64) {
        self.flight = Some(flight);
        self.deadline_ns = deadline_ns;
        self.written = 0;
        self.received = 0;
    }

    /// Closes the socket, if there is one.
    pub fn close(&mut self) {
        self.socket = None;
        self.state = State::Closed;
        self.written = 0;
        self.received = 0;
        self.generation = self.generation.wrapping_add(1);
    }

    /// Whether the peer has closed an idle connection, or sent what nobody asked for.
    pub fn is_spoilt(&mut self) -> bool {
        let Some(socket) = &self.socket else { return true };
        !matches!(socket.receive(&mut self.buffer[..]), Ok(None))
    }

    /// Reads what there is; `None` if the answer goes on.
    pub fn read(&mut self, unchunked: &mut Vec<u8>, right: &Right) -> Option<End> {
        loop {
            let socket = self.socket.as_ref()?;
            let ended = match socket.receive(&mut self.buffer[self.received..]) {
                Ok(None) => return None,
                Ok(Some(count)) => {
                    self.received += count;
                    count == 0
                }
                Err(error) => return Some(End::Failed { fault: Fault::Connection, why: Why::System(error) }),
            };
            match receive(&self.buffer[..self.received], ended, unchunked) {
                Received::Whole { status, body, stays_open } => {
                    self.is_proven = true;
                    return Some(decide(status, body, stays_open && !ended, right));
                }
                Received::Broken if ended => {
                    let why = Why::Text("the connection was closed before the answer was whole");
                    return Some(End::Failed { fault: Fault::Connection, why });
                }
                Received::Broken => {
                    let why = Why::Text("what came back is no HTTP answer, or more than one");
                    return Some(End::Failed { fault: Fault::Broken, why });
                }
                Received::Part if self.received == ANSWER_BYTES => {
                    let why = Why::Text("an answer was longer than 8 KiB");
                    return Some(End::Failed { fault: Fault::Broken, why });
                }
                Received::Part => {}
            }
        }
    }
}

fn decide(status: u16, body: &[u8], stays_open: bool, right: &Right) -> End {
    if status != 200 {
        return End::Undecided { fault: Fault::Status, status, stays_open };
    }
    let reply = match right {
        Right::Decision(_) => Answer::read(body).map(Reply::Decision),
        Right::Body(right) if body == &**right => Some(Reply::Same),
        Right::Body(_) => Some(Reply::Different(shown(body))),
    };
    match reply {
        Some(reply) => End::Decided { reply, stays_open },
        None => End::Undecided { fault: Fault::Broken, status, stays_open },
    }
}

/// A body as a message shows it.
pub fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(SHOWN_BYTES)]).into_owned()
}
