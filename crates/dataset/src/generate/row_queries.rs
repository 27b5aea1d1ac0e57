//! Queries for rows of any schema, drawn from the rows themselves: where payloads do not reach, too.

use super::pcg::Pcg;
use super::queries::QueryKind;

/// How far a value of [`QueryKind::Beside`] is moved, over the range of its dimension.
const BESIDE: f64 = 1e-4;
/// How far a value of [`QueryKind::Centre`] may be from the centre, over the range of its dimension.
const AROUND_CENTRE: f64 = 5e-3;

/// Points that queries are drawn from.
pub trait Points {
    /// How many there are, at least one.
    fn count(&self) -> u32;
    /// Values of a point, one for each of [`Points::bounds`].
    fn values(&self, point: u32) -> Vec<f32>;
    /// The least and the greatest value of each dimension.
    fn bounds(&self) -> Vec<(f32, f32)>;
}

impl QueryKind {
    /// The kinds that rows of any schema have: without those that only the contest's vectors do.
    pub const OF_ROWS: [Self; 6] =
        [Self::Uniform, Self::Beside, Self::Between, Self::Mixed, Self::Corners, Self::Centre];
}

/// Draws `count` queries of one of [`QueryKind::OF_ROWS`], each of as many values as a point has; equal arguments give equal
/// queries. Between: the middle between two points, whatever their labels are. Corners: those of the box around all points.
///
/// # Panics
///
/// If the kind is one of the contest's vectors alone.
pub fn draw_row_queries(kind: QueryKind, points: &impl Points, count: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut draw = Draw { pcg: Pcg::seed(seed), points, bounds: points.bounds() };
    (0..count).map(|_| draw.query(kind)).collect()
}

struct Draw<'p, P> {
    pcg: Pcg,
    points: &'p P,
    bounds: Vec<(f32, f32)>,
}

impl<P: Points> Draw<'_, P> {
    fn query(&mut self, kind: QueryKind) -> Vec<f32> {
        match kind {
            QueryKind::Uniform => self.each(|pcg, (low, high)| pcg.range((low, high))),
            QueryKind::Corners => self.each(|pcg, (low, high)| pcg.choose(&[low, high])),
            QueryKind::Centre => self.each(|pcg, (low, high)| {
                let (middle, reach) = (low + (high - low) / 2.0, (high - low) * AROUND_CENTRE);
                pcg.range((middle - reach, middle + reach))
            }),
            QueryKind::Beside => self.beside(),
            QueryKind::Between => {
                let (first, second) = (self.any_point(), self.any_point());
                first.iter().zip(second).map(|(first, second)| first / 2.0 + second / 2.0).collect()
            }
            QueryKind::Mixed => (0..self.bounds.len()).map(|dimension| self.any_point()[dimension]).collect(),
            QueryKind::Cube | QueryKind::Sentinel => panic!("{} is no kind of queries for rows", kind.name()),
        }
    }

    /// A value for each dimension, drawn between its bounds.
    fn each(&mut self, value: impl Fn(&mut Pcg, (f64, f64)) -> f64) -> Vec<f32> {
        let Self { pcg, bounds, .. } = self;
        bounds.iter().map(|(low, high)| value(pcg, (f64::from(*low), f64::from(*high))) as f32).collect()
    }

    /// A point with one value moved, inside its bounds.
    fn beside(&mut self) -> Vec<f32> {
        let mut values = self.any_point();
        let dimension = self.pcg.int((0, values.len() as u32)) as usize;
        let (low, high) = self.bounds[dimension];
        let step = self.pcg.choose(&[-BESIDE, BESIDE]) * (f64::from(high) - f64::from(low));
        values[dimension] = ((f64::from(values[dimension]) + step) as f32).clamp(low, high);
        values
    }

    fn any_point(&mut self) -> Vec<f32> {
        self.points.values(self.pcg.int((0, self.points.count())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Three;

    impl Points for Three {
        fn count(&self) -> u32 {
            3
        }

        fn values(&self, point: u32) -> Vec<f32> {
            vec![point as f32, 10.0 * point as f32, 7.0]
        }

        fn bounds(&self) -> Vec<(f32, f32)> {
            vec![(0.0, 2.0), (0.0, 20.0), (7.0, 7.0)]
        }
    }

    #[test]
    fn every_kind_stays_inside_the_box_and_is_drawn_alike_twice() {
        for kind in QueryKind::OF_ROWS {
            let queries = draw_row_queries(kind, &Three, 200, 3);
            assert_eq!(queries, draw_row_queries(kind, &Three, 200, 3));
            assert_ne!(queries[..50], queries[50..100], "{}", kind.name());
            for query in queries {
                let inside = query.iter().zip(Three.bounds()).all(|(value, (low, high))| (low..=high).contains(value));
                assert!(inside && query.len() == 3, "{}: {query:?}", kind.name());
            }
        }
    }

    #[test]
    fn corners_are_corners_and_mixed_values_occur() {
        for query in draw_row_queries(QueryKind::Corners, &Three, 100, 1) {
            assert!([0.0, 2.0].contains(&query[0]) && [0.0, 20.0].contains(&query[1]), "{query:?}");
        }
        let mixed = draw_row_queries(QueryKind::Mixed, &Three, 100, 1);
        assert!(mixed.iter().all(|query| query[0].fract() == 0.0 && (query[1] / 10.0).fract() == 0.0));
        assert!(mixed.iter().any(|query| query[1] != 10.0 * query[0]), "values of one point only");
    }
}
