//! What commands say and when they stop: results, messages, progress, exit statuses, signals.

pub mod advice;
pub mod exit;
pub mod interrupt;
pub mod output;
pub mod progress;
