//! Drives one connection: waits on its socket, and does what the state machine says in between.

use crate::buffers::Buffer;
use crate::conn::{Conn, Step};
use crate::endpoint::Endpoint;
use crate::handler::{Phase, Service};
use crate::limits;
use crate::slots::Place;
use runtime::driver::Socket;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;

/// What a wait ended with; the last three interrupt it, and it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Readable,
    Writable,
    /// The others have had their turn.
    Turn,
    Expired,
    Evicted,
    Draining,
}

/// What to wait for next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    Readable,
    Writable,
    /// Everybody else; what is left to do needs nothing.
    Turn,
}

/// The most that a connection's task takes, the driver's part included.
pub const TASK_BYTES: usize = 1280;

/// Serves `socket` until either side closes.
pub async fn serve<S: Service>(endpoint: &Endpoint<S>, socket: Socket, place: Place<'_>) {
    let mut conn = Conn::new(&endpoint.limits, endpoint.now_ms());
    serve_open(endpoint, &socket, &mut conn, &place).await;
    endpoint.thread.counted_apart(|| drop(socket));
    endpoint.count(&conn);
}

async fn serve_open<S: Service>(endpoint: &Endpoint<S>, socket: &Socket, conn: &mut Conn, place: &Place<'_>) {
    let mut held = None;
    let mut wait = Wait::Readable;
    // Both stay in flight over interruptions, and the first over the second: the runtime allocates for a wait that is
    // given up.
    let mut readable = pin!(None);
    let mut other = pin!(None);
    let mut turns = 0;
    loop {
        // Whoever waits for a turn is not slow: the server is.
        place.set(conn.deadline_ms(), conn.is_idle(), held.is_some() && wait != Wait::Turn);
        let event = if wait == Wait::Readable {
            if readable.is_none() {
                readable.set(Some(until_readable(socket)));
            }
            next_event(endpoint, place, readable.as_mut(), conn.is_idle()).await
        } else {
            if other.is_none() {
                other.set(Some(until(endpoint, socket, wait)));
            }
            next_event(endpoint, place, other.as_mut(), conn.is_idle()).await
        };
        match event {
            Event::Readable => readable.set(None),
            Event::Writable | Event::Turn => other.set(None),
            Event::Expired | Event::Evicted | Event::Draining => {}
        }
        let mut buffer = match held.take() {
            Some(buffer) => buffer,
            None => borrow(endpoint).await,
        };
        let next = turn(endpoint, socket, conn, &mut buffer, event);
        if matches!(next, Some((_, true))) {
            held = Some(buffer);
        } else {
            endpoint.pool.borrow_mut().put(buffer);
        }
        let Some((next_wait, _)) = next else { break };
        wait = next_wait;
        turns += 1;
        if turns % limits::TURNS_BEFORE_YIELD == 0 {
            endpoint.turns().pass().await;
        }
    }
    // Waits that are still in flight end by this, and so are not given up.
    if readable.is_some() || other.is_some() {
        socket.end();
    }
    if let Some(wait) = readable.as_mut().as_pin_mut() {
        wait.await;
    }
    if let Some(wait) = other.as_mut().as_pin_mut() {
        wait.await;
    }
}

/// Lends a buffer. When none is left the slowest sender is asked for its own, and has its turn before this one.
async fn borrow<S: Service>(endpoint: &Endpoint<S>) -> Buffer {
    loop {
        if let Some(buffer) = endpoint.pool.borrow_mut().take() {
            return buffer;
        }
        endpoint.slots.evict_slowest();
        endpoint.turns().pass().await;
    }
}

/// Does everything that is possible without waiting. `None`: close; else what to wait for, and whether the buffer
/// is needed meanwhile.
fn turn<S: Service>(
    endpoint: &Endpoint<S>,
    socket: &Socket,
    conn: &mut Conn,
    buffer: &mut Buffer,
    event: Event,
) -> Option<(Wait, bool)> {
    let now_ms = endpoint.now_ms();
    let mut step = match event {
        Event::Readable => match socket.receive(buffer.room()) {
            Ok(Some(0)) => conn.ended(buffer, now_ms),
            Ok(Some(count)) => {
                buffer.received(count);
                conn.received(buffer, &mut *endpoint.service.borrow_mut(), now_ms)
            }
            Ok(None) => return Some((Wait::Readable, conn.needs_buffer())),
            Err(_) => return None,
        },
        Event::Writable => Step::Write,
        Event::Turn => conn.written(buffer, &mut *endpoint.service.borrow_mut(), now_ms),
        Event::Expired | Event::Evicted | Event::Draining => interrupt(endpoint, socket, conn, buffer, event),
    };
    loop {
        match step {
            Step::Close => return None,
            Step::Idle => return Some((Wait::Readable, false)),
            Step::Read => return Some((Wait::Readable, true)),
            Step::Linger => {
                socket.end_output();
                return Some((Wait::Readable, false));
            }
            Step::Write => match send_all(socket, buffer) {
                // Answers cost a search each: a long burst of requests must not keep all others waiting.
                Ok(true) if !buffer.unread().is_empty() => return Some((Wait::Turn, true)),
                Ok(true) => step = conn.written(buffer, &mut *endpoint.service.borrow_mut(), now_ms),
                // Whoever must make room and does not take 300 bytes at once goes without them.
                Ok(false) if event == Event::Evicted => return None,
                Ok(false) => return Some((Wait::Writable, true)),
                Err(_) => return None,
            },
        }
    }
}

/// Gives the connection up, unless what it waits for has reached the socket meanwhile: a whole request, or the
/// beginning of one if it was idle and is not evicted. Empty lines are no request.
fn interrupt<S: Service>(
    endpoint: &Endpoint<S>,
    socket: &Socket,
    conn: &mut Conn,
    buffer: &mut Buffer,
    event: Event,
) -> Step {
    let now_ms = endpoint.now_ms();
    let looks_again = conn.is_idle() || (event == Event::Evicted && conn.reads());
    if looks_again && let Ok(Some(count @ 1..)) = socket.receive(buffer.room()) {
        buffer.received(count);
        let step = conn.received(buffer, &mut *endpoint.service.borrow_mut(), now_ms);
        match step {
            Step::Idle => {}
            Step::Read if event == Event::Evicted => {}
            _ => return step,
        }
    }
    match event {
        Event::Evicted => conn.evicted(buffer, now_ms),
        _ => conn.expired(buffer, now_ms),
    }
}

/// True if everything was taken, false if the peer must take some first.
fn send_all(socket: &Socket, buffer: &mut Buffer) -> io::Result<bool> {
    while !buffer.unsent().is_empty() {
        match socket.send(buffer.unsent())? {
            Some(count) => buffer.sent(count),
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// An error shows again, and more plainly, at the read or write that follows.
async fn until_readable(socket: &Socket) -> Event {
    let _ = socket.readable().await;
    Event::Readable
}

/// Waits for anything but input; an error as above.
async fn until<S: Service>(endpoint: &Endpoint<S>, socket: &Socket, wait: Wait) -> Event {
    if wait == Wait::Turn {
        endpoint.turns().pass().await;
        return Event::Turn;
    }
    let _ = socket.writable().await;
    Event::Writable
}

/// Waits for `ready`, the deadline, or a word from the rest of the server, whichever is first.
async fn next_event<S: Service>(
    endpoint: &Endpoint<S>,
    place: &Place<'_>,
    mut ready: Pin<&mut Option<impl Future<Output = Event>>>,
    is_idle: bool,
) -> Event {
    poll_fn(|context| {
        // First: a sender that always has bytes for us must not hold these off.
        if let Some(event) = interruption(endpoint, place, is_idle) {
            return Poll::Ready(event);
        }
        if let Some(ready) = ready.as_mut().as_pin_mut()
            && let Poll::Ready(event) = ready.poll(context)
        {
            return Poll::Ready(event);
        }
        place.set_waker(context.waker());
        Poll::Pending
    })
    .await
}

fn interruption<S: Service>(endpoint: &Endpoint<S>, place: &Place<'_>, is_idle: bool) -> Option<Event> {
    if place.must_leave() {
        return Some(Event::Evicted);
    }
    if is_idle && endpoint.phase() == Phase::Draining {
        return Some(Event::Draining);
    }
    (endpoint.now_ms() >= place.deadline_ms()).then_some(Event::Expired)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scorer::FraudScore;

    /// Size of what an async function with three parameters returns.
    fn size_of_task<A, B, C, F>(_: fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_connection_takes_no_more_than_the_sum_of_all_limits_says() {
        // What the driver adds: its task's header, the socket's reference count, an operation in flight.
        const DRIVER_BYTES: usize = 256;
        let bytes = size_of_task(serve::<FraudScore>) + DRIVER_BYTES;
        assert!(bytes <= TASK_BYTES, "{bytes}");
    }
}
