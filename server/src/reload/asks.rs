//! How others ask the reload thread for a look at what is published, and what it answers.

use super::refusal::Reason;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};

/// What came of a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Another index answers now.
    Switched {
        /// Of the index that answers now.
        checksum: String,
    },
    /// What is published answers already.
    Unchanged,
    /// What is published is refused, now or before.
    Refused {
        /// The kind of fault.
        reason: Reason,
        /// The fault in words.
        fault: String,
    },
    /// Nothing is published.
    NothingPublished,
}

/// Asks for looks; one look may answer several.
pub struct Asks {
    wake: UnixStream,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    asked: u64,
    answered: u64,
    answer: Option<Answer>,
}

/// One ask.
#[derive(Clone, Copy, Debug)]
pub struct Ticket(u64);

impl Asks {
    /// And what becomes readable when somebody asks.
    pub(super) fn new() -> io::Result<(Self, UnixStream)> {
        let (wake, asked) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        Ok((Self { wake, state: Mutex::default() }, asked))
    }

    /// Asks for a look that begins after this call. Does not wait.
    pub fn ask(&self) -> Ticket {
        let ticket = {
            let mut state = self.lock();
            state.asked += 1;
            Ticket(state.asked)
        };
        // If there is no room, the thread has not yet taken what wakes it.
        let _ = (&self.wake).write(b"?");
        ticket
    }

    /// What came of the look; `None` while it goes on. Looks take seconds at their pace, and are answered in order.
    pub fn answer(&self, ticket: Ticket) -> Option<Answer> {
        let state = self.lock();
        state.answer.clone().filter(|_| state.answered >= ticket.0)
    }

    /// Those that a look answers which begins now.
    pub(super) fn waiting(&self) -> Ticket {
        Ticket(self.lock().asked)
    }

    /// Answers all up to `last`.
    pub(super) fn answer_all(&self, last: Ticket, answer: Answer) {
        let mut state = self.lock();
        state.answered = last.0;
        state.answer = Some(answer);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ask_is_answered_by_a_look_that_began_after_it() {
        let (asks, _asked) = Asks::new().unwrap();
        let early = asks.ask();
        let look = asks.waiting();
        let late = asks.ask();
        asks.answer_all(look, Answer::Unchanged);
        assert_eq!((asks.answer(early), asks.answer(late)), (Some(Answer::Unchanged), None));
        asks.answer_all(asks.waiting(), Answer::NothingPublished);
        assert_eq!(asks.answer(late), Some(Answer::NothingPublished));
    }

    #[test]
    fn asking_without_end_never_waits() {
        let (asks, _asked) = Asks::new().unwrap();
        for _ in 0..100_000 {
            let _ = asks.ask();
        }
        assert_eq!(asks.waiting().0, 100_000);
    }
}
