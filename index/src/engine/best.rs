//! The nearest points found so far.

use crate::kernel::Distance;

/// The `N` least keys found so far that are below a bound, ascending; the bound itself stands for those still missing.
#[derive(Clone, Copy)]
pub(super) struct Best<D: Distance, const N: usize> {
    pub keys: [D::Key; N],
    below: D::Key,
}

impl<D: Distance, const N: usize> Best<D, N> {
    #[inline(always)]
    pub(super) fn below(below: D::Key) -> Self {
        Self { keys: [below; N], below }
    }

    /// Whether all `N` are found.
    #[inline(always)]
    pub(super) fn is_full(&self) -> bool {
        self.keys[N - 1] < self.below
    }

    /// The distance that a point must not pass to come in.
    #[inline(always)]
    pub(super) fn worst(&self) -> D {
        D::of(self.keys[N - 1])
    }

    /// Takes a point in if it belongs, and the last out.
    #[inline(always)]
    pub(super) fn insert(&mut self, key: D::Key) {
        // Each place keeps the middle of itself, its left neighbour and the new key: branch-free, in any order.
        for place in (1..N).rev() {
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
        for below in [u64::MAX, 7 << 32] {
            for _ in 0..1000 {
                let mut best = Best::<u32, 5>::below(below);
                let mut all = vec![below; 5];
                for _ in 0..12 {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    let key = ((state >> 60) as u32).key((state >> 32) as u32 % 100);
                    best.insert(key);
                    all.push(key);
                    all.sort_unstable();
                    assert_eq!(best.keys[..], all[..5]);
                    assert_eq!(best.is_full(), all[4] < below);
                }
            }
        }
    }
}
