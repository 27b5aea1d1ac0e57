//! Points, labels, neighbours and the metric between points: the plain types that all rooms share.
//!
//! ```
//! use space::{Label, Neighbour, Point, squared_distance};
//!
//! let (origin, mut values) = (Point::new([0; 14])?, [0; 14]);
//! (values[0], values[1]) = (3, -4);
//! let distance = squared_distance(&origin, &Point::new(values)?);
//! assert_eq!(distance, 25);
//! let _nearest = Neighbour { reference: 0, distance, label: Label::Legit };
//! # Ok::<(), space::OutOfRange>(())
//! ```

mod label;
mod metric;
mod neighbour;
mod point;
mod progress;
mod row_ids;
mod row_metric;
mod rows;

pub use label::Label;
pub use metric::squared_distance;
pub use neighbour::{NEIGHBOURS, Neighbour};
pub use point::{DIMENSIONS, OutOfRange, Point, SCALE};
pub use progress::Progress;
pub use row_ids::RowIds;
pub use row_metric::row_distance;
pub use rows::{MAX_ROW_DIMENSIONS, Rows, RowsError};
