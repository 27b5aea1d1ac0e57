//! The five nearest found so far.

use crate::NEIGHBOURS;
use crate::kernel::Distance;

/// Keys of the nearest points, ascending. Starts full of [`Distance::LAST`].
#[derive(Clone, Copy)]
pub(super) struct Five<D: Distance> {
    pub keys: [D::Key; NEIGHBOURS],
}

impl<D: Distance> Five<D> {
    pub(super) const EMPTY: Self = Self { keys: [D::LAST; NEIGHBOURS] };

    /// The distance that a point must not pass to come in.
    #[inline(always)]
    pub(super) fn worst(&self) -> D {
        D::of(self.keys[NEIGHBOURS - 1])
    }

    /// Takes a point in if it belongs, and the fifth out.
    #[inline(always)]
    pub(super) fn insert(&mut self, key: D::Key) {
        // Each place keeps the middle of itself, its left neighbour and the new key: branch-free, in any order.
        for place in (1..NEIGHBOURS).rev() {
            self.keys[place] = self.keys[place].min(self.keys[place - 1].max(key));
        }
        self.keys[0] = self.keys[0].min(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_the_five_least_keys_in_order_whatever_the_order_they_come_in() {
        let mut state = 1u64;
        for _ in 0..1000 {
            let mut five = Five::<u32>::EMPTY;
            let mut all = Vec::new();
            for _ in 0..12 {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let key = u32::distance_key(state);
                five.insert(key);
                all.push(key);
            }
            all.sort_unstable();
            assert_eq!(five.keys[..], all[..5]);
        }
    }

    trait TestKey {
        fn distance_key(state: u64) -> u64;
    }

    impl TestKey for u32 {
        fn distance_key(state: u64) -> u64 {
            ((state >> 60) as u32).key((state >> 32) as u32 % 100)
        }
    }
}
