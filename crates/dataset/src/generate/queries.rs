//! Queries that no payload needs to have made: to check and to measure an engine where payloads do not reach.

use super::pcg::Pcg;
use crate::references::References;
use schema::Dimension;
use space::{DIMENSIONS, Point, SCALE};
use std::cell::LazyCell;

/// The places of the two values that are -1 together, when there is no last transaction.
const LAST_TRANSACTION: [usize; 2] = {
    let [minutes, km] = Dimension::OF_LAST_TRANSACTION;
    [minutes as usize, km as usize]
};

/// How far a value of [`QueryKind::Centre`] may be from the centre.
const AROUND_CENTRE: i16 = 100;

type Values = [i16; DIMENSIONS];

/// Where queries are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueryKind {
    /// Evenly from all that transactions can become; a quarter without a last transaction.
    Uniform,
    /// Evenly from the whole cube from -1 to 1, most of which no transaction can become.
    Cube,
    /// References with one value moved by one 1/10000: what an engine gets wrong if its bounds are one off.
    Beside,
    /// Middles between a legit reference and a fraud, where neither label may be alone.
    Between,
    /// Each value from another reference: values that occur, in combinations that do not.
    Mixed,
    /// Corners of the cube from -1 to 1 or from 0 to 1, a value at times one 1/10000 inside: far from nearly everything.
    Corners,
    /// The centre of the box around all references, each value moved by up to 0.01: in or near every large box.
    Centre,
    /// Corners from 0 to 1 without a last transaction, or with half of one: only one of its two values is -1.
    Sentinel,
}

impl QueryKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Uniform,
        Self::Cube,
        Self::Beside,
        Self::Between,
        Self::Mixed,
        Self::Corners,
        Self::Centre,
        Self::Sentinel,
    ];

    /// Its one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Cube => "cube",
            Self::Beside => "beside",
            Self::Between => "between",
            Self::Mixed => "mixed",
            Self::Corners => "corners",
            Self::Centre => "centre",
            Self::Sentinel => "sentinel",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Draws `count` queries; equal arguments give equal queries. There must be references, which some kinds start from.
pub fn draw_queries(kind: QueryKind, references: &References, count: usize, seed: u64) -> Vec<Point> {
    let centre = LazyCell::new(|| centre(&references.vectors));
    let mut pcg = Pcg::seed(seed);
    let any = |_| {
        let values = match kind {
            QueryKind::Uniform => uniform(&mut pcg),
            QueryKind::Cube => std::array::from_fn(|_| between_ends(&mut pcg, -SCALE, SCALE)),
            QueryKind::Beside => beside(&mut pcg, references),
            QueryKind::Between => between(&mut pcg, references),
            QueryKind::Mixed => std::array::from_fn(|dimension| any_reference(&mut pcg, references)[dimension]),
            QueryKind::Corners => {
                let lower = pcg.choose(&[-SCALE, 0]);
                corner(&mut pcg, lower)
            }
            QueryKind::Centre => centre.map(|value| moved(&mut pcg, value, AROUND_CENTRE)),
            QueryKind::Sentinel => sentinel(&mut pcg),
        };
        Point::new(values).expect("drawn inside the scale")
    };
    (0..count).map(any).collect()
}

fn uniform(pcg: &mut Pcg) -> Values {
    let mut values = std::array::from_fn(|_| between_ends(pcg, 0, SCALE));
    if pcg.int((0, 4)) == 0 {
        LAST_TRANSACTION.into_iter().for_each(|dimension| values[dimension] = -SCALE);
    }
    values
}

fn beside(pcg: &mut Pcg, references: &References) -> Values {
    let mut values = *any_reference(pcg, references);
    let dimension = pcg.int((0, DIMENSIONS as u32)) as usize;
    let step = if pcg.int((0, 2)) == 0 { -1 } else { 1 };
    values[dimension] = (values[dimension] + step).clamp(-SCALE, SCALE);
    values
}

/// The second reference is the next of another label from a drawn one on; without one, the drawn one.
fn between(pcg: &mut Pcg, references: &References) -> Values {
    let References { vectors, labels } = references;
    let (first, start) = (any_row(pcg, references), any_row(pcg, references));
    let mut from_start = (start..vectors.len()).chain(0..start);
    let second = from_start.find(|&row| labels[row] != labels[first]).unwrap_or(start);
    // the sum of two values fits 16 bits
    std::array::from_fn(|dimension| (vectors[first].values()[dimension] + vectors[second].values()[dimension]) / 2)
}

fn corner(pcg: &mut Pcg, lower: i16) -> Values {
    std::array::from_fn(|_| pcg.choose(&[lower, lower + 1, SCALE - 1, SCALE]))
}

fn sentinel(pcg: &mut Pcg) -> Values {
    let mut values = corner(pcg, 0);
    let [first, second] = LAST_TRANSACTION;
    for &dimension in pcg.choose(&[&[first, second][..], &[first, second], &[first], &[second]]) {
        values[dimension] = -SCALE;
    }
    values
}

fn centre(vectors: &[Point]) -> Values {
    std::array::from_fn(|dimension| {
        let (low, high) = vectors
            .iter()
            .map(|vector| vector.values()[dimension])
            .fold((SCALE, -SCALE), |(low, high), value| (low.min(value), high.max(value)));
        (low + high) / 2
    })
}

fn any_reference<'r>(pcg: &mut Pcg, references: &'r References) -> &'r Values {
    references.vectors[any_row(pcg, references)].values()
}

fn any_row(pcg: &mut Pcg, references: &References) -> usize {
    pcg.int((0, references.vectors.len() as u32)) as usize
}

/// Both ends included.
fn between_ends(pcg: &mut Pcg, low: i16, high: i16) -> i16 {
    let width = (high - low + 1) as u32;
    (i32::from(low) + pcg.int((0, width)) as i32) as i16
}

fn moved(pcg: &mut Pcg, value: i16, most: i16) -> i16 {
    between_ends(pcg, value - most, value + most).clamp(-SCALE, SCALE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ReferenceRecipe, generate_references};
    use space::Label;

    fn references() -> References {
        generate_references(&ReferenceRecipe { count: 50, ..ReferenceRecipe::OFFICIAL }, &|_, _, _| {})
    }

    fn draw(kind: QueryKind, count: usize) -> Vec<Values> {
        draw_queries(kind, &references(), count, 3).iter().map(|query| *query.values()).collect()
    }

    /// Whether the values of the last transaction are -1.
    fn is_sentinel(values: &Values) -> [bool; 2] {
        LAST_TRANSACTION.map(|dimension| values[dimension] == -SCALE)
    }

    /// How many fulfil a condition.
    fn share(values: &[Values], is: impl Fn(&Values) -> bool) -> f64 {
        values.iter().filter(|values| is(values)).count() as f64 / values.len() as f64
    }

    #[test]
    fn equal_seeds_draw_equal_queries_of_every_kind_and_names_find_their_kind() {
        let references = references();
        for kind in QueryKind::ALL {
            let queries = draw_queries(kind, &references, 500, 3);
            assert_eq!(queries.len(), 500);
            assert!(queries == draw_queries(kind, &references, 500, 3), "{kind:?}");
            assert!(queries != draw_queries(kind, &references, 500, 4), "{kind:?}");
            assert_eq!(QueryKind::named(kind.name()), Some(kind));
        }
        assert_eq!(QueryKind::named("none"), None);
    }

    #[test]
    fn uniform_queries_are_what_transactions_can_become_and_a_quarter_has_no_last_one() {
        let queries = draw(QueryKind::Uniform, 4_000);
        assert!((0.22..0.28).contains(&share(&queries, |values| is_sentinel(values)[0])));
        for values in &queries {
            let [minutes, km] = is_sentinel(values);
            assert_eq!(minutes, km);
            let inside = |(dimension, value): (usize, &i16)| LAST_TRANSACTION.contains(&dimension) || *value >= 0;
            assert!(values.iter().enumerate().all(inside), "{values:?}");
        }
    }

    #[test]
    fn queries_lie_beside_references() {
        let references = references();
        for values in draw(QueryKind::Beside, 500) {
            let is_one_step = |row: &Point| {
                let steps = row.values().iter().zip(&values).map(|(a, b)| a.abs_diff(*b));
                steps.sum::<u16>() <= 1
            };
            assert!(references.vectors.iter().any(is_one_step), "{values:?}");
        }
    }

    #[test]
    fn middles_are_those_of_two_labels_and_of_one_where_there_is_no_other() {
        let References { vectors, labels } = references();
        let rows = |of: Label| (0..50).filter(|row| labels[*row] == of).collect::<Vec<_>>();
        let (legit, fraud) = (rows(Label::Legit), rows(Label::Fraud));
        for values in draw(QueryKind::Between, 100) {
            let is_middle = |a: usize, b: usize| {
                let sums = vectors[a].values().iter().zip(vectors[b].values()).map(|(a, b)| (a + b) / 2);
                sums.eq(values)
            };
            assert!(legit.iter().any(|a| fraud.iter().any(|b| is_middle(*a, *b))), "{values:?}");
        }
        let one_label =
            References { vectors: vec![Point::new([-SCALE; DIMENSIONS]).unwrap(); 3], labels: vec![Label::Fraud; 3] };
        assert_eq!(draw_queries(QueryKind::Between, &one_label, 2, 1), one_label.vectors[..2]);
    }

    #[test]
    fn mixed_values_all_occur_in_their_dimension() {
        let references = references();
        for values in draw(QueryKind::Mixed, 200) {
            for (dimension, value) in values.iter().enumerate() {
                assert!(references.vectors.iter().any(|vector| vector.values()[dimension] == *value));
            }
        }
    }

    #[test]
    fn the_cube_and_its_corners_are_drawn_on_all_sides() {
        let cube = draw(QueryKind::Cube, 4_000);
        let corners = draw(QueryKind::Corners, 4_000);
        for dimension in 0..DIMENSIONS {
            assert!((0.45..0.55).contains(&share(&cube, |values| values[dimension] < 0)));
            assert!((0.2..0.3).contains(&share(&corners, |values| values[dimension] < 0)));
            assert!((0.2..0.3).contains(&share(&corners, |values| (0..=1).contains(&values[dimension]))));
        }
        assert!(corners.as_flattened().iter().all(|value| [-SCALE, 1 - SCALE, 0, 1, SCALE - 1, SCALE].contains(value)));
    }

    #[test]
    fn the_centre_is_that_of_the_box_around_all_references() {
        let vectors =
            [[-SCALE; DIMENSIONS], [0; DIMENSIONS], [SCALE / 2; DIMENSIONS]].map(|values| Point::new(values).unwrap());
        assert_eq!(centre(&vectors), [-SCALE / 4; DIMENSIONS]);
        let around = draw(QueryKind::Centre, 500);
        let centre = centre(&references().vectors);
        for dimension in 0..DIMENSIONS {
            let offsets = || around.iter().map(|values| values[dimension] - centre[dimension]);
            assert!(offsets().all(|offset| offset.abs() <= AROUND_CENTRE));
            assert!(offsets().any(|offset| offset < -50) && offsets().any(|offset| offset > 50));
        }
    }

    #[test]
    fn half_of_the_sentinels_are_half_a_sentinel() {
        let queries = draw(QueryKind::Sentinel, 4_000);
        let both = share(&queries, |values| is_sentinel(values) == [true, true]);
        let one = share(&queries, |values| matches!(is_sentinel(values), [true, false] | [false, true]));
        assert!((0.45..0.55).contains(&both) && both + one == 1.0, "{both} {one}");
    }
}
