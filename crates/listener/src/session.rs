//! A session drives one connection: it waits on its socket, and does what the state machine says in between.

use crate::connection_table::Handle;
use crate::endpoint::Endpoint;
use crate::limits;
use crate::phase::Phase;
use http::{Buffer, Connection, Service, Step};
use runtime::driver::{self, Socket};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;

/// What a wait ended with; the last four interrupt it, and it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Readable,
    Writable,
    /// All other tasks have run.
    Yielded,
    Expired,
    Evicted,
    Draining,
    /// A balancer has given the connection to another server.
    Revoked,
}

/// How a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The connection is closed, whoever else refers to it.
    Closed,
    /// A balancer gives it to another server: it is left as it is.
    Left,
}

/// What to wait for next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    Readable,
    Writable,
    /// All other tasks to run; what is left to do needs nothing.
    Others,
}

/// The most that a connection's task takes, the driver's part included.
pub const TASK_BYTES: usize = 1280;

/// Starts a task that serves `socket`.
pub fn start<S: Service + 'static>(endpoint: &'static Endpoint<S>, socket: Socket, handle: Handle<'static>) {
    driver::spawn(serve(endpoint, socket, handle));
    endpoint.thread.counts.connections.add(1);
    endpoint.thread.counts.open.add(1);
}

/// Serves `socket` until either side closes, or until a balancer gives it to another server.
async fn serve<S: Service + 'static>(endpoint: &Endpoint<S>, socket: Socket, handle: Handle<'_>) {
    let mut connection = Connection::new(&endpoint.limits.http(), endpoint.now_ms());
    serve_open(endpoint, &socket, &mut connection, &handle).await;
    endpoint.thread.counted_apart(|| drop(socket));
    endpoint.count_closed(&connection);
}

async fn serve_open<S: Service + 'static>(
    endpoint: &Endpoint<S>,
    socket: &Socket,
    connection: &mut Connection<S>,
    handle: &Handle<'_>,
) {
    let mut held = None;
    let mut wait = Wait::Readable;
    // Both stay in flight over interruptions, and the first over the second: the runtime allocates for a wait that is
    // given up.
    let mut readable = pin!(None);
    let mut other = pin!(None);
    let mut rounds = 0u32;
    let end = loop {
        if connection.is_idle() {
            handle.rest();
        }
        // After a yield it is the server that is slow and not the peer, whose buffer must not be evicted for it.
        handle.set(connection.deadline_ms(), connection.is_idle(), held.is_some() && wait != Wait::Others);
        let event = if wait == Wait::Readable {
            if readable.is_none() {
                readable.set(Some(until_readable(socket)));
            }
            next_event(endpoint, handle, readable.as_mut(), connection.is_idle()).await
        } else {
            if other.is_none() {
                other.set(Some(until(endpoint, socket, wait)));
            }
            next_event(endpoint, handle, other.as_mut(), connection.is_idle()).await
        };
        match event {
            Event::Readable => readable.set(None),
            Event::Writable | Event::Yielded => other.set(None),
            // What was sent meanwhile is left to the server that has the connection next.
            Event::Draining if handle.is_leased() => break End::Left,
            Event::Revoked => break End::Left,
            Event::Expired | Event::Evicted | Event::Draining => {}
        }
        let mut buffer = match held.take() {
            Some(buffer) => buffer,
            None => borrow(endpoint).await,
        };
        if connection.is_idle() && !handle.take() {
            endpoint.put_buffer(buffer);
            break End::Left;
        }
        let next = advance(endpoint, socket, connection, &mut buffer, event);
        if matches!(next, Some((_, true))) {
            held = Some(buffer);
        } else {
            endpoint.put_buffer(buffer);
        }
        let Some((next_wait, _)) = next else { break End::Closed };
        wait = next_wait;
        rounds += 1;
        if rounds.is_multiple_of(limits::ROUNDS_BEFORE_YIELD) {
            endpoint.fair_yield().yield_now().await;
        }
    };
    if end == End::Left || !handle.take() {
        // Not to be ended for those who have it now, so the waits are given up.
        endpoint.thread.counted_apart(|| {
            readable.set(None);
            other.set(None);
        });
        return;
    }
    // Waits that are still in flight end by this, and so are not given up; and a balancer's duplicate does not keep the
    // connection open.
    if readable.is_some() || other.is_some() || handle.is_leased() {
        socket.end();
    }
    if let Some(wait) = readable.as_mut().as_pin_mut() {
        wait.await;
    }
    if let Some(wait) = other.as_mut().as_pin_mut() {
        wait.await;
    }
}

/// Borrows a buffer. When none is left the slowest sender is asked for its own, and runs before this one.
async fn borrow<S: Service + 'static>(endpoint: &Endpoint<S>) -> Buffer {
    loop {
        if let Some(buffer) = endpoint.take_buffer() {
            return buffer;
        }
        endpoint.connections.evict_slowest();
        endpoint.fair_yield().yield_now().await;
    }
}

/// Does everything that is possible without waiting. `None`: close; else what to wait for, and whether the buffer
/// is needed meanwhile.
fn advance<S: Service + 'static>(
    endpoint: &Endpoint<S>,
    socket: &Socket,
    connection: &mut Connection<S>,
    buffer: &mut Buffer,
    event: Event,
) -> Option<(Wait, bool)> {
    let now_ms = endpoint.now_ms();
    let mut step = match event {
        Event::Readable => match socket.receive(buffer.room()) {
            Ok(Some(0)) => connection.ended(buffer, &mut *endpoint.service.borrow_mut(), now_ms),
            Ok(Some(count)) => {
                buffer.received(count);
                connection.received(buffer, &mut *endpoint.service.borrow_mut(), now_ms)
            }
            Ok(None) => return Some((Wait::Readable, connection.needs_buffer())),
            Err(_) => return None,
        },
        Event::Writable => Step::Write,
        Event::Yielded => connection.written(buffer, &mut *endpoint.service.borrow_mut(), now_ms),
        Event::Expired | Event::Evicted | Event::Draining | Event::Revoked => {
            interrupt(endpoint, socket, connection, buffer, event)
        }
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
                // Answers cost a search each: a long burst of requests must not keep all others waiting, nor must a body
                // of many parts.
                Ok(true) if !buffer.unread().is_empty() || connection.is_streaming() => {
                    return Some((Wait::Others, true));
                }
                Ok(true) => step = connection.written(buffer, &mut *endpoint.service.borrow_mut(), now_ms),
                // An evicted peer whose socket does not take the last response at once goes without it.
                Ok(false) if event == Event::Evicted => return None,
                Ok(false) => return Some((Wait::Writable, true)),
                Err(_) => return None,
            },
        }
    }
}

/// Gives the connection up, unless what it waits for has reached the socket meanwhile: a whole request, or the
/// beginning of one if it was idle and is not evicted. Empty lines are no request.
fn interrupt<S: Service + 'static>(
    endpoint: &Endpoint<S>,
    socket: &Socket,
    connection: &mut Connection<S>,
    buffer: &mut Buffer,
    event: Event,
) -> Step {
    let now_ms = endpoint.now_ms();
    let looks_again = connection.is_idle() || (event == Event::Evicted && connection.reads());
    if looks_again && let Ok(Some(count @ 1..)) = socket.receive(buffer.room()) {
        buffer.received(count);
        let step = connection.received(buffer, &mut *endpoint.service.borrow_mut(), now_ms);
        match step {
            Step::Idle => {}
            Step::Read if event == Event::Evicted => {}
            _ => return step,
        }
    }
    match event {
        Event::Evicted => connection.evicted(buffer, &mut *endpoint.service.borrow_mut(), now_ms),
        _ => connection.expired(buffer, &mut *endpoint.service.borrow_mut(), now_ms),
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

/// Waits for anything but input; an error shows again as above.
async fn until<S: Service + 'static>(endpoint: &Endpoint<S>, socket: &Socket, wait: Wait) -> Event {
    if wait == Wait::Others {
        endpoint.fair_yield().yield_now().await;
        return Event::Yielded;
    }
    let _ = socket.writable().await;
    Event::Writable
}

/// Waits for `ready`, the deadline, an eviction or the stop of the server, whichever is first.
async fn next_event<S: Service + 'static>(
    endpoint: &Endpoint<S>,
    handle: &Handle<'_>,
    mut ready: Pin<&mut Option<impl Future<Output = Event>>>,
    is_idle: bool,
) -> Event {
    poll_fn(|context| {
        // First, so that a peer that always has bytes to read cannot put them off.
        if let Some(event) = interruption(endpoint, handle, is_idle) {
            return Poll::Ready(event);
        }
        if let Some(ready) = ready.as_mut().as_pin_mut()
            && let Poll::Ready(event) = ready.poll(context)
        {
            return Poll::Ready(event);
        }
        handle.set_waker(context.waker());
        Poll::Pending
    })
    .await
}

fn interruption<S: Service + 'static>(endpoint: &Endpoint<S>, handle: &Handle<'_>, is_idle: bool) -> Option<Event> {
    if handle.must_leave() {
        return Some(Event::Evicted);
    }
    if is_idle && endpoint.phase() == Phase::Draining {
        return Some(Event::Draining);
    }
    if is_idle && handle.is_revoked() {
        return Some(Event::Revoked);
    }
    (endpoint.now_ms() >= handle.deadline_ms()).then_some(Event::Expired)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{Answered, Head, Responder};

    /// As large as any: a task does not hold the service.
    struct Nothing;

    impl Service for Nothing {
        type Route = ();
        type Body = &'static [u8];

        fn route(&self, _: &Head<'_>) {}

        fn answer(&mut self, (): (), _: &[u8], responder: Responder<'_, &'static [u8]>) -> Answered {
            responder.problem(http::Status::NotFound, "nothing")
        }

        fn is_closing(&self) -> bool {
            false
        }
    }

    /// Size of what an async function with three parameters returns.
    fn size_of_task<A, B, C, F>(_: fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_connection_takes_no_more_than_the_sum_of_all_limits_says() {
        // What the driver adds: its task's header, the socket's reference count, an operation in flight.
        const DRIVER_BYTES: usize = 256;
        let bytes = size_of_task(serve::<Nothing>) + DRIVER_BYTES;
        assert!(bytes <= TASK_BYTES, "{bytes}");
    }
}
