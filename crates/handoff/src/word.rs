//! The word of one connection: who may do what with its socket.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a connection is, as far as it can be passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum State {
    /// No server has it.
    Free = 0,
    /// On its way to a server.
    Given = 1,
    /// With a server, which has read nothing that it has not answered.
    Idle = 2,
    /// With a server that has read of a request, or is about to, and has not answered all of it.
    Taken = 3,
}

impl State {
    const ALL: [Self; 4] = [Self::Free, Self::Given, Self::Idle, Self::Taken];

    /// Whether a server has read bytes that nobody else can read now.
    pub fn is_taken(self) -> bool {
        self == Self::Taken
    }
}

/// The lower bits are the state, the others the epoch.
const STATE_BITS: u32 = 2;

/// A state and the epoch that it belongs to, in shared memory.
///
/// An epoch never comes back: 2^62 revocations take longer than anything lasts.
#[derive(Clone, Copy, Debug)]
pub struct Word<'page>(pub(crate) &'page AtomicU64);

impl Word<'_> {
    /// The epoch now. The balancer alone changes it.
    pub fn epoch(&self) -> u64 {
        unpack(self.0.load(Ordering::Acquire)).0
    }

    /// What it is now, whoever has it.
    pub fn current(&self) -> State {
        unpack(self.0.load(Ordering::Acquire)).1
    }

    /// What it is in `epoch`; `None` if that is over.
    #[inline]
    pub fn state(&self, epoch: u64) -> Option<State> {
        let (now, state) = unpack(self.0.load(Ordering::Acquire));
        (now == epoch).then_some(state)
    }

    /// The balancer gives a free connection to a server, in the epoch that is returned.
    pub fn give(&self) -> u64 {
        let epoch = self.epoch();
        self.0.store(pack(epoch, State::Given), Ordering::Release);
        epoch
    }

    /// The balancer takes a connection back, whatever it is; what it was.
    pub fn revoke(&self) -> State {
        // The epoch is the balancer's, so it cannot change in between.
        let next = self.epoch() + 1;
        unpack(self.0.swap(pack(next, State::Free), Ordering::AcqRel)).1
    }

    /// The balancer takes a connection back unless its server has taken of a request; whether it did.
    pub fn revoke_unread(&self) -> bool {
        let mut current = self.0.load(Ordering::Acquire);
        // A server that is alive changes it meanwhile, from one request to the next: then it is not to be passed on now.
        for _ in 0..REVOKE_TRIES {
            let (epoch, state) = unpack(current);
            if state.is_taken() || state == State::Free {
                return false;
            }
            match self.exchange(current, pack(epoch + 1, State::Free)) {
                Ok(()) => return true,
                Err(other) => current = other,
            }
        }
        false
    }

    /// A server changes the state within its epoch. `Err`: what it is instead, `None` if it was revoked.
    #[inline]
    pub(crate) fn change(&self, epoch: u64, from: State, to: State) -> Result<(), Option<State>> {
        self.exchange(pack(epoch, from), pack(epoch, to)).map_err(|current| {
            let (now, state) = unpack(current);
            (now == epoch).then_some(state)
        })
    }

    #[inline]
    fn exchange(&self, from: u64, to: u64) -> Result<(), u64> {
        self.0.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).map(|_| ())
    }
}

/// How often a connection is tried to be taken from a server that changes it all the time.
const REVOKE_TRIES: usize = 4;

#[inline]
const fn pack(epoch: u64, state: State) -> u64 {
    epoch << STATE_BITS | state as u64
}

#[inline]
fn unpack(bits: u64) -> (u64, State) {
    (bits >> STATE_BITS, State::ALL[(bits & ((1 << STATE_BITS) - 1)) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn a_server_finds_every_change_refused_after_a_revocation() {
        let bits = AtomicU64::new(0);
        let word = Word(&bits);
        let epoch = word.give();
        word.change(epoch, State::Given, State::Idle).unwrap();
        assert_eq!(word.revoke(), State::Idle);
        assert_eq!(word.change(epoch, State::Idle, State::Taken), Err(None));
        let next = word.give();
        assert!(next > epoch);
        assert_eq!(word.change(epoch, State::Given, State::Idle), Err(None));
        assert_eq!((word.state(epoch), word.state(next)), (None, Some(State::Given)));
    }

    #[test]
    fn what_is_taken_is_not_passed_on() {
        let bits = AtomicU64::new(0);
        let word = Word(&bits);
        let epoch = word.give();
        word.change(epoch, State::Given, State::Idle).unwrap();
        word.change(epoch, State::Idle, State::Taken).unwrap();
        assert!(!word.revoke_unread());
        assert_eq!(word.change(epoch, State::Idle, State::Taken), Err(Some(State::Taken)));
        word.change(epoch, State::Taken, State::Idle).unwrap();
        assert!(word.revoke_unread() && !word.revoke_unread());
        assert_eq!(word.state(epoch + 1), Some(State::Free));
    }

    /// Of a server that reads and answers without rest and a balancer that takes the connection back, exactly one has it.
    #[test]
    fn a_connection_is_never_with_two() {
        for _ in 0..200 {
            let bits = AtomicU64::new(0);
            let word = Word(&bits);
            let epoch = word.give();
            word.change(epoch, State::Given, State::Idle).unwrap();
            let is_reading = AtomicBool::new(false);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    while word.change(epoch, State::Idle, State::Taken).is_ok() {
                        is_reading.store(true, Ordering::SeqCst);
                        is_reading.store(false, Ordering::SeqCst);
                        assert_eq!(word.change(epoch, State::Taken, State::Idle), Ok(()), "taken from a reader");
                    }
                });
                while !word.revoke_unread() {
                    std::hint::spin_loop();
                }
                assert!(!is_reading.load(Ordering::SeqCst));
            });
        }
    }
}
