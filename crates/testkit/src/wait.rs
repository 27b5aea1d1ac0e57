//! Waiting for what another process or thread does, instead of sleeping for as long as it usually takes.

use std::time::{Duration, Instant};

/// Nothing that a server does takes longer on a loaded machine; what does is a hang.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Waits for a condition; false when it does not come within `limit`.
///
/// ```
/// use testkit::wait::{PATIENCE, comes_true};
///
/// let thread = std::thread::spawn(|| ());
/// assert!(comes_true(PATIENCE, || thread.is_finished()));
/// ```
pub fn comes_true(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    while !condition() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    true
}
