//! Fair yielding: a task waits until every other task that can run has run.
//!
//! The runtime puts a task that wakes itself at the front of its queue, where it runs again at once and alone. Woken by
//! another task it goes to the end; so a task of its own, `wake_waiting`, does the waking.

use std::cell::RefCell;
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// The tasks that have yielded.
#[derive(Debug)]
pub struct FairYield {
    waiting: RefCell<Vec<Waker>>,
    /// Of the task that wakes the others.
    waker_task: RefCell<Option<Waker>>,
}

impl FairYield {
    /// Room for `tasks` that wait at once; more would allocate.
    pub fn new(tasks: usize) -> Self {
        Self { waiting: RefCell::new(Vec::with_capacity(tasks)), waker_task: RefCell::new(None) }
    }

    /// Lets all other tasks run that can.
    pub async fn yield_now(&self) {
        let mut has_yielded = false;
        poll_fn(|context| {
            if has_yielded {
                return Poll::Ready(());
            }
            has_yielded = true;
            self.waiting.borrow_mut().push(context.waker().clone());
            if let Some(waker) = &*self.waker_task.borrow() {
                waker.wake_by_ref();
            }
            Poll::Pending
        })
        .await;
    }

    /// To be run as a task of its own for ever: wakes the tasks that have yielded; calls `meanwhile` each time, for no timer runs while tasks are ready.
    pub async fn wake_waiting(&self, meanwhile: impl Fn()) {
        poll_fn(|context| {
            let mut waker_task = self.waker_task.borrow_mut();
            if waker_task.is_none() {
                *waker_task = Some(context.waker().clone());
            }
            meanwhile();
            self.waiting.borrow_mut().drain(..).for_each(Waker::wake);
            Poll::<()>::Pending
        })
        .await;
    }
}
