//! Takes connections from balancers: accepts their links, and starts a session for each socket that comes over one.

use crate::endpoint::Endpoint;
use crate::limits;
use crate::phase::Phase;
use crate::session;
use handoff::{HANDED_BYTES, Handed, Lease, Page};
use http::Service;
use runtime::driver::{self, Socket};
use runtime::peer;
use std::cell::Cell;
use std::io;
use std::rc::Rc;

/// Accepts balancers on one path.
pub struct HandoffAcceptor<S: 'static> {
    endpoint: &'static Endpoint<S>,
    listener: Socket,
    /// When the next refusal may be logged.
    next_report_ms: Cell<u64>,
}

impl<S: Service + 'static> HandoffAcceptor<S> {
    /// An acceptor of those that connect to `listener`.
    pub fn new(endpoint: &'static Endpoint<S>, listener: Socket) -> Self {
        Self { endpoint, listener, next_report_ms: Cell::new(0) }
    }

    /// Accepts until the thread is draining.
    pub async fn accept_all(self) {
        while self.endpoint.phase() != Phase::Draining {
            // As a connection, a balancer may allocate when it comes and when it goes.
            match self.endpoint.thread.counted_apart(|| self.accept_one()) {
                Ok(true) => {}
                // An error shows again at the next accept.
                Ok(false) => drop(self.listener.readable().await),
                Err(error) => {
                    self.endpoint.thread.counted_apart(|| self.report(&error));
                    driver::sleep(limits::ACCEPT_BACKOFF_MS).await;
                }
            }
        }
    }

    /// False if nobody waits.
    fn accept_one(&self) -> io::Result<bool> {
        let Some(link) = self.listener.accept()? else { return Ok(false) };
        if !peer::is_own_or_root(&link)? {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is of another user"));
        }
        if !self.endpoint.links.open() {
            return Err(io::Error::other("there are as many as there may be"));
        }
        driver::spawn(serve_link(self.endpoint, link));
        Ok(true)
    }

    fn report(&self, error: &io::Error) {
        let now_ms = self.endpoint.now_ms();
        if now_ms >= self.next_report_ms.get() {
            self.next_report_ms.set(now_ms + limits::ACCEPT_REPORT_MS);
            tracing::warn!(%error, "refused a balancer");
        }
    }
}

/// Serves a balancer until it goes; the connections that it handed over stay.
async fn serve_link<S: Service + 'static>(endpoint: &'static Endpoint<S>, link: Socket) {
    if let Some(page) = hello(endpoint, &link).await {
        endpoint.beat_if_due();
        take_all(endpoint, &link, &page).await;
        endpoint.links.remove(&page);
        endpoint.thread.counted_apart(|| {
            tracing::info!("a balancer has gone; the connections that it handed over stay");
            drop(page);
        });
    }
    endpoint.thread.counted_apart(|| drop(link));
    endpoint.links.close();
}

/// The page of a balancer; `None` if it does not say what it should.
async fn hello<S: Service + 'static>(endpoint: &'static Endpoint<S>, link: &Socket) -> Option<Rc<Page>> {
    loop {
        let page = endpoint.thread.counted_apart(|| match handoff::receive_hello(link) {
            Ok(hello) => hello.map(|(server, page)| {
                tracing::info!("a balancer hands connections over");
                let page = Rc::new(page);
                endpoint.links.add(page.clone(), server);
                Some(page)
            }),
            Err(error) => {
                tracing::warn!(%error, "refused a balancer");
                Some(None)
            }
        });
        match page {
            Some(page) => return page,
            None if link.readable().await.is_err() => return None,
            None => {}
        }
    }
}

/// What came of looking for a connection.
enum Taken {
    One,
    NoneWaits,
    NoRoom,
    /// The process is short of descriptors. What was lost for it the balancer gives to another server.
    Failed,
    /// The balancer has gone.
    Ended,
}

/// Takes what is handed over until the balancer goes.
async fn take_all<S: Service + 'static>(endpoint: &'static Endpoint<S>, link: &Socket, page: &Rc<Page>) {
    let mut burst = 0;
    loop {
        match take_one(endpoint, link, page) {
            Taken::One if burst < limits::ACCEPT_BURST => burst += 1,
            Taken::One => {
                burst = 0;
                endpoint.fair_yield().yield_now().await;
            }
            Taken::NoneWaits => {
                burst = 0;
                if link.readable().await.is_err() {
                    return;
                }
            }
            Taken::NoRoom => endpoint.make_room().await,
            Taken::Failed => driver::sleep(limits::ACCEPT_BACKOFF_MS).await,
            Taken::Ended => return,
        }
    }
}

fn take_one<S: Service + 'static>(endpoint: &'static Endpoint<S>, link: &Socket, page: &Rc<Page>) -> Taken {
    let Some(handle) = endpoint.connections.open() else { return Taken::NoRoom };
    endpoint.thread.counted_apart(|| {
        let mut room = [0; HANDED_BYTES];
        let (length, descriptor) = match handoff::receive(link, &mut room) {
            Ok(None) => return Taken::NoneWaits,
            Ok(Some((0, _))) | Err(_) => return Taken::Ended,
            Ok(Some((length, descriptor))) => (length, descriptor),
        };
        let (Some(handed), Some(descriptor)) = (Handed::from_bytes(&room[..length]), descriptor) else {
            return Taken::Failed;
        };
        if endpoint.phase() == Phase::Draining {
            // It stays given, and the balancer gives it to another server.
            return Taken::One;
        }
        let Ok(socket) = Socket::new(descriptor) else { return Taken::Failed };
        // What was revoked on the way is served elsewhere.
        if let Some(lease) = Lease::begin(page.clone(), handed) {
            handle.set_lease(lease);
            session::start(endpoint, socket, handle);
        }
        Taken::One
    })
}
