//! Drives one connection: waits on its socket, and does what the state machine says in between.

use crate::buffers::Buffer;
use crate::conn::{Conn, Step};
use crate::driver::Socket;
use crate::handler::{Phase, Service};
use crate::limits;
use crate::slots::Place;
use crate::worker::Worker;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;

/// What a wait ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Readable,
    Writable,
    Expired,
    Evicted,
    Draining,
}

/// What to wait for next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    Readable,
    Writable,
}

/// Serves `socket` until either side closes.
pub async fn serve<S: Service>(worker: &Worker<S>, socket: Socket, place: Place<'_>) {
    let mut conn = Conn::new(&worker.limits, worker.now_ms());
    let mut held = None;
    let mut wait = Wait::Readable;
    let mut turns = 0;
    loop {
        place.set(conn.deadline_ms(), conn.is_idle(), held.is_some());
        let event = next_event(worker, &socket, &place, wait, conn.is_idle()).await;
        if event == Event::Evicted {
            place.stay();
        }
        let Some(mut buffer) = held.take().or_else(|| worker.pool.borrow_mut().take()) else { break };
        let next = turn(worker, &socket, &mut conn, &mut buffer, event);
        held = match next {
            Some((_, false)) | None => {
                worker.pool.borrow_mut().put(buffer);
                None
            }
            Some((_, true)) => keep(worker, &socket, &mut conn, buffer),
        };
        match next {
            Some((next_wait, needs_buffer)) if held.is_some() == needs_buffer => wait = next_wait,
            _ => break,
        }
        turns += 1;
        if turns % limits::TURNS_BEFORE_YIELD == 0 {
            yield_to_others().await;
        }
    }
    if let Some(buffer) = held {
        worker.pool.borrow_mut().put(buffer);
    }
}

/// Holds `buffer` over a wait if enough remain for requests that need no wait; else the sender is turned away.
fn keep<S: Service>(worker: &Worker<S>, socket: &Socket, conn: &mut Conn, mut buffer: Buffer) -> Option<Buffer> {
    let (may_hold, is_scarce) = {
        let pool = worker.pool.borrow();
        (pool.may_hold(), pool.is_scarce())
    };
    if may_hold {
        if is_scarce {
            // One for one: the buffer will be back before the spare ones are needed.
            worker.slots.evict_slowest();
        }
        return Some(buffer);
    }
    if buffer.unsent().is_empty() {
        conn.refused(&mut buffer, worker.now_ms());
        // One try: whoever does not take 300 bytes at once does not get to hold a buffer for them.
        let _ = socket.send(buffer.unsent());
        socket.end_output();
    }
    worker.pool.borrow_mut().put(buffer);
    None
}

/// Does everything that is possible without waiting. `None`: close; else what to wait for, and whether the buffer
/// is needed meanwhile.
fn turn<S: Service>(
    worker: &Worker<S>,
    socket: &Socket,
    conn: &mut Conn,
    buffer: &mut Buffer,
    event: Event,
) -> Option<(Wait, bool)> {
    let now_ms = worker.now_ms();
    let mut step = match event {
        // A request that reached the socket before the end is answered.
        Event::Readable | Event::Draining => match socket.receive(buffer.room()) {
            Ok(Some(0)) => conn.ended(buffer, now_ms),
            Ok(Some(count)) => {
                buffer.received(count);
                conn.received(buffer, &mut *worker.service.borrow_mut(), now_ms)
            }
            Ok(None) if event == Event::Draining => return None,
            Ok(None) => return Some((Wait::Readable, conn.needs_buffer())),
            Err(_) => return None,
        },
        Event::Writable => Step::Write,
        Event::Expired => conn.expired(buffer, now_ms),
        Event::Evicted => conn.evicted(buffer, now_ms),
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
                Ok(true) => step = conn.written(buffer, &mut *worker.service.borrow_mut(), now_ms),
                Ok(false) => return Some((Wait::Writable, true)),
                Err(_) => return None,
            },
        }
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

/// Waits for the socket, the deadline, or a word from the rest of the server, whichever is first.
async fn next_event<S: Service>(
    worker: &Worker<S>,
    socket: &Socket,
    place: &Place<'_>,
    wait: Wait,
    is_idle: bool,
) -> Event {
    let ready = async {
        // An error shows again, and more plainly, at the read or write that follows.
        match wait {
            Wait::Readable => {
                let _ = socket.readable().await;
                Event::Readable
            }
            Wait::Writable => {
                let _ = socket.writable().await;
                Event::Writable
            }
        }
    };
    let mut ready = pin!(ready);
    poll_fn(|context| {
        // A sender that keeps dripping bytes must not hold the deadline off; a request that reaches an idle
        // connection just before it closes is served.
        let interruption = interruption(worker, place, is_idle);
        if let (Some(event), false) = (interruption, is_idle) {
            return Poll::Ready(event);
        }
        if let Poll::Ready(event) = ready.as_mut().poll(context) {
            return Poll::Ready(event);
        }
        place.set_waker(context.waker());
        interruption.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

fn interruption<S: Service>(worker: &Worker<S>, place: &Place<'_>, is_idle: bool) -> Option<Event> {
    if place.must_leave() {
        return Some(Event::Evicted);
    }
    if is_idle && worker.phase.get() == Phase::Draining {
        return Some(Event::Draining);
    }
    (worker.now_ms() >= place.deadline_ms()).then_some(Event::Expired)
}

/// Lets every other task have a turn.
async fn yield_to_others() {
    let mut has_yielded = false;
    poll_fn(|context| {
        if has_yielded {
            return Poll::Ready(());
        }
        has_yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
