//! How long work tells how far it is.

/// Told `(phase, done, total)` at the start (`done` 0) and end (`done == total`) of each phase, and now and then between.
/// A total of 0 means that it is not known yet.
pub type Progress<'a> = dyn Fn(&'static str, u64, u64) + Sync + 'a;
