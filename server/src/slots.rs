//! The open connections as the sweeper sees them: one slot each, made once at start-up.

use crate::limits;
use std::cell::{Cell, RefCell};
use std::task::Waker;

/// A fixed table of connections.
#[derive(Debug)]
pub struct Slots {
    slots: Vec<Slot>,
    free: RefCell<Vec<usize>>,
    /// Connections that hold a buffer because their peer is slow and were not asked for it. Counted, as the two sums
    /// tell thousands of connections that wait for a buffer at once whether a look at all slots is worth it.
    slow: Cell<usize>,
    /// Those that were asked, and had no turn since.
    asked: Cell<usize>,
}

#[derive(Debug)]
struct Slot {
    is_open: Cell<bool>,
    /// When the connection's current wait ends.
    deadline_ms: Cell<u64>,
    is_idle: Cell<bool>,
    /// And keeps it only because its peer is slow.
    holds_buffer: Cell<bool>,
    must_leave: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// What the table takes for each connection, its entry in the list of free places included.
pub const SLOT_BYTES: usize = size_of::<Slot>() + size_of::<usize>();

/// One connection's place in the table, given back when dropped.
#[derive(Debug)]
pub struct Place<'a> {
    slots: &'a Slots,
    index: usize,
}

impl Slots {
    /// Room for `count` connections.
    pub fn new(count: usize) -> Self {
        let slot = || Slot {
            is_open: Cell::new(false),
            deadline_ms: Cell::new(u64::MAX),
            is_idle: Cell::new(true),
            holds_buffer: Cell::new(false),
            must_leave: Cell::new(false),
            waker: RefCell::new(None),
        };
        Self {
            slots: (0..count).map(|_| slot()).collect(),
            free: RefCell::new((0..count).rev().collect()),
            slow: Cell::new(0),
            asked: Cell::new(0),
        }
    }

    /// A place for a new connection; `None` if all are taken.
    pub fn open(&self) -> Option<Place<'_>> {
        let index = self.free.borrow_mut().pop()?;
        let slot = &self.slots[index];
        slot.is_open.set(true);
        slot.deadline_ms.set(u64::MAX);
        slot.is_idle.set(true);
        slot.holds_buffer.set(false);
        slot.must_leave.set(false);
        Some(Place { slots: self, index })
    }

    /// Whether a place is free.
    pub fn has_room(&self) -> bool {
        !self.free.borrow().is_empty()
    }

    /// How many connections are open.
    pub fn open_count(&self) -> usize {
        self.slots.len() - self.free.borrow().len()
    }

    /// Wakes every connection whose wait has ended.
    pub fn wake_expired(&self, now_ms: u64) {
        self.opened().filter(|slot| slot.deadline_ms.get() <= now_ms).for_each(Slot::wake);
    }

    /// Wakes everybody, to look at the state of the server.
    pub fn wake_all(&self) {
        self.opened().for_each(Slot::wake);
    }

    /// Asks the longest idle connection to close; false if none is idle.
    pub fn evict_idle(&self) -> bool {
        self.evict(|slot| slot.is_idle.get())
    }

    /// Asks the connection that has held its buffer for longest to give it back, unless some were asked already and
    /// had no turn since: most of those who wait need a buffer for a moment only, and one serves them all.
    pub fn evict_slowest(&self) -> bool {
        let may_ask = self.slow.get() > 0 && self.asked.get() < limits::EVICTIONS_AT_ONCE;
        may_ask && self.evict(|slot| slot.holds_buffer.get())
    }

    fn evict(&self, may_leave: impl Fn(&Slot) -> bool) -> bool {
        let candidates = self.opened().filter(|slot| may_leave(slot) && !slot.must_leave.get());
        let Some(slot) = candidates.min_by_key(|slot| slot.deadline_ms.get()) else { return false };
        slot.must_leave.set(true);
        if slot.holds_buffer.get() {
            self.slow.set(self.slow.get() - 1);
            self.asked.set(self.asked.get() + 1);
        }
        slot.wake();
        true
    }

    fn opened(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|slot| slot.is_open.get())
    }
}

impl Slot {
    fn wake(&self) {
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }
}

impl Place<'_> {
    /// Before a wait: what the sweeper needs to know. Progress clears a pending eviction; an idle connection whose
    /// deadline is the same has made none, whatever it has received.
    pub fn set(&self, deadline_ms: u64, is_idle: bool, holds_buffer: bool) {
        self.holds_none();
        let slot = self.slot();
        let is_unchanged = is_idle && slot.is_idle.get() && slot.deadline_ms.get() == deadline_ms;
        slot.deadline_ms.set(deadline_ms);
        slot.is_idle.set(is_idle);
        slot.holds_buffer.set(holds_buffer);
        slot.must_leave.set(slot.must_leave.get() && is_unchanged);
        self.slots.slow.set(self.slots.slow.get() + usize::from(holds_buffer));
    }

    /// Takes the connection out of the sums of those that hold a buffer.
    fn holds_none(&self) {
        let slot = self.slot();
        if slot.holds_buffer.replace(false) {
            let sum = if slot.must_leave.get() { &self.slots.asked } else { &self.slots.slow };
            sum.set(sum.get() - 1);
        }
    }

    /// During a wait: whom to wake.
    pub fn set_waker(&self, waker: &Waker) {
        let mut current = self.slot().waker.borrow_mut();
        if !current.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *current = Some(waker.clone());
        }
    }

    /// Whether this connection was asked to make room.
    pub fn must_leave(&self) -> bool {
        self.slot().must_leave.get()
    }

    /// When its wait ends.
    pub fn deadline_ms(&self) -> u64 {
        self.slot().deadline_ms.get()
    }

    fn slot(&self) -> &Slot {
        &self.slots.slots[self.index]
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.holds_none();
        let slot = self.slot();
        slot.is_open.set(false);
        slot.waker.borrow_mut().take();
        self.slots.free.borrow_mut().push(self.index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_and_come_back() {
        let slots = Slots::new(2);
        let first = slots.open().unwrap();
        let _second = slots.open().unwrap();
        assert!(slots.open().is_none() && !slots.has_room());
        drop(first);
        assert_eq!(slots.open_count(), 1);
        assert!(slots.open().is_some());
    }

    #[test]
    fn the_longest_idle_leaves_first_and_busy_ones_stay() {
        let slots = Slots::new(3);
        let (busy, old, young) = (slots.open().unwrap(), slots.open().unwrap(), slots.open().unwrap());
        busy.set(1, false, true);
        old.set(10, true, false);
        young.set(20, true, false);
        assert!(slots.evict_idle());
        assert!(old.must_leave() && !young.must_leave() && !busy.must_leave());
        assert!(slots.evict_idle());
        assert!(young.must_leave());
        assert!(!slots.evict_idle());
        assert!(slots.evict_slowest());
        assert!(busy.must_leave());
        busy.set(1, false, false);
        assert!(!busy.must_leave() && !slots.evict_slowest());
    }

    #[test]
    fn only_progress_clears_the_request_to_leave() {
        let slots = Slots::new(1);
        let place = slots.open().unwrap();
        place.set(10, true, false);
        assert!(slots.evict_idle());
        place.set(10, true, false);
        assert!(place.must_leave(), "nothing but empty lines came");
        place.set(20, true, false);
        assert!(!place.must_leave(), "a request was answered");
        assert!(slots.evict_idle());
        place.set(20, false, true);
        assert!(!place.must_leave(), "a request has begun");
    }

    #[test]
    fn those_asked_for_their_buffer_are_few_until_one_had_its_turn() {
        let slots = Slots::new(9);
        let mut places: Vec<_> = (0..9).map(|_| slots.open().unwrap()).collect();
        assert!(!slots.evict_slowest());
        places.iter().zip(1..).for_each(|(place, deadline_ms)| place.set(deadline_ms, false, true));
        let ask_all = || (0..9).filter(|_| slots.evict_slowest()).count();
        assert_eq!(ask_all(), limits::EVICTIONS_AT_ONCE);
        places[0].set(1, false, false);
        assert_eq!(ask_all(), 1);
        // One that was asked closes, and one that was not.
        places.remove(1);
        places.pop();
        assert_eq!(ask_all(), 1);
        places.iter().for_each(|place| place.set(1, false, false));
        assert_eq!(ask_all(), 0);
        assert_eq!((slots.slow.get(), slots.asked.get()), (0, 0));
    }
}
