//! A schema compiled: from the values of fields to a vector.

mod dimension;
mod error;
mod fields;
mod grid;
mod lookup;
mod measured;
mod parameters;

use dimension::{Dimension, Raw};
pub use error::VectorError;
use fields::{Fault, Fields};
pub use grid::Grid;
pub use measured::MeasuredValue;
use measured::rounded;
pub(crate) use parameters::Parameters;
pub use parameters::{Fitted, QUANTILES};

use crate::field_tree::{FieldSpec, FieldTree};
use crate::one_pass::OnePass;
use crate::schema_file::{Scale, SchemaFile};
use crate::timestamp::Timestamp;
use crate::value::{Kind, Value};

/// Times that a plan can read: two for each dimension.
const MAX_TIMES: usize = 64;
/// As many as most plans read: slots for more are set up for those only that have more.
const FEW_TIMES: usize = 4;

/// A compiled schema: what is read of a payload or a row, and how that becomes a vector.
///
/// ```
/// use schema::{Plan, SchemaFile, Value};
///
/// let schema = SchemaFile::parse("loans.toml", r#"
///     name = "loans"
///     k = 15
///
///     [[dimension]]
///     name = "income"
///     number = "income"
///     log = true
///
///     [[dimension]]
///     name = "is_renting"
///     flag = "home.is_rented"
///     default = 0
/// "#)?;
/// let plan = Plan::new(&schema);
/// let paths: Vec<_> = plan.fields().iter().map(|field| &*field.path).collect();
/// assert_eq!(paths, ["income", "home.is_rented"]);
/// let mut vector = [0.0; 2];
/// plan.vectorize(&[Value::Number(0.0), Value::Missing], &mut vector).unwrap();
/// assert_eq!(vector, [0.0, 0.0]);
/// # Ok::<(), schema::SchemaError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Plan {
    schema: SchemaFile,
    fingerprint: u64,
    pub(crate) tree: FieldTree,
    pub(crate) one_pass: OnePass,
    times: Box<[usize]>,
    dimensions: Box<[Dimension]>,
}

impl Plan {
    /// Compiles `schema`. Where a scale is found from data, [`Plan::with_fitted`] must follow.
    pub fn new(schema: &SchemaFile) -> Self {
        let tree = FieldTree::of(schema).expect("a schema's paths are checked when it is read");
        let is_time = |(_, field): &(usize, &FieldSpec)| field.kind == Kind::Time;
        let times: Box<[_]> = tree.fields.iter().enumerate().filter(is_time).map(|(number, _)| number).collect();
        let dimensions = schema.dimensions().iter().map(|spec| Dimension::new(spec, &tree, &times)).collect();
        let (one_pass, fingerprint) = (OnePass::of(&tree), schema.fingerprint());
        Self { schema: schema.clone(), fingerprint, tree, one_pass, times, dimensions }
    }

    /// The schema that was compiled.
    pub fn schema(&self) -> &SchemaFile {
        &self.schema
    }

    /// [`SchemaFile::fingerprint`] of the schema; what was found from data is no part of it.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// The fields that dimensions are computed from, each once: the order of the values that [`Plan::vectorize`] takes.
    pub fn fields(&self) -> &[FieldSpec] {
        &self.tree.fields
    }

    /// The length of a vector, 1..=32.
    pub fn dimensions(&self) -> usize {
        self.dimensions.len()
    }

    /// The vector of one payload or row.
    ///
    /// Each value is computed in f64: source, then log, offset, divide, clamp, scale and range, and rounded once to f32. A
    /// zero is never negative. Nothing is allocated.
    ///
    /// # Errors
    ///
    /// A required field that is missing or holds something else; a text that is no time; a value beyond f32.
    ///
    /// # Panics
    ///
    /// If `fields` has not the length of [`Plan::fields`], or `out` not that of [`Plan::dimensions`].
    pub fn vectorize<'p>(&'p self, fields: &[Value<'_>], out: &mut [f32]) -> Result<(), VectorError<'p>> {
        assert_eq!(out.len(), self.dimensions.len(), "a vector has a place for each dimension");
        self.each_value(fields, |number, value| out[number] = rounded(value))
    }

    /// The vector on the fixed grids of its dimensions, computed as in [`Plan::vectorize`] and rounded from f64; `None` if a
    /// dimension has no fixed grid ([`Plan::grid`]).
    ///
    /// # Errors
    ///
    /// As [`Plan::vectorize`].
    ///
    /// # Panics
    ///
    /// As [`Plan::vectorize`].
    pub fn quantize<'p>(&'p self, fields: &[Value<'_>], out: &mut [i16]) -> Option<Result<(), VectorError<'p>>> {
        assert_eq!(out.len(), self.dimensions.len(), "a vector has a place for each dimension");
        if self.dimensions.iter().any(|dimension| dimension.grid.is_none()) {
            return None;
        }
        Some(self.each_value(fields, |number, value| {
            out[number] = self.dimensions[number].grid.map_or(0, |grid| grid.place(value));
        }))
    }

    /// The vector of one payload or row with what each of its values was made of, given to `take` by dimension and in their order.
    /// The values are those of [`Plan::vectorize`] and [`Plan::quantize`], bit for bit. Allocates nothing.
    ///
    /// # Errors
    ///
    /// As [`Plan::vectorize`]; `take` may have been given the dimensions before.
    ///
    /// # Panics
    ///
    /// If `fields` has not the length of [`Plan::fields`].
    pub fn measure<'p>(
        &'p self,
        fields: &[Value<'_>],
        mut take: impl FnMut(usize, MeasuredValue),
    ) -> Result<(), VectorError<'p>> {
        self.read(fields, |fields| {
            for (number, dimension) in self.dimensions.iter().enumerate() {
                take(number, dimension.measure(fields).map_err(|fault| self.error(fault, dimension))?);
            }
            Ok(())
        })
    }

    /// The fixed grid of a dimension, if it has one.
    pub fn grid(&self, dimension: usize) -> Option<Grid> {
        self.dimensions[dimension].grid
    }

    #[inline]
    fn each_value<'p>(&'p self, values: &[Value<'_>], mut take: impl FnMut(usize, f64)) -> Result<(), VectorError<'p>> {
        self.read(values, |fields| {
            for (number, dimension) in self.dimensions.iter().enumerate() {
                take(number, dimension.value(fields).map_err(|fault| self.error(fault, dimension))?);
            }
            Ok(())
        })
    }

    #[inline]
    fn read<'p>(
        &'p self,
        values: &[Value<'_>],
        take: impl FnOnce(&Fields<'_>) -> Result<(), VectorError<'p>>,
    ) -> Result<(), VectorError<'p>> {
        assert_eq!(values.len(), self.tree.fields.len(), "there is a value for each field");
        let (mut few, mut many);
        let times: &mut [Timestamp] = if self.times.len() <= FEW_TIMES {
            few = [Timestamp::UNIX_EPOCH; FEW_TIMES];
            &mut few
        } else {
            many = [Timestamp::UNIX_EPOCH; MAX_TIMES];
            &mut many
        };
        match Fields::read(values, &self.times, times) {
            Ok(fields) => take(&fields),
            Err(fault) => Err(self.error(fault, &self.dimensions[0])),
        }
    }

    /// `fault` of `dimension`, or of a field whatever the dimension is, in words.
    #[cold]
    fn error<'p>(&'p self, fault: Fault, dimension: &'p Dimension) -> VectorError<'p> {
        let (path, dimension) = (|field: usize| &*self.tree.fields[field].path, &*dimension.name);
        match fault {
            Fault::Missing(field) => VectorError::Missing(path(field)),
            Fault::WrongType(field, expected) => VectorError::WrongType { field: path(field), expected },
            Fault::NotATimestamp(field) => VectorError::NotATimestamp(path(field)),
            Fault::DivisorZero(field) => VectorError::DivisorZero { field: path(field), dimension },
            Fault::OutOfRange => VectorError::OutOfRange(dimension),
            Fault::NotFitted => VectorError::NotFitted(dimension),
        }
    }

    /// Whether a scale is found from data and was not yet.
    pub fn needs_data(&self) -> bool {
        let is_missing = |dimension: &Dimension| {
            matches!(dimension.scale, Scale::MinMax | Scale::Quantiles) && dimension.parameters.is_none()
        };
        self.dimensions.iter().any(is_missing)
    }

    /// The plan for rows whose labels and names are not known. It makes the same vectors.
    #[must_use]
    pub fn without_labels(mut self) -> Self {
        (self.schema.labels, self.schema.row_id) = (None, None);
        self
    }

    /// What was found from data; `None` for what has not been yet, and for what need not be.
    pub fn fitted(&self) -> Fitted {
        Fitted { parameters: self.dimensions.iter().map(|dimension| dimension.parameters.clone()).collect() }
    }

    /// The plan with what was found from data for it.
    ///
    /// # Panics
    ///
    /// If `fitted` is another schema's.
    #[must_use]
    pub fn with_fitted(mut self, fitted: Fitted) -> Self {
        assert_eq!(fitted.parameters.len(), self.dimensions.len(), "what was found is of this schema");
        for (dimension, parameters) in self.dimensions.iter_mut().zip(fitted.parameters) {
            let count = parameters.as_ref().map_or(0, |parameters| parameters.numbers().len());
            assert_eq!(count, Parameters::count(dimension.scale), "what was found is of this schema");
            dimension.parameters = parameters;
        }
        self
    }

    /// The values of one row whose scale is found from data, before they are scaled: its dimension and the value.
    pub(crate) fn each_unscaled<'p>(
        &'p self,
        fields: &[Value<'_>],
        mut take: impl FnMut(usize, f64),
    ) -> Result<(), VectorError<'p>> {
        self.read(fields, |fields| {
            for (number, dimension) in self.dimensions.iter().enumerate() {
                let error = |fault| self.error(fault, dimension);
                match dimension.raw(fields).map_err(error)? {
                    Raw::Absent(fault) if !dimension.has_default() => return Err(error(fault)),
                    Raw::Number(raw) if matches!(dimension.scale, Scale::MinMax | Scale::Quantiles) => {
                        let value = dimension.stepped(raw);
                        if !(value as f32).is_finite() {
                            return Err(VectorError::OutOfRange(&dimension.name));
                        }
                        take(number, value + 0.0);
                    }
                    Raw::Number(_) | Raw::AsItIs(_) | Raw::Absent(_) => {}
                }
            }
            Ok(())
        })
    }
}
