//! What a run is to do.

use crate::plan::Plan;
use std::time::Duration;

/// How long the contest waits for an answer.
const PATIENCE: Duration = Duration::from_millis(2001);

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

impl Test {
    /// Each payload once on one connection, one after the other, with the contest's patience.
    pub const fn sequential() -> Self {
        Self { plan: Plan::Sequential, least_connections: 1, most_connections: 1, timeout: PATIENCE, cpu: None }
    }
}
