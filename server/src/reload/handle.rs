//! The reload thread, as other threads see it.

use super::asks::Asks;
use super::current::Current;
use std::sync::Arc;

/// What other threads see of reloading.
#[derive(Clone)]
pub struct Reload {
    /// What answers, and what was refused.
    pub current: Arc<Current>,
    /// To ask for a look at what is published.
    pub asks: Arc<Asks>,
}
