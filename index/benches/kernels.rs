//! Time of each step that a search asks of a kernel, on every kernel of this machine, with its records at hand.
//!
//! Distances are measured one after the other as fast as they go; each `insert` waits for the one before, as in a search.

use std::hint::black_box;
use std::time::Instant;

use bytemuck::AnyBitPattern;
use criterion::{Criterion, criterion_group, criterion_main};
use index::InstructionSet;
use index::exact::layout::{Boxes, FORMATS, Leaf, Node, PACKED_MAX};
use index::kernel::{self, Distance, INSERTED, Kernel, Task};
use index::lanes::Paired;
use simd::Work;

#[allow(dead_code, clippy::unwrap_used, reason = "made for the tests; the benchmark takes a part")]
#[path = "../tests/it/common/mod.rs"]
mod common;
use common::{Points, Random};

/// Records that a measurement takes in turn: few enough for the nearest cache.
const RECORDS: usize = 8;
/// Keys that are inserted in turn.
const KEYS: usize = 64;
/// Enough for a root with 16 children and leaves with 16 blocks.
const POINTS: usize = 20_000;

/// The format of a block with two bytes for each value: seven digits of base 3, each 2.
const WIDE: u16 = FORMATS - 1;
/// With one byte for each value, but for the first of seven pairs.
const NARROW: u16 = WIDE / 2 + 1;

/// Starts on a cache line, as everything does in an image that is mapped.
#[repr(align(64))]
struct Lines<T>(T);

/// Parts of an index whose blocks all have one format.
struct Records {
    query: Paired,
    boxes: Lines<[Boxes; RECORDS]>,
    leaves: Lines<[Leaf; RECORDS]>,
    /// The bytes of each leaf's first block.
    packed: Lines<[[u8; PACKED_MAX]; RECORDS]>,
}

impl Records {
    /// Of points drawn from 0 to `high` in each dimension.
    fn new(high: i16, format: u16) -> Self {
        let mut random = Random::new(1);
        let (vectors, labels) = (0..POINTS).map(|_| (random.query(0, high), random.label())).unzip();
        let image = Points { vectors, labels }.build();
        let info = index::Index::open(&image).expect("what was just built").info();
        let section = |name: &str| {
            let section = info.sections.iter().find(|section| section.name == name).expect("an image has all sections");
            &image[section.offset as usize..][..section.bytes as usize]
        };
        let nodes: Vec<Node> = records(section("nodes"));
        let leaves: Vec<Leaf> = records(section("leaves"));
        assert!(nodes.len() >= RECORDS && leaves.len() >= RECORDS);
        assert!(leaves.iter().all(|leaf| leaf.formats[0] == format), "the blocks are packed otherwise");
        let window = |leaf: &Leaf| *section("blocks")[leaf.offset(0)..].first_chunk().expect("zeros end the section");
        let query = random.query(0, high);
        Self {
            query: std::array::from_fn(|pair| [query.values()[2 * pair], query.values()[2 * pair + 1]]),
            boxes: Lines(std::array::from_fn(|record| nodes[record].boxes[0])),
            leaves: Lines(std::array::from_fn(|record| leaves[record])),
            packed: Lines(std::array::from_fn(|record| window(&leaves[record]))),
        }
    }
}

fn records<T: AnyBitPattern>(section: &[u8]) -> Vec<T> {
    section.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect()
}

struct BoxDistances<'r>(&'r Records, u64);
struct LeafDistances<'r>(&'r Records, u64);
struct PointDistances<'r>(&'r Records, u64);
struct Insert<'k>(&'k [u32; KEYS], u64);

impl<K: Kernel> Work<K> for BoxDistances<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, kernel: K) {
        let Self(records, times) = self;
        let query = kernel.prepare(&records.query);
        for time in 0..times {
            let boxes = &black_box(records).boxes.0[time as usize % RECORDS];
            black_box(kernel.box_distances(&query, boxes));
        }
    }
}

impl<K: Kernel> Work<K> for LeafDistances<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, kernel: K) {
        let Self(records, times) = self;
        let query = kernel.prepare(&records.query);
        for time in 0..times {
            let leaf = &black_box(records).leaves.0[time as usize % RECORDS];
            black_box(kernel.leaf_distances(&query, leaf));
        }
    }
}

impl<K: Kernel> Work<K> for PointDistances<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, kernel: K) {
        let Self(records, times) = self;
        let query = kernel.prepare(&records.query);
        for time in 0..times {
            let (records, record) = (black_box(records), time as usize % RECORDS);
            let (leaf, packed) = (&records.leaves.0[record], &records.packed.0[record]);
            black_box(kernel.point_distances(&query, leaf, 0, packed));
        }
    }
}

impl<K: Kernel> Work<K> for Insert<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, kernel: K) {
        let Self(list, times) = self;
        let mut keys = kernel.no_keys();
        for time in 0..times {
            let start = time as usize * INSERTED % KEYS;
            let some = &black_box(list)[start..start + INSERTED];
            keys = kernel.insert(keys, std::array::from_fn(|place| K::Distance::from_sum(u64::from(some[place]))));
        }
        black_box(kernel.fifth_and_sixth(keys));
    }
}

/// `task` makes the work of so many steps: the loop is inside it, as a call for each step would cost more than the step.
fn on_every_kernel<T: Task>(criterion: &mut Criterion, step: &str, task: impl Fn(u64) -> T) {
    let mut group = criterion.benchmark_group(step);
    for kernel in InstructionSet::available() {
        group.bench_function(kernel.name(), |bencher| {
            bencher.iter_custom(|times| {
                let started = Instant::now();
                kernel::run(kernel, task(times));
                started.elapsed()
            });
        });
    }
    group.finish();
}

fn kernels(criterion: &mut Criterion) {
    let (narrow, wide) = (Records::new(200, NARROW), Records::new(10_000, WIDE));
    on_every_kernel(criterion, "box_distances", |times| BoxDistances(&wide, times));
    on_every_kernel(criterion, "leaf_distances", |times| LeafDistances(&wide, times));
    on_every_kernel(criterion, "point_distances/narrow", |times| PointDistances(&narrow, times));
    on_every_kernel(criterion, "point_distances/wide", |times| PointDistances(&wide, times));
    let mut random = Random::new(2);
    let keys = std::array::from_fn(|_| random.next() as u32 >> 1);
    on_every_kernel(criterion, "insert/four", |times| Insert(&keys, times));
}

criterion_group!(benches, kernels);
criterion_main!(benches);
