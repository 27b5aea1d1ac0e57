//! The seeded random numbers behind every published set.

use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

/// PCG-XSH-RR 64/32 whose seed chooses both the first state and the stream.
#[derive(Clone, Debug)]
pub(crate) struct Pcg(Pcg32);

impl Pcg {
    pub(crate) fn seed(seed: u64) -> Self {
        Self(Pcg32::new(seed, seed))
    }

    pub(crate) fn next(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Two draws, the high word first.
    pub(crate) fn next_u64(&mut self) -> u64 {
        let high = u64::from(self.next());
        high << 32 | u64::from(self.next())
    }

    /// 0 to 1, where 1 can occur: the divisor is 2^32 - 1.
    pub(crate) fn unit(&mut self) -> f64 {
        f64::from(self.next()) / f64::from(u32::MAX)
    }

    /// `low` to `high`; an empty range draws all the same.
    pub(crate) fn range(&mut self, (low, high): (f64, f64)) -> f64 {
        low + self.unit() * (high - low)
    }

    /// `low` to `high - 1`.
    pub(crate) fn int(&mut self, (low, high): (u32, u32)) -> u32 {
        low + self.next() % (high - low)
    }

    pub(crate) fn choose<T: Copy>(&mut self, choices: &[T]) -> T {
        let count = u32::try_from(choices.len()).expect("choices are short constant lists");
        choices[self.int((0, count)) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, written out: state, increment, step, output.
    struct Definition {
        state: u64,
        increment: u64,
    }

    impl Definition {
        fn seed(seed: u64) -> Self {
            let mut this = Self { state: 0, increment: (seed << 1) | 1 };
            this.next();
            this.state = this.state.wrapping_add(seed);
            this.next();
            this
        }

        fn next(&mut self) -> u32 {
            let old = self.state;
            self.state = old.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(self.increment);
            ((((old >> 18) ^ old) >> 27) as u32).rotate_right((old >> 59) as u32)
        }
    }

    #[test]
    fn generator_equals_its_definition_for_any_seed() {
        for seed in [0, 1, 42, 4141, 4242, u64::from(u32::MAX), 1 << 63, u64::MAX] {
            let (mut pcg, mut definition) = (Pcg::seed(seed), Definition::seed(seed));
            for draw in 0..1000 {
                assert_eq!(pcg.next(), definition.next(), "seed {seed}, draw {draw}");
            }
        }
    }

    #[test]
    fn seed_42_starts_with_the_known_outputs() {
        let mut pcg = Pcg::seed(42);
        assert_eq!([(); 4].map(|()| pcg.next()), [1_085_446_021, 176_895_750, 789_123_591, 1_684_778_745]);
        assert_eq!(pcg.next_u64(), 4_229_066_268 << 32 | 1_793_278_615);
    }

    #[test]
    fn ranges_include_their_ends_and_ints_exclude_the_upper() {
        let mut pcg = Pcg::seed(7);
        for _ in 0..10_000 {
            assert!((0.0..=1.0).contains(&pcg.unit()));
            assert!((10..28).contains(&pcg.int((10, 28))));
            assert_eq!(pcg.range((5.0, 5.0)), 5.0);
        }
    }
}
