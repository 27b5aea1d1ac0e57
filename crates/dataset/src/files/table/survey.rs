//! What the columns of a table hold: types, ranges, how often nothing.

use super::any::Table;
use super::cell::{Cell, flag, is_time};
use super::error::TableError;
use super::input::TableInput;
use super::rows::Summary;
use super::selection::Wanted;
use crate::Progress;
use schema::Kind;
use std::collections::BTreeSet;

/// Different texts that a survey lists; of more it says that there are more.
const LISTED_VALUES: usize = 256;
/// The longest of these; a column with a longer one has no list.
const LISTED_BYTES: usize = 256;

/// What a table holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    /// Its columns, in their order.
    pub columns: Vec<ColumnSurvey>,
    /// Its rows.
    pub summary: Summary,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnSurvey {
    /// Its name.
    pub name: String,
    /// What all its values are; `None` if there is none, or they differ. Text without types is taken for numbers, flags
    /// or times where all of it is.
    pub kind: Option<Kind>,
    /// Rows that have nothing in it.
    pub missing: u64,
    /// Values that no column can hold: numbers that are not finite, and what is no single value.
    pub bad: u64,
    /// The finite numbers in it.
    pub numbers: Option<NumberSurvey>,
    /// Its different texts, whole numbers and flags, sorted as texts, if these are all it has and they are few.
    pub values: Option<BTreeSet<String>>,
}

/// What the numbers of a column are like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NumberSurvey {
    /// How many.
    pub count: u64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// Whether all are whole.
    pub is_whole: bool,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, of all of them and not of a sample.
    pub deviation: f64,
    /// Their third standardised moment: 0 if they lie evenly about the mean, above 1 if a few are far above the others.
    pub skewness: f64,
}

/// Reads all of a table to tell what its columns hold. Bad rows are counted.
///
/// # Errors
/// The [`TableError`]s of a table that cannot be read.
pub fn survey(input: &TableInput, progress: &Progress<'_>) -> Result<Survey, TableError> {
    let table = Table::open(&TableInput { skip_bad: true, ..input.clone() })?;
    let names = table.names().to_vec();
    let places: Vec<usize> = (0..names.len()).collect();
    let mut tallies = vec![Tally::default(); names.len()];
    let summary = table.read(Wanted::At(&places), u64::MAX, progress, &mut |_, cells| {
        for (tally, cell) in tallies.iter_mut().zip(cells) {
            tally.add(cell);
        }
        Ok(())
    })?;
    let columns = names.into_iter().zip(tallies).map(|(name, tally)| tally.finish(name)).collect();
    Ok(Survey { columns, summary })
}

/// What was seen of a column.
#[derive(Clone)]
struct Tally {
    missing: u64,
    bad: u64,
    /// How many of each kind, in the order of [`KINDS`].
    kinds: [u64; KINDS.len()],
    moments: Moments,
    /// `None` once it is known that they are many or have no text.
    values: Option<BTreeSet<String>>,
    is_untyped: bool,
}

const KINDS: [Kind; 5] = [Kind::Number, Kind::Flag, Kind::Text, Kind::Time, Kind::Texts];

impl Default for Tally {
    fn default() -> Self {
        let values = Some(BTreeSet::new());
        Self { missing: 0, bad: 0, kinds: [0; KINDS.len()], moments: Moments::default(), values, is_untyped: false }
    }
}

impl Tally {
    fn add(&mut self, cell: &Cell<'_>) {
        match cell {
            Cell::Absent | Cell::Null | Cell::Untyped("") => self.missing += 1,
            Cell::Untyped(text) => {
                self.is_untyped = true;
                self.add_untyped(text);
            }
            Cell::Number(value) => self.add_number(*value),
            Cell::Whole(value) => self.add_number(*value as f64),
            Cell::Flag(flag) => {
                self.count(Kind::Flag);
                self.add_value(if *flag { "true" } else { "false" });
            }
            Cell::Text(text) => {
                self.count(if is_time(text) { Kind::Time } else { Kind::Text });
                self.add_value(text);
            }
            Cell::Texts(_) => {
                self.count(Kind::Texts);
                self.values = None;
            }
            Cell::Other(_) => self.bad += 1,
        }
    }

    fn add_untyped(&mut self, text: &str) {
        match text.trim_ascii().parse() {
            Ok(value) => self.add_number(value),
            Err(_) if flag(text).is_some() => {
                self.count(Kind::Flag);
                self.add_value(text);
            }
            Err(_) => {
                self.count(if is_time(text) { Kind::Time } else { Kind::Text });
                self.add_value(text);
            }
        }
    }

    fn add_number(&mut self, value: f64) {
        if !value.is_finite() {
            self.bad += 1;
            return;
        }
        self.count(Kind::Number);
        self.moments.add(value);
        if value.fract() != 0.0 {
            self.values = None;
        } else if self.values.is_some() {
            self.add_value(&value.to_string());
        }
    }

    fn add_value(&mut self, text: &str) {
        let Some(values) = &mut self.values else { return };
        if values.contains(text) {
            return;
        }
        if values.len() == LISTED_VALUES || text.len() > LISTED_BYTES {
            self.values = None;
        } else {
            values.insert(text.to_owned());
        }
    }

    fn count(&mut self, kind: Kind) {
        if let Some(place) = KINDS.iter().position(|of| *of == kind) {
            self.kinds[place] += 1;
        }
    }

    fn finish(self, name: String) -> ColumnSurvey {
        let seen: Vec<Kind> =
            KINDS.iter().zip(self.kinds).filter(|(_, count)| *count > 0).map(|(kind, _)| *kind).collect();
        let zeros_and_ones = self.moments.min >= 0.0 && self.moments.max <= 1.0 && self.moments.is_whole;
        let kind = match seen[..] {
            [kind] => Some(kind),
            [Kind::Number, Kind::Flag] if zeros_and_ones => Some(Kind::Flag),
            // a time is a text that happens to be one, and so is any text without types
            [Kind::Text, Kind::Time] => Some(Kind::Text),
            [_, _, ..] if self.is_untyped => Some(Kind::Text),
            _ => None,
        };
        let values = self.values.filter(|values| !values.is_empty());
        ColumnSurvey { name, kind, missing: self.missing, bad: self.bad, numbers: self.moments.finish(), values }
    }
}

/// Numbers seen so far, by one-pass formulas that stay exact where the mean is large against the spread.
#[derive(Clone)]
struct Moments {
    count: u64,
    min: f64,
    max: f64,
    is_whole: bool,
    mean: f64,
    /// Sums of the second and third powers of the distances from the mean.
    second: f64,
    third: f64,
}

impl Default for Moments {
    fn default() -> Self {
        let (min, max) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { count: 0, min, max, is_whole: true, mean: 0.0, second: 0.0, third: 0.0 }
    }
}

impl Moments {
    fn add(&mut self, value: f64) {
        let before = self.count as f64;
        self.count += 1;
        let count = self.count as f64;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.is_whole &= value.fract() == 0.0;
        let delta = value - self.mean;
        let step = delta / count;
        let term = delta * step * before;
        self.mean += step;
        self.third += term * step * (count - 2.0) - 3.0 * step * self.second;
        self.second += term;
    }

    fn finish(&self) -> Option<NumberSurvey> {
        let Self { count, min, max, is_whole, mean, second, third } = *self;
        let variance = second / count as f64;
        let skewness = if variance > 0.0 { third / count as f64 / variance.powf(1.5) } else { 0.0 };
        (count > 0).then(|| NumberSurvey { count, min, max, is_whole, mean, deviation: variance.sqrt(), skewness })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_definition() {
        let values = [1.0, 2.0, 2.5, 10.0, -3.0, 0.0];
        let mut moments = Moments::default();
        values.iter().for_each(|value| moments.add(1e6 + value));
        let found = moments.finish().unwrap();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let power = |exponent| values.iter().map(|value| (value - mean).powi(exponent)).sum::<f64>() / count;
        assert_eq!((found.count, found.min, found.max, found.is_whole), (6, 999_997.0, 1_000_010.0, false));
        assert!((found.mean - 1e6 - mean).abs() < 1e-6);
        assert!((found.deviation - power(2).sqrt()).abs() < 1e-6);
        assert!((found.skewness - power(3) / power(2).powf(1.5)).abs() < 1e-6);
        assert_eq!(Moments::default().finish(), None);
    }
}
