//! The slot through which a generation goes to the serving thread, and the one before comes back.
//!
//! Both ways are queues with one place, made at the start: sending and taking allocates nothing, and the loop waits for no
//! lock. A byte on a socket wakes the loop.

use crate::service::AnyService;
use listener::Endpoint;
use listener::Phase;
use listener::listen::Announcement;
use runtime::driver::Socket;
use scoring::AnyGeneration;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// What comes back.
pub struct Before {
    /// None where there was none before.
    pub generation: Option<AnyGeneration>,
    /// How long the loop took to go over.
    pub took: Duration,
}

/// The reload thread's side.
pub struct Outgoing {
    wake: UnixStream,
    next: SyncSender<AnyGeneration>,
    before: Receiver<Before>,
}

/// The serving thread's side.
pub struct Incoming {
    woken: UnixStream,
    next: Receiver<AnyGeneration>,
    before: SyncSender<Before>,
}

/// An empty slot.
pub fn slot() -> io::Result<(Outgoing, Incoming)> {
    let (wake, woken) = UnixStream::pair()?;
    let (next_in, next_out) = sync_channel(1);
    let (before_in, before_out) = sync_channel(1);
    Ok((Outgoing { wake, next: next_in, before: before_out }, Incoming { woken, next: next_out, before: before_in }))
}

impl Outgoing {
    /// Hands `generation` over and waits until it answers; calls `is_late` each time that `patience` is over. Returns the
    /// one before, or nothing if the serving thread is gone.
    pub fn hand_over(&mut self, generation: AnyGeneration, patience: Duration, is_late: impl Fn()) -> Option<Before> {
        self.next.send(generation).ok()?;
        self.wake.write_all(b"!").ok()?;
        loop {
            match self.before.recv_timeout(patience) {
                Ok(before) => return Some(before),
                Err(RecvTimeoutError::Timeout) => is_late(),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}

/// Goes over to each generation that comes, between two requests. To be run as a task of the loop for ever.
///
/// # Errors
///
/// The driver cannot register the socket.
pub fn take_generations(
    incoming: Incoming,
    endpoint: &'static Endpoint<AnyService>,
    announcement: Option<Announcement>,
) -> io::Result<impl Future<Output = ()>> {
    let Incoming { woken, next, before } = incoming;
    let woken = Socket::new(woken.into())?;
    Ok(async move {
        let mut bytes = [0; 16];
        loop {
            // An error of the wait shows in the read.
            let _ = woken.readable().await;
            // The other end lives as long as the reload thread, which ends with the process.
            if matches!(woken.receive(&mut bytes), Ok(Some(0)) | Err(_)) {
                return;
            }
            while let Ok(generation) = next.try_recv() {
                let begun = Instant::now();
                let replaced = switch(endpoint, generation, announcement.as_ref());
                // There is a place: whoever sends takes one back before it sends the next.
                let _ = before.try_send(Before { generation: replaced, took: begun.elapsed() });
            }
        }
    })
}

/// From the next request on `generation` answers. Returns the one before.
fn switch(
    endpoint: &Endpoint<AnyService>,
    generation: AnyGeneration,
    announcement: Option<&Announcement>,
) -> Option<AnyGeneration> {
    if let Some(announcement) = announcement {
        endpoint.thread.counted_apart(|| announcement.change(generation.info().checksum()));
    }
    let service = &mut *endpoint.service.borrow_mut();
    if !service.is_undecided() {
        return service.take(generation, &endpoint.limits);
    }
    // The first one: what it needs is made now, for all that follow.
    endpoint.thread.counted_apart(|| service.take(generation, &endpoint.limits));
    if endpoint.phase() == Phase::Starting {
        endpoint.thread.phase.set(Phase::Ready);
    }
    None
}

#[cfg(test)]
impl Incoming {
    /// The serving thread's part without a loop.
    pub fn take_for_ever(self, mut replace: impl FnMut(AnyGeneration) -> Option<AnyGeneration>) {
        while let Ok(generation) = self.next.recv() {
            let before = Before { generation: replace(generation), took: Duration::ZERO };
            if self.before.send(before).is_err() {
                return;
            }
        }
    }
}
