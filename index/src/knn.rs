//! The k nearest of any rows, exact on the values given: 1 to 32 dimensions, any labels, copies stored once.
//!
//! ```
//! use index::InstructionSet;
//! use index::knn::{NearestRows, RowImage, RowIndex, RowOptions};
//! use space::Rows;
//!
//! let values = [0.0, 0.0, 3.0, 4.0, 6.0, 8.0, 3.0, 4.0];
//! let rows = Rows::new(2, &values)?;
//! let image = RowImage::plan(rows, RowOptions::default(), &|_, _, _| {})?;
//! let mut bytes = Vec::new();
//! image.write(&[], &mut bytes)?;
//!
//! let index = RowIndex::open(&bytes, InstructionSet::detect(), &|_, _, _| {})?;
//! let mut nearest = NearestRows::with_room_for(3);
//! let found = index.search(&[3.0, 3.0], 3, &mut nearest)?;
//! let found: Vec<_> = found.iter().map(|found| (found.row, found.distance)).collect();
//! assert_eq!(found, [(1, 1.0), (3, 1.0), (0, 18.0)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod build;
mod cells;
mod encoder;
mod error;
mod grid;
pub mod layout;
mod open;
mod row_index;
mod search;
mod sections;
mod validate;

pub use build::{Choice, Estimate, RowBuildError, RowImage, RowOptions};
pub use error::RowImageError;
pub use layout::{ENGINE, MAX_DIMENSIONS, MAX_NEIGHBOURS, Method};
pub use row_index::{RowIndex, RowInfo};
pub use search::{Counted, Found, NearestRows, QueryError, SearchWork};
