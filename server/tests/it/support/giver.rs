//! A balancer of a test's own, which does nothing by itself.

use super::{Client, IndexFolder, PATIENCE, Sandbox, Server, comes_true};
use handoff::{Handed, Hello, Page, Report, Standing, State, Word};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

/// Hands connections to one server.
pub struct Giver {
    channel: OwnedFd,
    pub page: Page,
    next: u32,
}

/// A connection that was handed over.
pub struct Given {
    pub client: Client,
    /// As a balancer keeps it.
    pub duplicate: UnixStream,
    pub connection: u32,
    pub epoch: u64,
}

/// Connections that a giver has.
const CONNECTIONS: usize = 512;
/// Not the first, so that a mistake shows.
const NUMBER: usize = 3;

/// A server that takes connections at a path of `place`, and a giver to it.
pub fn server_with_giver(place: &IndexFolder, sandbox: Sandbox, options: &[&str]) -> (Server, Giver) {
    let server = taking(place, sandbox, options);
    let giver = Giver::to(place);
    (server, giver)
}

/// A server that takes connections at a path of `place`.
pub fn taking(place: &IndexFolder, sandbox: Sandbox, options: &[&str]) -> Server {
    let from = format!("unix:{}", place.path("api.handoff").display());
    let options = [&["--accept-from", &from], options].concat();
    Server::start(place, super::Listen::Unix, sandbox, &options)
}

impl Giver {
    /// To the server at `place`, which has said that it is ready when this returns.
    pub fn to(place: &IndexFolder) -> Self {
        let (page, file) = Page::new(CONNECTIONS).unwrap();
        let hello = Hello { server: NUMBER as u32, connections: CONNECTIONS as u32 };
        let channel = handoff::connect(&place.path("api.handoff")).unwrap();
        assert!(handoff::send(&channel, &hello.to_bytes(), file.as_fd()).unwrap());
        let giver = Self { channel, page, next: 0 };
        assert!(comes_true(PATIENCE, || giver.report().standing == Standing::Ready), "{:?}", giver.report());
        giver
    }

    /// What the server says.
    pub fn report(&self) -> Report {
        self.page.report(NUMBER)
    }

    /// Hands a new client's connection over.
    pub fn client(&mut self) -> Given {
        let (near, far) = UnixStream::pair().unwrap();
        let (connection, epoch) = self.hand(&far);
        Given { client: Client::over(near).unwrap(), duplicate: far, connection, epoch }
    }

    /// Hands a socket over: its number and epoch.
    pub fn hand(&mut self, socket: &UnixStream) -> (u32, u64) {
        let connection = self.next;
        self.next += 1;
        let epoch = self.page.word(connection).give();
        assert!(handoff::send(&self.channel, &Handed { connection, epoch }.to_bytes(), socket.as_fd()).unwrap());
        (connection, epoch)
    }

    pub fn word(&self, given: &Given) -> Word<'_> {
        self.page.word(given.connection)
    }

    /// Waits until the server has brought a connection into this state.
    #[track_caller]
    pub fn must_become(&self, given: &Given, state: State) {
        let becomes = comes_true(PATIENCE, || self.word(given).state(given.epoch) == Some(state));
        assert!(becomes, "{:?} instead of {state:?}", self.word(given).current());
    }

    /// The server has gone, and has said so by closing.
    #[track_caller]
    pub fn must_be_left(&self) {
        let ended = || matches!(handoff::receive(&self.channel, &mut [0; 16]), Ok(Some((0, None))) | Err(_));
        assert!(comes_true(PATIENCE, ended), "the server has not gone");
    }
}
