//! Every kernel of this machine against the plain definition of the distance, over seeds and fills.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Mutex;

use simd::{InstructionSet, Work};
use space::{DIMENSIONS, NEIGHBOURS, Point, SCALE, squared_distance};
use testkit::random::Random;

use super::{Distance, FOUND, INSERTED, Kernel, Scalar, run};
use crate::exact::layout::{
    BlockPoints, Bounds, Boxes, Leaf, PACKED_MAX, PackedShape, block_box, decoding, encode_leaf,
};
use crate::lanes::{LANES, PAIRS, Paired};

/// Under Miri, which takes a second for each block, the first seed whose blocks have every shape.
const SEEDS: Range<u64> = if cfg!(miri) { 2..3 } else { 0..200 };
/// Points in the last block.
const FILLS: &[usize] = if cfg!(miri) { &[5, 16] } else { &[1, 4, 5, 7, 8, 9, 15, 16] };

fn paired(random: &mut Random, low: i16, high: i16) -> Paired {
    let mut paired = [[0; 2]; PAIRS];
    paired.as_flattened_mut().fill_with(|| random.between(low, high));
    paired
}

/// Compares one kernel with sums written out.
struct Conformance<'s> {
    shapes: &'s Mutex<BTreeSet<PackedShape>>,
    seed: u64,
    filled: usize,
    low: i16,
    high: i16,
}

/// Up to 16 blocks of `filled` points around different middles, so that pairs of all widths occur.
fn blocks(random: &mut Random, case: &Conformance<'_>) -> Vec<BlockPoints> {
    let block = |number: usize| {
        let middle = paired(random, case.low, case.high);
        let spread = [0, 1, 100, 255, 256, 20_000].map(|spread| spread as i16);
        let mut spreads: [i16; DIMENSIONS] = std::array::from_fn(|_| spread[random.below(spread.len())]);
        // What most blocks of an index look like has code of its own.
        let wide_pairs = [0, 5, 6][number % 3];
        if wide_pairs > 0 {
            spreads[..2 * wide_pairs].fill(20_000);
            spreads[2 * wide_pairs..].fill(0);
        }
        let mut block = BlockPoints {
            values: [[[0; 2]; LANES]; PAIRS],
            points: case.filled as u8,
            frauds: random.next() as u16 & ((1u32 << case.filled) - 1) as u16,
        };
        for lane in 0..LANES {
            for (place, spread) in spreads.iter().enumerate() {
                let moved = i64::from(middle[place / 2][place % 2]) + (random.next() % (*spread as u64 + 1)) as i64;
                block.values[place / 2][lane][place % 2] = moved.clamp(case.low.into(), case.high.into()) as i16;
            }
        }
        // Unused lanes lie in the box of the others.
        block.values.iter_mut().for_each(|pair| {
            let first = pair[0];
            pair[case.filled..].fill(first);
        });
        block
    };
    (0..1 + case.seed as usize % LANES).map(block).collect()
}

fn sum<D: Distance>(a: &Paired, b: &Paired) -> D {
    // In any order of the dimensions, and moved alike, points are as far apart as they are.
    let point =
        |paired: &Paired| Point::new(std::array::from_fn(|place| paired.as_flattened()[place] - SCALE)).unwrap();
    D::from_sum(squared_distance(&point(a), &point(b)))
}

fn to_box<D: Distance>(query: &Paired, around: &Bounds) -> D {
    let nearest =
        |pair: usize, side: usize| query[pair][side].clamp(around.lower[pair][side], around.upper[pair][side]);
    sum(query, &std::array::from_fn(|pair| [nearest(pair, 0), nearest(pair, 1)]))
}

impl Conformance<'_> {
    fn boxes<K: Kernel>(&self, kernel: K, prepared: &K::Prepared, query: &Paired, random: &mut Random) {
        let mut boxes: Boxes = bytemuck::Zeroable::zeroed();
        for lane in 0..LANES {
            let mut around = Bounds::EMPTY;
            around.include_point(&paired(random, self.low, self.high));
            around.include_point(&paired(random, self.low, self.high));
            boxes.set(lane, &around);
        }
        let found = kernel.to_array(kernel.box_distances(prepared, &boxes));
        for lane in 0..LANES {
            assert_eq!(found[lane], to_box(query, &boxes.at(lane)), "seed {}, box of lane {lane}", self.seed);
        }
    }

    fn leaf<K: Kernel>(&self, kernel: K, prepared: &K::Prepared, query: &Paired, leaf: &Leaf) {
        let found = kernel.to_array(kernel.leaf_distances(prepared, leaf));
        for lane in 0..leaf.blocks().count_ones() as usize {
            let around = block_box(leaf, lane);
            assert_eq!(found[lane], to_box(query, &around), "seed {}, block box of lane {lane}", self.seed);
        }
    }

    fn operations<K: Kernel>(&self, kernel: K, distances: K::Distances, others: K::Distances) {
        let (each, other) = (kernel.to_array(distances), kernel.to_array(others));
        let some = self.seed as u16 ^ 0x5a0f;
        let only = kernel.to_array(kernel.mask(distances, some));
        let nearer = kernel.to_array(kernel.min(distances, others));
        for lane in 0..LANES {
            assert_eq!(only[lane], if some >> lane & 1 == 1 { each[lane] } else { K::Distance::MAX });
            assert_eq!(nearer[lane], each[lane].min(other[lane]));
        }
        assert_eq!(kernel.to_array(kernel.splat_max()), [K::Distance::MAX; LANES]);
        let nearest = (0..LANES).min_by_key(|lane| (each[*lane].sum() / 16, *lane)).unwrap();
        assert_eq!(kernel.argmin(distances), nearest, "seed {}, nearest", self.seed);
        for limit in [each[0], each[7], each[15], K::Distance::MAX, K::Distance::from_sum(0)] {
            let naive = (0..LANES).filter(|lane| each[*lane] <= limit).fold(0, |bits, lane| bits | 1u16 << lane);
            assert_eq!(kernel.le_mask(distances, limit), naive, "seed {}, at most", self.seed);
        }
        let naive = (0..LANES).filter(|lane| each[*lane] <= other[*lane]).fold(0, |bits, lane| bits | 1u16 << lane);
        assert_eq!(kernel.pairwise_le_mask(distances, others), naive, "seed {}, no farther", self.seed);
    }

    /// Some values to the front, and those with the highest bit.
    fn values<K: Kernel>(&self, kernel: K, random: &mut Random) {
        let values: [u32; LANES] = std::array::from_fn(|_| random.next() as u32);
        let lanes = random.next() as u16;
        let some: Vec<_> = (0..LANES).filter(|lane| lanes >> lane & 1 == 1).map(|lane| values[lane]).collect();
        assert_eq!(kernel.compress(&values, lanes)[..some.len()], some, "seed {}, first of {lanes:b}", self.seed);
        let flagged = (0..LANES).fold(0, |bits, lane| bits | u16::from(values[lane] >= 1 << 31) << lane);
        assert_eq!(kernel.sign_mask(&values), flagged, "seed {}, flagged", self.seed);
    }

    /// Keys of some lanes, written and inserted, against sorting them.
    fn keys<K: Kernel>(&self, kernel: K, distances: K::Distances, frauds: u16, near: u16) {
        let each = kernel.to_array(distances);
        let mut found = [K::Distance::MAX; FOUND];
        let place = kernel.write_keys(distances, near, frauds, &mut found, 5);
        let expected: Vec<_> = (0..LANES)
            .filter(|lane| near >> lane & 1 == 1)
            .map(|lane| each[lane].with_label(frauds >> lane & 1))
            .collect();
        assert_eq!(found[5..place], expected, "seed {}", self.seed);
        let keys = expected.chunks(INSERTED).fold(kernel.no_keys(), |keys, some| {
            kernel.insert(keys, std::array::from_fn(|place| some.get(place).copied().unwrap_or(K::Distance::MAX)))
        });
        let mut sorted = expected;
        sorted.extend([K::Distance::MAX; NEIGHBOURS + 1]);
        sorted.sort_unstable();
        assert_eq!(kernel.fifth_and_sixth(keys), (sorted[4], sorted[5]), "seed {}", self.seed);
        let bits = (0..NEIGHBOURS).fold(0, |bits, place| bits | sorted[place].label() << place);
        assert_eq!(kernel.lowest_bits(keys), bits, "seed {}", self.seed);
    }
}

impl<K: Kernel> Work<K> for Conformance<'_> {
    type Output = ();

    fn run(self, kernel: K) {
        let mut random = Random(self.seed);
        let query = paired(&mut random, self.low, self.high);
        let prepared = kernel.prepare(&query);
        self.boxes(kernel, &prepared, &query, &mut random);
        let blocks = blocks(&mut random, &self);
        let mut packed = vec![0xee; 64];
        let leaf = encode_leaf(&blocks, 0, &mut packed);
        packed.extend([0xdd; PACKED_MAX]);
        self.leaf(kernel, &prepared, &query, &leaf);
        for (lane, block) in blocks.iter().enumerate() {
            self.shapes.lock().unwrap().insert(decoding(leaf.formats[lane]).shape);
            let window = packed[leaf.offset(lane)..].first_chunk().unwrap();
            let to_points = kernel.point_distances(&prepared, &leaf, lane, window);
            let found = kernel.to_array(to_points);
            for point in 0..self.filled {
                assert_eq!(found[point], sum(&query, &block.point(point)), "seed {}, {lane}/{point}", self.seed);
            }
            let in_use = leaf.lanes(lane);
            self.values(kernel, &mut random);
            self.operations(kernel, kernel.mask(to_points, in_use), kernel.leaf_distances(&prepared, &leaf));
            self.operations(kernel, kernel.mask(to_points, in_use), to_points);
            self.keys(kernel, to_points, leaf.frauds[lane], in_use);
            self.keys(kernel, to_points, leaf.frauds[lane], in_use & random.next() as u16);
        }
        kernel.prefetch(&leaf, size_of::<Leaf>());
    }
}

fn conform(run: impl Fn(Conformance<'_>)) {
    let shapes = Mutex::default();
    for seed in SEEDS {
        for &filled in FILLS {
            // No sum passes 2^31, as the engine sees to.
            run(Conformance { shapes: &shapes, seed, filled, low: 0, high: 12_000 });
            run(Conformance { shapes: &shapes, seed, filled, low: 8_000, high: 20_000 });
            run(Conformance { shapes: &shapes, seed, filled, low: 0, high: 1 });
        }
    }
    assert_eq!(shapes.into_inner().unwrap().len(), 3, "a way to read blocks was not tried");
}

#[test]
fn every_kernel_of_this_machine_equals_the_naive_sums() {
    for set in InstructionSet::available() {
        conform(|case| run(set, case));
    }
}

#[test]
fn the_wide_kernel_equals_the_naive_sums_where_32_bits_do_not_suffice() {
    conform(|case| Scalar::<u64>::NEW.run(case));
    for seed in SEEDS {
        Scalar::<u64>::NEW.run(Conformance { shapes: &Mutex::default(), seed, filled: 16, low: 0, high: 20_000 });
    }
}
