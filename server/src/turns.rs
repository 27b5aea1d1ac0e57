//! Lets a task wait until every other task that can go on has had its turn.
//!
//! The runtime puts a task that wakes itself at the front of its queue, where it runs again at once and alone. Woken by
//! another task it goes to the end; so a task of its own, `give`, does the waking.

use std::cell::RefCell;
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// Who waits for a turn.
#[derive(Debug)]
pub struct Turns {
    waiting: RefCell<Vec<Waker>>,
    giver: RefCell<Option<Waker>>,
}

impl Turns {
    /// Room for `tasks` that wait at once; more would allocate.
    pub fn new(tasks: usize) -> Self {
        Self { waiting: RefCell::new(Vec::with_capacity(tasks)), giver: RefCell::new(None) }
    }

    /// Goes on after all others that can.
    pub async fn pass(&self) {
        let mut has_passed = false;
        poll_fn(|context| {
            if has_passed {
                return Poll::Ready(());
            }
            has_passed = true;
            self.waiting.borrow_mut().push(context.waker().clone());
            if let Some(giver) = &*self.giver.borrow() {
                giver.wake_by_ref();
            }
            Poll::Pending
        })
        .await;
    }

    /// The task that wakes the others; calls `meanwhile` each time, for no timer runs while tasks are ready.
    pub async fn give(&self, meanwhile: impl Fn()) {
        poll_fn(|context| {
            let mut giver = self.giver.borrow_mut();
            if giver.is_none() {
                *giver = Some(context.waker().clone());
            }
            meanwhile();
            self.waiting.borrow_mut().drain(..).for_each(Waker::wake);
            Poll::<()>::Pending
        })
        .await;
    }
}
