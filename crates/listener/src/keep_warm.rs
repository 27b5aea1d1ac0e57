//! Keeps the core from sleeping deeply, at the price of a small share of it: short waits, each followed by a look at the
//! network without waiting.

use crate::fair_yield::FairYield;
use crate::limits;
use runtime::driver;
use std::num::NonZeroU64;
use std::time::Instant;

/// Runs for ever.
pub async fn keep_warm(fair_yield: &FairYield) {
    // Else the kernel adds 50 us to each wait. Where it refuses, it stays at that.
    let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
    loop {
        driver::sleep(limits::WARM_WAIT_MS).await;
        let woken = Instant::now();
        while woken.elapsed().as_micros() < u128::from(limits::WARM_SPIN_US) {
            fair_yield.yield_now().await;
        }
    }
}
