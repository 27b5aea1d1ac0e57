//! Time to the nanosecond, and waking up in time.

use rustix::event::epoll;
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
use std::io;
use std::num::NonZeroU64;
use std::os::fd::OwnedFd;
use std::time::Instant;

/// A sleep ends so long before its time, and the rest is spent looking at the clock and the sockets. Waking up takes
/// an idle core tens of microseconds.
const SPIN_NS: u64 = 120_000;
/// No sleep is longer, so that an interruption is noticed.
const LONGEST_SLEEP_NS: u64 = 50_000_000;
const SECOND_NS: u64 = 1_000_000_000;

/// Nanoseconds since it was made.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn now_ns(&self) -> u64 {
        self.0.elapsed().as_nanos() as u64
    }
}

/// Ends waits for sockets with more precision than the milliseconds of epoll's own time-out.
#[derive(Debug)]
pub struct Alarm {
    timer: OwnedFd,
    /// When it goes off; none if it has, or was never set.
    set_ns: Option<u64>,
}

/// How to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Only look.
    Look,
    /// Until something happens, the alarm included.
    Sleep,
}

impl Alarm {
    /// Its events carry `token`.
    pub fn new(epoll: &OwnedFd, token: u64) -> io::Result<Self> {
        // By default the kernel may wake a thread 50 us late to save power.
        rustix::thread::set_current_timer_slack(NonZeroU64::new(1))?;
        let timer =
            rustix::time::timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        epoll::add(epoll, &timer, epoll::EventData::new_u64(token), epoll::EventFlags::IN | epoll::EventFlags::ET)?;
        Ok(Self { timer, set_ns: None })
    }

    /// Sets it a moment before `due_ns`, and says whether there is time to sleep.
    pub fn set(&mut self, now_ns: u64, due_ns: u64) -> io::Result<Wait> {
        let wake_ns = due_ns.saturating_sub(SPIN_NS).min(now_ns + LONGEST_SLEEP_NS);
        if wake_ns <= now_ns {
            return Ok(Wait::Look);
        }
        // Any earlier setting still ahead would end the sleep too early, a later one too late.
        if self.set_ns != Some(wake_ns) {
            let after_ns = wake_ns - now_ns;
            let it_value = Timespec { tv_sec: (after_ns / SECOND_NS) as i64, tv_nsec: (after_ns % SECOND_NS) as i64 };
            let setting = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value };
            rustix::time::timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &setting)?;
            self.set_ns = Some(wake_ns);
        }
        Ok(Wait::Sleep)
    }

    /// To be called for its events.
    pub fn went_off(&mut self) {
        self.set_ns = None;
    }
}
