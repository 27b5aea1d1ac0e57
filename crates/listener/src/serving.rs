//! Serving an endpoint from its first connection to the end of its last.

use crate::acceptor::Acceptor;
use crate::endpoint::Endpoint;
use crate::handoff_acceptor::HandoffAcceptor;
use crate::listen::Listener;
use crate::phase::Phase;
use http::Service;
use runtime::driver::{self, Socket};
use std::rc::Rc;

/// How serving ended.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    /// Every open request was finished in time.
    pub is_finished: bool,
    /// Allocations from the start of serving to the stop, those of accepting and closing connections apart.
    pub allocations: u64,
}

/// Serves until a byte arrives on `stop`, then finishes open requests. `socket` is that of `listener`; balancers hand
/// connections over at `handoffs`.
pub async fn serve_until_stopped<S: Service + 'static>(
    endpoint: &'static Endpoint<S>,
    mut listener: Listener,
    socket: Socket,
    handoffs: Vec<(Listener, Socket)>,
    stop: &Socket,
) -> Served {
    let thread = endpoint.thread;
    let acceptor = Rc::new(Acceptor::new(endpoint, socket, listener.is_tcp));
    driver::spawn(endpoint.sweep());
    driver::spawn(thread.fair_yield.wake_waiting(|| {
        endpoint.sweep_if_due();
        endpoint.beat_if_due();
    }));
    driver::spawn(acceptor.clone().accept_all());
    let handoff_paths = accept_handed(endpoint, handoffs);
    // These have their first turn now, in which the driver makes room for their waits.
    thread.fair_yield.yield_now().await;
    let before = thread.request_allocations();
    wait_for_byte(stop).await;
    let allocations = thread.request_allocations() - before;
    listener.unlink();
    drop(handoff_paths);
    thread.phase.set(Phase::Draining);
    Served { is_finished: acceptor.drain(stop).await, allocations }
}

/// Takes connections from balancers; what is returned keeps the paths at which they find this server.
fn accept_handed<S: Service + 'static>(
    endpoint: &'static Endpoint<S>,
    handoffs: Vec<(Listener, Socket)>,
) -> Vec<Listener> {
    if !handoffs.is_empty() {
        driver::spawn(endpoint.beat());
    }
    handoffs
        .into_iter()
        .map(|(listener, socket)| {
            driver::spawn(HandoffAcceptor::new(endpoint, socket).accept_all());
            listener
        })
        .collect()
}

async fn wait_for_byte(signals: &Socket) {
    let mut bytes = [0; 16];
    loop {
        // Errors cannot happen on a socket pair whose other end is held for as long as the thread serves.
        let _ = signals.readable().await;
        if matches!(signals.receive(&mut bytes), Ok(Some(_)) | Err(_)) {
            return;
        }
    }
}
