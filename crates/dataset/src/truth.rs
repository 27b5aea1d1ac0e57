//! The answers that search engines are measured against, by brute force over all references.

mod avx2;
mod best;
mod label;
mod scan;
mod tile;

pub use label::{label, nearest};
