//! The fixed grid of a dimension: values as whole numbers.

/// Places of a dimension's fixed grid: a value is multiplied by [`Grid::steps_per_unit`], rounded half away from zero, and
/// counted from [`Grid::origin`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    steps_per_unit: f64,
    origin: f64,
}

impl Grid {
    /// `range` and `resolution` as a schema has checked them: at most 65,534 steps.
    pub(super) fn new([least, most]: [f64; 2], resolution: f64) -> Self {
        let exact = 1.0 / resolution;
        // 0.0001 is no binary number, but whoever writes it means 10,000 steps
        let steps_per_unit = if (exact - exact.round()).abs() <= exact * 1e-12 { exact.round() } else { exact };
        Self { steps_per_unit, origin: ((least / 2.0 + most / 2.0) * steps_per_unit).round() }
    }

    /// Points of the grid in a distance of 1.
    pub fn steps_per_unit(self) -> f64 {
        self.steps_per_unit
    }

    /// The number of steps from the value 0 to the grid's middle, whose place is 0.
    pub fn origin(self) -> f64 {
        self.origin
    }

    /// The place of a value of the range.
    pub fn place(self, value: f64) -> i16 {
        (rounded(value * self.steps_per_unit) - self.origin) as i16
    }
}

/// Half away from zero, as [`f64::round`], which is a call where SSE4.1 is not a given.
fn rounded(value: f64) -> f64 {
    /// From here on every f64 is a whole number.
    const ALL_WHOLE: f64 = (1_u64 << 52) as f64;
    if value.abs() >= ALL_WHOLE {
        return value;
    }
    // what truncation takes away is exact
    let whole = value as i64 as f64;
    let rest = value - whole;
    whole + f64::from(u8::from(rest >= 0.5)) - f64::from(u8::from(rest <= -0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_around_zero_has_its_places_there() {
        let grid = Grid::new([-1.0, 1.0], 0.0001);
        assert_eq!((grid.steps_per_unit(), grid.origin()), (10_000.0, 0.0));
        for (value, place) in [(-1.0, -10_000), (1.0, 10_000), (0.00005, 1), (0.00004, 0), (-0.00005, -1), (0.15, 1500)]
        {
            assert_eq!(grid.place(value), place, "{value}");
        }
    }

    #[test]
    fn rounding_is_the_standard_librarys() {
        for halves in -40_000..=40_000 {
            let value = f64::from(halves) / 2.0;
            for value in [value.next_down(), value, value.next_up(), value * 1e12, value * 1e300, value * 1e-300] {
                assert_eq!(rounded(value), value.round(), "{value}");
            }
        }
    }

    #[test]
    fn a_grid_elsewhere_is_counted_from_its_middle() {
        let grid = Grid::new([100.0, 200.0], 0.25);
        assert_eq!([100.0, 150.0, 150.1, 150.13, 200.0].map(|value| grid.place(value)), [-200, 0, 0, 1, 200]);
        let widest = Grid::new([0.0, 65_534.0], 1.0);
        assert_eq!([0.0, 65_534.0].map(|value| widest.place(value)), [-32_767, 32_767]);
        let thirds = Grid::new([0.0, 3.0], 0.3);
        assert_eq!([0.0, 1.5, 3.0].map(|value| thirds.place(value)), [-5, 0, 5]);
    }
}
