//! The open connections as the sweeper sees them: an entry each, in a table that is made once at start-up.

use crate::limits;
use handoff::Lease;
use std::cell::{Cell, RefCell};
use std::task::Waker;

/// A fixed table of connections.
pub struct ConnectionTable {
    entries: Vec<Entry>,
    free: RefCell<Vec<usize>>,
    /// Connections that hold a buffer because their peer is slow, and have no eviction pending. These two are cached
    /// counts, so that those who wait for a buffer skip the scan of all entries when it would find nothing.
    slow: Cell<usize>,
    /// Connections with a buffer and a pending eviction.
    asked: Cell<usize>,
}

struct Entry {
    is_open: Cell<bool>,
    /// When the connection's current wait ends.
    deadline_ms: Cell<u64>,
    is_idle: Cell<bool>,
    /// And keeps it only because its peer is slow.
    holds_buffer: Cell<bool>,
    /// An eviction is pending.
    must_leave: Cell<bool>,
    /// Of a connection that a balancer handed over.
    lease: Cell<Option<Box<Lease>>>,
    waker: Cell<Option<Waker>>,
}

/// What the table takes for each connection, its place in the list of free entries included.
pub const ENTRY_BYTES: usize = size_of::<Entry>() + size_of::<usize>();

/// One connection's hold on its entry, given back when dropped.
pub struct Handle<'a> {
    table: &'a ConnectionTable,
    index: usize,
}

impl ConnectionTable {
    /// Room for `count` connections.
    pub fn new(count: usize) -> Self {
        let entry = || Entry {
            is_open: Cell::new(false),
            deadline_ms: Cell::new(u64::MAX),
            is_idle: Cell::new(true),
            holds_buffer: Cell::new(false),
            must_leave: Cell::new(false),
            lease: Cell::new(None),
            waker: Cell::new(None),
        };
        Self {
            entries: (0..count).map(|_| entry()).collect(),
            free: RefCell::new((0..count).rev().collect()),
            slow: Cell::new(0),
            asked: Cell::new(0),
        }
    }

    /// An entry for a new connection; `None` if all are taken.
    pub fn open(&self) -> Option<Handle<'_>> {
        let index = self.free.borrow_mut().pop()?;
        let entry = &self.entries[index];
        entry.is_open.set(true);
        entry.deadline_ms.set(u64::MAX);
        entry.is_idle.set(true);
        entry.holds_buffer.set(false);
        entry.must_leave.set(false);
        Some(Handle { table: self, index })
    }

    /// Whether an entry is free.
    pub fn has_room(&self) -> bool {
        !self.free.borrow().is_empty()
    }

    /// How many connections are open.
    pub fn open_count(&self) -> usize {
        self.entries.len() - self.free.borrow().len()
    }

    /// Wakes every connection whose wait has ended, or that is another server's now.
    pub fn wake_expired(&self, now_ms: u64) {
        let has_ended = |entry: &&Entry| entry.deadline_ms.get() <= now_ms || entry.is_revoked();
        self.opened().filter(has_ended).for_each(Entry::wake);
    }

    /// Wakes everybody, to look at the state of the server.
    pub fn wake_all(&self) {
        self.opened().for_each(Entry::wake);
    }

    /// Asks the longest idle connection to close; false if none is idle.
    pub fn evict_idle(&self) -> bool {
        self.evict(|entry| entry.is_idle.get())
    }

    /// Asks the connection that has held its buffer for longest to give it back, unless enough evictions
    /// are pending already: most of those who wait need a buffer for a moment only, and one serves them all.
    pub fn evict_slowest(&self) -> bool {
        let may_ask = self.slow.get() > 0 && self.asked.get() < limits::EVICTIONS_AT_ONCE;
        may_ask && self.evict(|entry| entry.holds_buffer.get())
    }

    fn evict(&self, may_leave: impl Fn(&Entry) -> bool) -> bool {
        let candidates = self.opened().filter(|entry| may_leave(entry) && !entry.must_leave.get());
        let Some(entry) = candidates.min_by_key(|entry| entry.deadline_ms.get()) else { return false };
        entry.must_leave.set(true);
        if entry.holds_buffer.get() {
            self.slow.set(self.slow.get() - 1);
            self.asked.set(self.asked.get() + 1);
        }
        entry.wake();
        true
    }

    fn opened(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.is_open.get())
    }
}

impl Entry {
    fn is_revoked(&self) -> bool {
        self.with_lease(Lease::is_revoked).unwrap_or(false)
    }

    /// `None` without a lease.
    #[inline]
    fn with_lease<T>(&self, ask: impl FnOnce(&Lease) -> T) -> Option<T> {
        let lease = self.lease.take()?;
        let answer = ask(&lease);
        self.lease.set(Some(lease));
        Some(answer)
    }

    fn wake(&self) {
        let Some(waker) = self.waker.take() else { return };
        waker.wake_by_ref();
        self.waker.set(Some(waker));
    }
}

impl Handle<'_> {
    /// Before a wait: what the sweeper needs to know. Progress clears a pending eviction; an idle connection whose
    /// deadline is the same has made none, whatever it has received.
    pub fn set(&self, deadline_ms: u64, is_idle: bool, holds_buffer: bool) {
        self.holds_none();
        let entry = self.entry();
        let is_unchanged = is_idle && entry.is_idle.get() && entry.deadline_ms.get() == deadline_ms;
        entry.deadline_ms.set(deadline_ms);
        entry.is_idle.set(is_idle);
        entry.holds_buffer.set(holds_buffer);
        entry.must_leave.set(entry.must_leave.get() && is_unchanged);
        self.table.slow.set(self.table.slow.get() + usize::from(holds_buffer));
    }

    /// It was handed over by a balancer, which may revoke it.
    pub fn set_lease(&self, lease: Lease) {
        self.entry().lease.set(Some(Box::new(lease)));
    }

    /// Whether a balancer handed it over.
    #[inline]
    pub fn is_leased(&self) -> bool {
        self.entry().with_lease(|_| ()).is_some()
    }

    /// Before a read while nothing is taken; false: it was revoked, and is not to be read or ended.
    #[inline]
    pub fn take(&self) -> bool {
        self.entry().with_lease(Lease::take).unwrap_or(true)
    }

    /// Everything that was read is answered.
    #[inline]
    pub fn rest(&self) {
        self.entry().with_lease(Lease::rest);
    }

    /// Whether a balancer has given it to another server.
    #[inline]
    pub fn is_revoked(&self) -> bool {
        self.entry().is_revoked()
    }

    /// Takes the connection out of the sums of those that hold a buffer.
    fn holds_none(&self) {
        let entry = self.entry();
        if entry.holds_buffer.replace(false) {
            let sum = if entry.must_leave.get() { &self.table.asked } else { &self.table.slow };
            sum.set(sum.get() - 1);
        }
    }

    /// The task to wake, while it waits.
    pub fn set_waker(&self, waker: &Waker) {
        let known = self.entry().waker.take().filter(|known| known.will_wake(waker));
        self.entry().waker.set(Some(known.unwrap_or_else(|| waker.clone())));
    }

    /// Whether this connection was asked to make room.
    pub fn must_leave(&self) -> bool {
        self.entry().must_leave.get()
    }

    /// When its wait ends.
    pub fn deadline_ms(&self) -> u64 {
        self.entry().deadline_ms.get()
    }

    fn entry(&self) -> &Entry {
        &self.table.entries[self.index]
    }
}

impl Drop for Handle<'_> {
    fn drop(&mut self) {
        self.holds_none();
        let entry = self.entry();
        entry.is_open.set(false);
        entry.lease.take();
        entry.waker.take();
        self.table.free.borrow_mut().push(self.index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_limited_and_come_back() {
        let table = ConnectionTable::new(2);
        let first = table.open().unwrap();
        let _second = table.open().unwrap();
        assert!(table.open().is_none() && !table.has_room());
        drop(first);
        assert_eq!(table.open_count(), 1);
        assert!(table.open().is_some());
    }

    #[test]
    fn the_longest_idle_leaves_first_and_busy_ones_stay() {
        let table = ConnectionTable::new(3);
        let (busy, old, young) = (table.open().unwrap(), table.open().unwrap(), table.open().unwrap());
        busy.set(1, false, true);
        old.set(10, true, false);
        young.set(20, true, false);
        assert!(table.evict_idle());
        assert!(old.must_leave() && !young.must_leave() && !busy.must_leave());
        assert!(table.evict_idle());
        assert!(young.must_leave());
        assert!(!table.evict_idle());
        assert!(table.evict_slowest());
        assert!(busy.must_leave());
        busy.set(1, false, false);
        assert!(!busy.must_leave() && !table.evict_slowest());
    }

    #[test]
    fn only_progress_clears_the_request_to_leave() {
        let table = ConnectionTable::new(1);
        let handle = table.open().unwrap();
        handle.set(10, true, false);
        assert!(table.evict_idle());
        handle.set(10, true, false);
        assert!(handle.must_leave(), "nothing but empty lines came");
        handle.set(20, true, false);
        assert!(!handle.must_leave(), "a request was answered");
        assert!(table.evict_idle());
        handle.set(20, false, true);
        assert!(!handle.must_leave(), "a request has begun");
    }

    #[test]
    fn those_asked_for_their_buffer_are_few_until_one_had_its_turn() {
        let table = ConnectionTable::new(9);
        let mut handles: Vec<_> = (0..9).map(|_| table.open().unwrap()).collect();
        assert!(!table.evict_slowest());
        handles.iter().zip(1..).for_each(|(handle, deadline_ms)| handle.set(deadline_ms, false, true));
        let ask_all = || (0..9).filter(|_| table.evict_slowest()).count();
        assert_eq!(ask_all(), limits::EVICTIONS_AT_ONCE);
        handles[0].set(1, false, false);
        assert_eq!(ask_all(), 1);
        // One that was asked closes, and one that was not.
        handles.remove(1);
        handles.pop();
        assert_eq!(ask_all(), 1);
        handles.iter().for_each(|handle| handle.set(1, false, false));
        assert_eq!(ask_all(), 0);
        assert_eq!((table.slow.get(), table.asked.get()), (0, 0));
    }
}
