//! Asks one part of the system whether it can answer: `GET /ready`.

use load_test::{Endpoint, get_status};
use std::time::Duration;

/// For one question; a part that takes longer is asked again.
const TIMEOUT: Duration = Duration::from_secs(1);

/// True if the answer is a 2xx.
pub fn ready(endpoint: &Endpoint) -> bool {
    get_status(endpoint, "/ready", TIMEOUT).is_ok_and(|status| (200..300).contains(&status))
}
