//! What a run is to do.

use crate::plan::Plan;
use std::time::Duration;

/// What to run.
#[derive(Clone, Debug)]
pub struct Test {
    /// What to send when.
    pub plan: Plan,
    /// Connections opened before the first request; a closed loop goes by its plan.
    pub least_connections: usize,
    /// Connections opened at most.
    pub most_connections: usize,
    /// A request without a whole answer by then is an error.
    pub timeout: Duration,
    /// The core that sends; none: the kernel chooses.
    pub cpu: Option<usize>,
}
