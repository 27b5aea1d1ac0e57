//! Finds the scales that a schema leaves to the data.

use crate::plan::{Fitted, Parameters, Plan, QUANTILES, VectorError};
use crate::schema_file::{MAX_DIMENSIONS, Scale};

/// The most values of a dimension that are kept for its quantiles.
const MAX_SAMPLE: usize = 1 << 16;

/// Takes rows and finds the scales of their dimensions.
///
/// Its memory does not grow with the rows: the least and greatest value are those of all rows; other quantiles are those
/// of every second, fourth, eighth … row, as many as 65,536 values of a dimension allow. Equal rows in equal order give
/// equal scales.
#[derive(Debug)]
pub struct Fitter<'p> {
    plan: &'p Plan,
    columns: Vec<Column>,
}

/// No row has a value of a dimension whose scale is to be found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the dimension {0}: no row has a value to find its scale by")]
pub struct NothingToFit(Box<str>);

/// The values of one dimension.
#[derive(Debug)]
struct Column {
    scale: Scale,
    /// The least and the greatest so far.
    ends: [f64; 2],
    /// How many there were.
    count: u64,
    /// Every how many-th is kept.
    every: u64,
    kept: Vec<f64>,
}

impl Plan {
    /// What finds the scales that the schema leaves to the data.
    pub fn fitter(&self) -> Fitter<'_> {
        let ends = [f64::INFINITY, f64::NEG_INFINITY];
        let column = |scale| Column { scale, ends, count: 0, every: 1, kept: Vec::new() };
        let scales = self.schema().dimensions().iter().map(|dimension| dimension.scale);
        Fitter { plan: self, columns: scales.map(column).collect() }
    }
}

impl<'p> Fitter<'p> {
    /// Takes one row: the values of [`Plan::fields`]. A row at fault changes nothing.
    ///
    /// # Errors
    ///
    /// As [`Plan::vectorize`].
    ///
    /// # Panics
    ///
    /// As [`Plan::vectorize`].
    pub fn push(&mut self, fields: &[crate::value::Value<'_>]) -> Result<(), VectorError<'p>> {
        let mut values = [None; MAX_DIMENSIONS];
        self.plan.each_unscaled(fields, |number, value| values[number] = Some(value))?;
        for (column, value) in self.columns.iter_mut().zip(values) {
            if let Some(value) = value {
                column.push(value);
            }
        }
        Ok(())
    }

    /// What the rows say.
    ///
    /// # Errors
    ///
    /// A dimension of which no row has a value.
    pub fn finish(self) -> Result<Fitted, NothingToFit> {
        let names = self.plan.schema().dimensions().iter().map(|dimension| &dimension.name);
        let parameters = self.columns.into_iter().zip(names).map(|(column, name)| match column.scale {
            Scale::None | Scale::Grid { .. } => Ok(None),
            Scale::MinMax | Scale::Quantiles => {
                column.parameters().map(Some).ok_or_else(|| NothingToFit(name.as_str().into()))
            }
        });
        Ok(Fitted { parameters: parameters.collect::<Result<_, _>>()? })
    }
}

impl Column {
    fn push(&mut self, value: f64) {
        self.ends = [self.ends[0].min(value), self.ends[1].max(value)];
        if self.scale == Scale::Quantiles && self.count.is_multiple_of(self.every) {
            if self.kept.len() == MAX_SAMPLE {
                let mut place = 0;
                self.kept.retain(|_| {
                    place += 1;
                    place % 2 == 1
                });
                self.every *= 2;
            }
            // what was kept are multiples of twice the distance now; this one is, too, as their number was even
            self.kept.push(value);
        }
        self.count += 1;
    }

    fn parameters(mut self) -> Option<Parameters> {
        let [least, most] = self.ends;
        if self.count == 0 {
            return None;
        }
        if self.scale == Scale::MinMax {
            return Parameters::new(self.scale, &self.ends);
        }
        self.kept.sort_unstable_by(f64::total_cmp);
        let last = QUANTILES - 1;
        let quantile = |number: usize| match number {
            0 => least,
            _ if number == last => most,
            // to the nearest rank
            _ => self.kept[(number * (self.kept.len() - 1) + last / 2) / last],
        };
        Parameters::new(self.scale, &(0..QUANTILES).map(quantile).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: impl IntoIterator<Item = f64>) -> Column {
        let ends = [f64::INFINITY, f64::NEG_INFINITY];
        let mut column = Column { scale: Scale::Quantiles, ends, count: 0, every: 1, kept: Vec::new() };
        values.into_iter().for_each(|value| column.push(value));
        column
    }

    #[test]
    fn few_values_are_all_kept_and_many_in_equal_distances() {
        for count in [1, 2, MAX_SAMPLE, MAX_SAMPLE + 1, 3 * MAX_SAMPLE, 1_000_000] {
            let column = column((0..count).map(|n| n as f64));
            let distance = count.div_ceil(MAX_SAMPLE).next_power_of_two();
            assert_eq!(column.every, distance as u64, "{count}");
            assert!(column.kept.iter().enumerate().all(|(n, value)| *value == (n * distance) as f64), "{count}");
            assert_eq!(column.kept.len(), count.div_ceil(distance), "{count}");
            let parameters = column.parameters().unwrap();
            let numbers = parameters.numbers();
            assert_eq!([numbers[0], numbers[QUANTILES - 1]], [0.0, (count - 1) as f64], "{count}");
            let middle = parameters.scale((count - 1) as f64 / 2.0);
            assert!(count == 1 || (middle - 0.5).abs() < 0.003, "{count}: {middle}");
        }
    }
}
