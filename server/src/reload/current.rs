//! Which generation answers, for the threads that tell about it.

use super::opening::Opened;
use super::refusal::Reason;
use scoring::AnyGeneration;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// What answers now and what was refused so far. Written by the reload thread alone, and never on the way of a request.
pub struct Current {
    generation: Mutex<Option<CurrentGeneration>>,
    swaps: AtomicU64,
    refusals: [AtomicU64; Reason::ALL.len()],
}

/// The generation that answers.
#[derive(Clone)]
pub struct CurrentGeneration {
    /// Whoever keeps it keeps its memory: let it go soon, and never on the serving thread.
    pub generation: AnyGeneration,
    /// Its number in its folder, where the loader counts them.
    pub number: Option<u64>,
    /// When it began to answer.
    pub since: SystemTime,
}

impl Current {
    /// `first` answers from now on.
    pub(super) fn new(first: Option<&Opened>) -> Self {
        let current = Self { generation: Mutex::new(None), swaps: AtomicU64::new(0), refusals: Default::default() };
        *current.lock() = first.map(CurrentGeneration::from_now_on);
        current
    }

    /// What answers now; `None` before the first.
    pub fn get(&self) -> Option<CurrentGeneration> {
        self.lock().clone()
    }

    /// How often one generation took the place of another.
    pub fn swaps(&self) -> u64 {
        self.swaps.load(Ordering::Relaxed)
    }

    /// How often what was published was refused for this reason.
    pub fn refusals(&self, reason: Reason) -> u64 {
        self.refusals[reason as usize].load(Ordering::Relaxed)
    }

    /// `opened` answers from now on.
    pub(super) fn switch_to(&self, opened: &Opened) {
        let before = self.lock().replace(CurrentGeneration::from_now_on(opened));
        if before.is_some() {
            add_one(&self.swaps);
        }
    }

    pub(super) fn count(&self, reason: Reason) {
        add_one(&self.refusals[reason as usize]);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<CurrentGeneration>> {
        self.generation.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CurrentGeneration {
    fn from_now_on(opened: &Opened) -> Self {
        Self { generation: opened.generation.clone(), number: opened.number, since: SystemTime::now() }
    }
}

/// Only one thread writes.
fn add_one(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}
