//! Every kernel of this machine against the naive sum, over seeds and fills.

use transaction::{DIMENSIONS, Query};

use super::{Chosen, Distance, Kernel, Scalar, Task, available, by_name};
use crate::format::{Block, Boxes, LANES, set_vector};

struct Random(u64);

impl Random {
    fn value(&mut self, low: i16, high: i16) -> i16 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        low + ((self.0 >> 33) % (high as i64 - low as i64 + 1) as u64) as i16
    }

    fn vector(&mut self, low: i16, high: i16) -> [i16; DIMENSIONS] {
        std::array::from_fn(|_| self.value(low, high))
    }
}

/// Compares one kernel with sums written out in one line each.
struct Conformance {
    seed: u64,
    filled: usize,
    low: i16,
    high: i16,
}

impl Task for Conformance {
    type Output = ();

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) {
        let mut random = Random(self.seed);
        let query = random.vector(self.low, self.high);
        let mut block: Block = bytemuck::Zeroable::zeroed();
        let mut stored: Boxes = bytemuck::Zeroable::zeroed();
        let mut points = vec![[0; DIMENSIONS]; LANES];
        let mut boxes = vec![([0; DIMENSIONS], [0; DIMENSIONS]); LANES];
        for lane in 0..self.filled {
            points[lane] = random.vector(self.low, self.high);
            set_vector(&mut block.vectors, lane, &points[lane]);
            let (a, b) = (random.vector(self.low, self.high), random.vector(self.low, self.high));
            boxes[lane] = (std::array::from_fn(|i| a[i].min(b[i])), std::array::from_fn(|i| a[i].max(b[i])));
            set_vector(&mut stored.lower, lane, &boxes[lane].0);
            set_vector(&mut stored.upper, lane, &boxes[lane].1);
        }
        let prepared = kernel.prepare(&Query::new(query).unwrap());
        let sum =
            |side: &dyn Fn(usize) -> i64| K::Distance::from_sum((0..DIMENSIONS).map(|i| side(i).pow(2) as u64).sum());
        let to_point = |lane: usize| sum(&|i| i64::from(query[i]) - i64::from(points[lane][i]));
        let to_box = |lane: usize| {
            let (lower, upper) = boxes[lane];
            sum(&|i| (i64::from(lower[i]) - i64::from(query[i])).max(i64::from(query[i]) - i64::from(upper[i])).max(0))
        };
        let distances = kernel.point_distances(&prepared, &block);
        let lanes = self.seed as u16 ^ 0x5a0f;
        let to_boxes = kernel.box_distances(&prepared, &stored, lanes);
        for lane in 0..LANES {
            assert!(distances[lane] == to_point(lane), "seed {}, point of lane {lane}", self.seed);
            let expected = if lanes >> lane & 1 == 1 { to_box(lane) } else { K::Distance::MAX };
            assert!(to_boxes[lane] == expected, "seed {}, box of lane {lane}", self.seed);
        }
        for values in [distances, to_boxes, [K::Distance::MAX; LANES]] {
            let least = *values.iter().min().unwrap();
            let lane = values.iter().position(|value| *value == least).unwrap();
            assert!(kernel.least(&values) == (lane, least), "seed {}, least", self.seed);
            for limit in [values[0], values[7], values[15], K::Distance::MAX, K::Distance::from_sum(0)] {
                let naive = (0..LANES).filter(|lane| values[*lane] <= limit).fold(0, |bits, lane| bits | 1u16 << lane);
                assert_eq!(kernel.at_most(&values, limit), naive, "seed {}, at most", self.seed);
            }
        }
        kernel.prefetch(&block);
    }
}

fn conform(run: impl Fn(Conformance)) {
    for seed in 0..200 {
        for filled in [0, 1, 7, 8, 9, 15, 16] {
            // 12 dimensions from 0 and two from -1 are what transactions have; here none passes 2^31 either.
            run(Conformance { seed, filled, low: -1_000, high: 10_000 });
            run(Conformance { seed, filled, low: 0, high: 1 });
        }
    }
}

#[test]
fn every_kernel_of_this_machine_equals_the_naive_sums() {
    let mut tested = Vec::new();
    for kernel in available() {
        conform(|case| kernel.run(case));
        tested.push(kernel.name());
    }
    assert!(tested.contains(&"scalar"));
    #[cfg(target_arch = "x86_64")]
    assert_eq!(tested.contains(&"avx2"), is_x86_feature_detected!("avx2"), "a kernel of this machine was skipped");
}

#[test]
fn the_wide_kernel_equals_the_naive_sums_where_32_bits_do_not_suffice() {
    conform(|case| case.run(Scalar::<u64>::NEW));
    for seed in 0..200 {
        Conformance { seed, filled: 16, low: -10_000, high: 10_000 }.run(Scalar::<u64>::NEW);
    }
}

#[test]
fn a_kernel_is_found_by_its_name_and_an_unknown_one_is_refused_with_the_names_there_are() {
    for kernel in available() {
        assert_eq!(by_name(kernel.name()).map(Chosen::name), Ok(kernel.name()));
    }
    let error = by_name("abacus").unwrap_err().to_string();
    assert!(error.contains("abacus") && error.contains("scalar"), "{error}");
}
