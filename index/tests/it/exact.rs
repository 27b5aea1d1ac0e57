//! The contract of the search: for every query, what looking at every reference would say, on every kernel.

use crate::common::{Points, Random, brute_force, frauds, kernels};
use index::Index;
use space::{Label, Point};

/// Builds `points`, asks `queries` on every kernel, compares all five neighbours and the count.
fn assert_exact(name: &str, seed: u64, points: &Points, queries: &[Point]) {
    let image = points.build();
    let expected: Vec<_> = queries.iter().map(|query| brute_force(points, query)).collect();
    for kernel in kernels() {
        let index = Index::open_with(&image, kernel).expect("what was just built");
        for (query, expected) in queries.iter().zip(&expected) {
            let found = index.neighbours(query);
            let vectors = index.neighbours_with_points(query);
            let case = format!("set {name}, seed {seed}, kernel {}, query {:?}", kernel.name(), query.values());
            assert_eq!(found, *expected, "{case}");
            let with_vectors = expected.map(|neighbour| (neighbour, points.vectors[neighbour.reference as usize]));
            assert_eq!(vectors, with_vectors, "{case}");
            assert_eq!(index.classify(query), frauds(expected), "{case}");
        }
    }
}

/// Points drawn by `draw`; queries from all over, from the points, and from beside them.
fn check(name: &str, count: usize, seeds: std::ops::Range<u64>, draw: impl Fn(&mut Random, usize) -> (Point, Label)) {
    for seed in seeds {
        let mut random = Random::new(seed);
        let (vectors, labels) = (0..count).map(|i| draw(&mut random, i)).unzip();
        let points = Points { vectors, labels };
        let mut queries = Vec::new();
        for _ in 0..40 {
            queries.push(random.query(-10_000, 10_000));
            queries.push(random.query(0, 10_000));
            let point = points.vectors[(random.next() % count as u64) as usize];
            queries.push(point);
            queries.push(random.near(&point, 1, 1));
            queries.push(random.near(&point, 14, 300));
        }
        assert_exact(name, seed, &points, &queries);
    }
}

#[test]
fn random_points() {
    check("random", 20_000, 0..3, |random, _| (random.query(0, 10_000), random.label()));
}

#[test]
fn sets_of_every_small_size() {
    for count in 5..80 {
        check("small", count, 0..1, |random, _| (random.query(-10_000, 10_000), random.label()));
    }
}

#[test]
fn sets_around_the_sizes_where_cuts_change() {
    for count in [255, 256, 257, 272, 1023, 1024, 1025, 1040, 4095, 8191, 8193] {
        check("cut sizes", count, 0..1, |random, _| (random.query(0, 10_000), random.label()));
    }
}

#[test]
fn sets_large_enough_for_cuts_that_follow_the_balls() {
    let label = |random: &mut Random, i: usize| if i % 20 < 7 { Label::Fraud } else { random.label() };
    check("guided clusters", 100_000, 0..1, |random, i| {
        let centre = Random::new(i as u64 % 50).query(0, 10_000);
        (random.near(&centre, 14, 1_500), label(random, i))
    });
    check("guided duplicates", 100_000, 0..1, |random, i| {
        let values = std::array::from_fn(|dimension| if dimension < 5 { random.between(0, 3) * 3_000 } else { 0 });
        (Point::new(values).unwrap(), label(random, i))
    });
}

#[test]
fn clustered_points() {
    check("clustered", 10_000, 0..3, |random, i| {
        let centre = Random::new(i as u64 % 20).query(0, 10_000);
        let label = if i % 20 < 7 { Label::Fraud } else { Label::Legit };
        (random.near(&centre, 14, 200), label)
    });
}

#[test]
fn duplicate_heavy_points_with_ties_between_labels() {
    check("duplicates", 5_000, 0..4, |random, _| {
        let mut values = [0i16; 14];
        values.iter_mut().take(4).for_each(|value| *value = random.between(0, 2) * 5_000);
        (Point::new(values).unwrap(), random.label())
    });
}

#[test]
fn all_points_equal() {
    check("all equal", 3_000, 0..2, |random, _| (Point::new([1_234; 14]).unwrap(), random.label()));
}

#[test]
fn all_points_at_the_same_distance() {
    // Corners of a cube around the query in the middle: all 14-bit corners are equally far.
    let mut random = Random::new(9);
    let corner = |i: u64| std::array::from_fn(|dimension| if i >> dimension & 1 == 1 { 100 } else { -100 });
    let vectors: Vec<_> = (0..1 << 14).map(|i| Point::new(corner(i * 5 % (1 << 14))).unwrap()).collect();
    let labels = vectors.iter().map(|_| random.label()).collect();
    let queries = [Point::new([0; 14]).unwrap(), Point::new([100; 14]).unwrap(), Point::new([-1; 14]).unwrap()];
    assert_exact("corners", 9, &Points { vectors, labels }, &queries);
}

#[test]
fn one_label_only() {
    check("all fraud", 2_000, 0..1, |random, _| (random.query(0, 10_000), Label::Fraud));
    check("all legit", 2_000, 0..1, |random, _| (random.query(0, 10_000), Label::Legit));
}

#[test]
fn sentinel_values_as_in_transactions_without_a_predecessor() {
    check("sentinels", 8_000, 0..2, |random, _| {
        let mut values = *random.query(0, 10_000).values();
        if random.next().is_multiple_of(3) {
            values[5] = -10_000;
            values[6] = -10_000;
        }
        (Point::new(values).unwrap(), random.label())
    });
}

#[test]
fn extreme_values_whose_distances_pass_32_bits() {
    check("extremes", 3_000, 0..3, |random, _| {
        let values = std::array::from_fn(|_| if random.next().is_multiple_of(2) { 10_000 } else { -10_000 });
        (Point::new(values).unwrap(), random.label())
    });
    let mut random = Random::new(3);
    let vectors: Vec<_> = (0..100).map(|_| random.near(&Point::new([10_000; 14]).unwrap(), 3, 50)).collect();
    let labels = vectors.iter().map(|_| random.label()).collect();
    // 14 * 20000^2 = 5.6e9 does not fit 32 bits.
    assert_exact("far corner", 3, &Points { vectors, labels }, &[Point::new([-10_000; 14]).unwrap()]);
}

#[test]
fn lopsided_points_along_one_line() {
    check("line", 6_000, 0..1, |random, i| {
        let mut values = [0i16; 14];
        values[3] = (i as f64).sqrt() as i16 * 100;
        values[9] = if i % 50 == 0 { 10_000 } else { 0 };
        (Point::new(values).unwrap(), random.label())
    });
}

proptest::proptest! {
    #[test]
    fn any_set_and_any_query(
        vectors in proptest::collection::vec(proptest::array::uniform14(-10_000i16..=10_000), 5..120),
        query in proptest::array::uniform14(-10_000i16..=10_000),
        seed: u64,
    ) {
        let mut random = Random::new(seed);
        let vectors: Vec<_> = vectors.into_iter().map(|values| Point::new(values).unwrap()).collect();
        let labels = vectors.iter().map(|_| random.label()).collect();
        assert_exact("any", seed, &Points { vectors, labels }, &[Point::new(query).unwrap()]);
    }
}
