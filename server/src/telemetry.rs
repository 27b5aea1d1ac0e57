//! What a serving thread counts, for those who look from other threads.
//!
//! The serving thread is the one writer: it pays a load and a store for each number, waits for nobody and allocates
//! nothing. `admin` shows it.

mod counts;
mod histogram;

pub use counts::{Answer, Telemetry};
pub use histogram::Histogram;
