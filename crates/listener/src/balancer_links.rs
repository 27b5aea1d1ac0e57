//! The balancers that hand connections over, and what they are told: that this thread is alive, and how busy it is.

use crate::limits::BALANCERS;
use handoff::{BEAT_MS, Page, Report, Standing};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The links of an endpoint.
#[derive(Debug)]
pub struct BalancerLinks {
    /// Those whose page is known.
    pages: RefCell<Vec<(Rc<Page>, usize)>>,
    /// Those and the ones whose first message is awaited.
    open: Cell<usize>,
    beats: Cell<u64>,
    next_beat_ms: Cell<u64>,
}

impl BalancerLinks {
    /// None yet.
    pub fn new() -> Self {
        let pages = RefCell::new(Vec::with_capacity(BALANCERS));
        Self { pages, open: Cell::new(0), beats: Cell::new(0), next_beat_ms: Cell::new(0) }
    }

    /// Another link, until [`Self::close`]; false if there are as many as there may be.
    pub fn open(&self) -> bool {
        let has_room = self.open.get() < BALANCERS;
        self.open.set(self.open.get() + usize::from(has_room));
        has_room
    }

    /// One link less.
    pub fn close(&self) {
        self.open.set(self.open.get() - 1);
    }

    /// From now on the balancer of `page` is told, as its server of that number.
    pub fn add(&self, page: Rc<Page>, server: usize) {
        self.pages.borrow_mut().push((page, server));
        self.next_beat_ms.set(0);
    }

    /// No longer.
    pub fn remove(&self, page: &Rc<Page>) {
        self.pages.borrow_mut().retain(|(known, _)| !Rc::ptr_eq(known, page));
    }

    /// Whether nobody is to be told.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.pages.borrow().is_empty()
    }

    /// Tells them, unless that was done just now.
    pub fn beat_if_due(&self, now_ms: u64, standing: Standing, open: usize) {
        if now_ms < self.next_beat_ms.get() {
            return;
        }
        // A timer that fires a little early must not miss its turn.
        self.next_beat_ms.set(now_ms + BEAT_MS / 2);
        self.beats.set(self.beats.get() + 1);
        let report = Report { beats: self.beats.get(), standing, open: open as u64 };
        self.pages.borrow().iter().for_each(|(page, server)| page.write_report(*server, report));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_few() {
        let links = BalancerLinks::new();
        assert_eq!((0..2 * BALANCERS).filter(|_| links.open()).count(), BALANCERS);
        links.close();
        assert!(links.open() && !links.open());
    }

    #[test]
    fn every_balancer_hears_of_the_thread_until_it_has_gone() {
        let links = BalancerLinks::new();
        let pages = [0, 1].map(|_| Rc::new(Page::new(1).unwrap().0));
        pages.iter().zip([3, 5]).for_each(|(page, server)| links.add(page.clone(), server));
        links.beat_if_due(100, Standing::Ready, 7);
        let reports = [pages[0].report(3), pages[1].report(5)];
        assert!(reports.iter().all(|report| report.standing == Standing::Ready && report.open == 7), "{reports:?}");
        links.beat_if_due(101, Standing::Draining, 7);
        assert_eq!(pages[0].report(3), reports[0], "too soon");
        links.remove(&pages[0]);
        links.beat_if_due(100 + BEAT_MS, Standing::Draining, 1);
        assert_eq!((pages[0].report(3), links.is_empty()), (reports[0], false));
        let last = pages[1].report(5);
        assert!(last.beats > reports[1].beats && last.standing == Standing::Draining, "{last:?}");
    }
}
