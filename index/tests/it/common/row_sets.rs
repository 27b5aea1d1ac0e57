//! Rows of many kinds, what is looked up among them, and what brute force finds.

use index::knn::{RowImage, RowOptions};
use space::{Rows, row_distance};
use testkit::random::Random;

/// How rows are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Evenly, in every dimension.
    Uniform,
    /// Around a few middles.
    Clustered,
    /// Most near 0, few far away; one dimension of integers and one of flags.
    HeavyTailed,
    /// On few places, so that many distances are equal, and rows too.
    Lattice,
    /// One dimension is 1, all others 0.
    OneHot,
    /// All the same.
    Equal,
    /// Near the least numbers that there are.
    Tiny,
    /// Near the greatest.
    Huge,
    /// All far from 0, and near each other.
    Shifted,
    /// Only every third dimension varies.
    Constant,
}

/// All of them.
pub const KINDS: [Kind; 10] = [
    Kind::Uniform,
    Kind::Clustered,
    Kind::HeavyTailed,
    Kind::Lattice,
    Kind::OneHot,
    Kind::Equal,
    Kind::Tiny,
    Kind::Huge,
    Kind::Shifted,
    Kind::Constant,
];

fn unit(random: &mut Random) -> f32 {
    (random.next() >> 40) as f32 / (1u64 << 24) as f32
}

/// Values of `count` rows.
pub fn rows(kind: Kind, dimensions: usize, count: usize, seed: u64) -> Vec<f32> {
    let mut random = Random(seed);
    let mut values = Vec::with_capacity(dimensions * count);
    for _ in 0..count {
        let cluster = random.below(7);
        let hot = random.below(dimensions);
        for dimension in 0..dimensions {
            let value = unit(&mut random);
            values.push(match kind {
                Kind::Uniform => value,
                Kind::Clustered => ((cluster * 31 + dimension * 17) % 11) as f32 + 0.05 * (value - 0.5),
                Kind::HeavyTailed if dimension == 1 => (value * 30.0).floor(),
                Kind::HeavyTailed if dimension == 2 => value.round(),
                Kind::HeavyTailed => (1.0 / (value + 1e-4)).powi(2),
                Kind::Lattice => (value * 3.0).floor() - 1.0,
                Kind::OneHot => f32::from(u8::from(dimension == hot)),
                Kind::Equal => 2.5,
                Kind::Tiny => (value - 0.5) * 1e-38,
                Kind::Huge => (value - 0.5) * 2.0 * 3e38,
                Kind::Shifted => 1e6 + value * 100.0,
                Kind::Constant => {
                    if dimension % 3 == 0 {
                        value
                    } else {
                        -7.0
                    }
                }
            });
        }
    }
    values
}

/// Values of rows that are looked up: some of the rows, some beside them, some drawn alike, and some far away.
pub fn queries(kind: Kind, among: Rows<'_>, count: usize) -> Vec<f32> {
    let mut random = Random(99);
    let drawn = rows(kind, among.dimensions(), count, 1234);
    let mut values = Vec::new();
    for number in 0..count {
        let row = among.row(random.below(among.len()));
        let other = &drawn[number * among.dimensions()..][..among.dimensions()];
        match number % 4 {
            0 => values.extend(row),
            1 => values.extend(row.iter().map(|value| value + value.abs() * 1e-3 * (unit(&mut random) - 0.5))),
            2 => values.extend(other),
            _ => values.extend(row.iter().zip(other).map(|(a, b)| {
                let far = 3.0 * f64::from(*a) - 1.5 * f64::from(*b);
                far.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32
            })),
        }
    }
    values
}

/// All rows by their distance, ties by the lower: at most the 64 nearest.
pub fn brute_force(rows: Rows<'_>, query: &[f32], weights: &[f64]) -> Vec<(f64, u32)> {
    let mut all: Vec<_> =
        (0..rows.len()).map(|row| (row_distance(query, rows.row(row), weights), row as u32)).collect();
    all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    all.truncate(64);
    all
}

/// The bytes of an image.
pub fn image(rows: Rows<'_>, options: RowOptions<'_, '_>) -> Vec<u8> {
    let image = RowImage::plan(rows, options, &|_, _, _| {}).unwrap();
    let mut bytes = Vec::new();
    image.write(&[], &mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, image.bytes(&[]));
    bytes
}

/// The bytes of an image whose grid is the truth, and the values that rows have then.
pub fn image_on_grid(dimensions: usize, values: &[f32], options: RowOptions<'_, '_>) -> (Vec<u8>, Vec<f32>) {
    let mut rounded = values.to_vec();
    let image = RowImage::plan_on_grid(dimensions, &mut rounded, options, &|_, _, _| {}).unwrap();
    let mut bytes = Vec::new();
    image.write(&[], &mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, image.bytes(&[]));
    drop(image);
    (bytes, rounded)
}
