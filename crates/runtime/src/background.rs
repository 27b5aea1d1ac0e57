//! Threads beside the serving one, which must not notice them.
//!
//! Such a thread may run on all cores that the process was given, though the serving thread keeps itself to one: where
//! there is another core it works there. Where there is none, or that is busy, it gives way, and a [`Pace`] keeps it from
//! using up what a container may use of its cores.

use nix::sys::signal::{SigSet, Signal};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};
use std::io;
use std::sync::Mutex;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// Enough for the deepest walk of an index and for a line of the log.
const STACK_BYTES: usize = 256 * 1024;
/// As far as it goes, relative to the thread that starts it.
///
/// A thread that answers in 5 us, asked 2,000 times a second, and one that never rests, both on one core, had these 99th
/// percentiles of the answers (medians of seven runs beside other work, Linux 6.18): 0.26 ms at this niceness, 0.31 ms with
/// SCHED_IDLE, 2.8 ms without either, 3.0 ms with SCHED_BATCH. Of a core that is never idle the other one got 1.1 % at this
/// niceness, and 0.3 % with SCHED_IDLE, which would keep what it has locked waiting for longer.
const NICENESS: i32 = 19;
/// The longest that a thread sleeps at a time for its pace.
const LONGEST_REST: Duration = Duration::from_secs(1);
/// Shorter rests are saved up: the kernel sleeps a little longer than it was asked to.
const SHORTEST_REST: Duration = Duration::from_millis(1);

/// They are for the serving thread: it must have taken one that came before a request when it takes the request. Faults such
/// as SIGBUS are those of the thread that makes them.
const NOT_FOR_US: [Signal; 6] =
    [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGALRM, Signal::SIGUSR1, Signal::SIGUSR2];

/// The cores that this process was given.
#[derive(Clone, Copy, Debug)]
pub struct Cores(Option<CpuSet>);

impl Cores {
    /// Those that the calling thread may use. To be asked before that thread pins itself.
    pub fn of_this_thread() -> Self {
        Self(sched_getaffinity(None).ok())
    }
}

/// Starts a thread that may use `cores`, gives way to all others and takes no signals. `name` has at most 15 bytes, as the kernel keeps no
/// more.
///
/// # Errors
///
/// The system has no memory or no process number left.
pub fn start<T: Send + 'static>(
    name: &str,
    cores: Cores,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    Builder::new().name(name.to_owned()).stack_size(STACK_BYTES).spawn(move || {
        // Where the kernel refuses any of it, the thread does its work all the same.
        let _ = NOT_FOR_US.into_iter().collect::<SigSet>().thread_block();
        if let Some(cores) = cores.0 {
            let _ = sched_setaffinity(None, &cores);
        }
        let _ = rustix::process::nice(NICENESS);
        work()
    })
}

/// Keeps the thread that calls [`Pace::rest`] to a share of one core, by the thread's own clock of processor time.
///
/// What was not used while the thread waited for something else is not saved for later.
#[derive(Debug)]
pub struct Pace {
    /// In thousandths of a core.
    share: u32,
    last: Mutex<Option<Reading>>,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    at: Instant,
    used: Duration,
    /// How long the thread still has to rest for what it had used by then.
    due: Duration,
}

impl Pace {
    /// At most `thousandths` of one core; 1,000 and more never rests.
    ///
    /// # Panics
    ///
    /// If `thousandths` is 0.
    pub const fn new(thousandths: u32) -> Self {
        assert!(thousandths > 0, "a thread without a share would rest for ever");
        Self { share: thousandths, last: Mutex::new(None) }
    }

    /// Sleeps as long as the calling thread is ahead of its share. To be called every few milliseconds of work, and always
    /// by the same thread.
    pub fn rest(&self) {
        if self.share >= 1_000 {
            return;
        }
        let rest = self.due();
        if rest >= SHORTEST_REST {
            std::thread::sleep(rest.min(LONGEST_REST));
        }
    }

    /// How long the thread would have to sleep now to be back at its share.
    fn due(&self) -> Duration {
        let (at, used) = (Instant::now(), used());
        let mut last = self.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let due = last.map_or(Duration::ZERO, |last| {
            let work = used.saturating_sub(last.used);
            let allowed_after = work.saturating_mul(1_000) / self.share;
            (last.due + allowed_after).saturating_sub(at - last.at)
        });
        *last = Some(Reading { at, used, due });
        due
    }
}

/// Processor time of the calling thread.
fn used() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::affinity;

    #[test]
    fn a_thread_gets_all_cores_though_its_parent_is_pinned() {
        let (given, found, name) = std::thread::spawn(|| {
            let (cores, given) = (Cores::of_this_thread(), affinity::allowed_cores());
            affinity::pin_to(given[0]).unwrap();
            let look = || (affinity::allowed_cores(), std::thread::current().name().map(str::to_owned));
            let (found, name) = start("background", cores, look).unwrap().join().unwrap();
            (given, found, name)
        })
        .join()
        .unwrap();
        assert_eq!((found, name.as_deref()), (given, Some("background")));
    }

    #[test]
    fn a_thread_is_less_urgent_than_its_parent_and_leaves_it_as_it_is() {
        let own = rustix::process::nice(0).unwrap();
        let look = || rustix::process::nice(0).unwrap();
        let theirs = start("background", Cores::of_this_thread(), look).unwrap().join().unwrap();
        assert_eq!((theirs, look()), (19, own));
    }

    #[test]
    fn signals_are_left_to_other_threads() {
        let blocked = || SigSet::thread_get_mask().unwrap();
        let theirs = start("background", Cores::of_this_thread(), blocked).unwrap().join().unwrap();
        assert!(NOT_FOR_US.iter().all(|&signal| theirs.contains(signal)));
        assert!(!theirs.contains(Signal::SIGBUS) && !blocked().contains(Signal::SIGTERM));
    }

    fn work(time: Duration) {
        let end = used() + time;
        while used() < end {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn a_paced_thread_uses_no_more_than_its_share() {
        let pace = Pace::new(200);
        let (begun, before) = (Instant::now(), used());
        pace.rest();
        for _ in 0..25 {
            work(Duration::from_millis(2));
            pace.rest();
        }
        let share = (used() - before).as_secs_f64() / begun.elapsed().as_secs_f64();
        // A busy machine gives it less; never more, but for what was done since the last rest.
        assert!(share < 0.23, "{share:.3} of a core");
    }

    #[test]
    fn waiting_is_not_saved_up_for_later() {
        let pace = Pace::new(100);
        pace.rest();
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(pace.due(), Duration::ZERO);
        work(Duration::from_millis(2));
        assert!(pace.due() > Duration::from_millis(10));
    }

    #[test]
    fn a_whole_core_never_rests() {
        let pace = Pace::new(1_000);
        work(Duration::from_millis(5));
        let begun = used();
        pace.rest();
        assert!(used() - begun < Duration::from_millis(5));
        assert!(pace.last.lock().unwrap().is_none());
    }
}
