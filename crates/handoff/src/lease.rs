//! A server's hold on a connection that it was handed.

use crate::message::Handed;
use crate::page::Page;
use crate::word::State;
use std::rc::Rc;

/// The right to serve one connection, until the balancer revokes it.
///
/// It ends without a word when it is dropped: whoever drops it has ended the connection, or leaves it to others as it is.
#[derive(Debug)]
pub struct Lease {
    page: Rc<Page>,
    connection: u32,
    epoch: u64,
}

impl Lease {
    /// Takes what was given; `None` if it was revoked on the way, or was never given.
    pub fn begin(page: Rc<Page>, handed: Handed) -> Option<Self> {
        let Handed { connection, epoch } = handed;
        if connection as usize >= page.connections() {
            return None;
        }
        page.word(connection).change(epoch, State::Given, State::Idle).ok()?;
        Some(Self { page, connection, epoch })
    }

    /// To be called before a read while nothing is taken. False: it was revoked, and whatever the socket holds is another's.
    #[inline]
    pub fn take(&self) -> bool {
        let taken = self.page.word(self.connection).change(self.epoch, State::Idle, State::Taken);
        matches!(taken, Ok(()) | Err(Some(State::Taken)))
    }

    /// All that was read is answered, and the answers are with the kernel.
    #[inline]
    pub fn rest(&self) {
        // Refused if it rests already; if it was revoked that is found before the next read.
        let _ = self.page.word(self.connection).change(self.epoch, State::Taken, State::Idle);
    }

    /// Whether the connection is another's now.
    #[inline]
    pub fn is_revoked(&self) -> bool {
        self.page.word(self.connection).state(self.epoch).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Rc<Page> {
        Rc::new(Page::new(4).unwrap().0)
    }

    #[test]
    fn a_lease_lasts_until_it_is_revoked() {
        let page = page();
        let epoch = page.word(1).give();
        let lease = Lease::begin(page.clone(), Handed { connection: 1, epoch }).unwrap();
        assert!(Lease::begin(page.clone(), Handed { connection: 1, epoch }).is_none(), "given once");
        assert!(lease.take() && lease.take());
        assert!(!page.word(1).revoke_unread());
        lease.rest();
        assert!(page.word(1).revoke_unread() && lease.is_revoked() && !lease.take());
    }

    #[test]
    fn nothing_begins_that_was_not_given() {
        let page = page();
        let epoch = page.word(0).give();
        page.word(0).revoke();
        for (connection, epoch) in [(0, epoch), (0, epoch + 1), (1, 0), (4, 0), (u32::MAX, 0)] {
            assert!(Lease::begin(page.clone(), Handed { connection, epoch }).is_none(), "{connection} {epoch}");
        }
    }
}
