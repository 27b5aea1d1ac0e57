//! What commands work on: the data folder with the official index and payload sets, and files of one's own.

pub mod data;
pub mod index_image;
pub mod references_source;
pub mod usable_file;
