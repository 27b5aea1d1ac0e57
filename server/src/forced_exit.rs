//! How the process ends when its loop cannot end it: asked to stop while the loop hangs, a bus error, a panic.
#![allow(unsafe_code, reason = "signal handlers, and alarm(2), which only libc has")]

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGALRM, SIGBUS, SIGINT, SIGTERM};
use signal_hook::low_level::{exit, register};
use std::ffi::c_int;
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU32, Ordering};

/// Exit code of a server whose index changed under it, or in which a fault of the program came to light.
pub const CHANGED_OR_FAULTY: c_int = 6;
/// Exit code of a server that had to be ended after it was asked to stop.
const STUCK: c_int = 1;

/// Time that the loop gets beside the drain time-out; `alarm` counts whole seconds. Together less than the 10 s after
/// which container runtimes kill, with the default time-out.
const MARGIN_S: u32 = 1;

const STUCK_MESSAGE: &[u8] = b"ERROR the server did not stop within its drain time-out and a second: ended\n";
const BUS_MESSAGE: &[u8] = b"ERROR bus error: the index's file in shared memory was cut off while it was served, or \
    its memory is broken; load the index again\n";

/// Seconds until a stop that was asked for is forced; 0 once the clock runs.
static FORCED_AFTER_S: AtomicU32 = AtomicU32::new(0);

/// From now on SIGTERM and SIGINT end the process in bounded time whatever it does, and it says why it dies of a bus
/// error or a panic.
pub fn arm(drain_timeout_ms: u64) -> io::Result<()> {
    let drain_s = u32::try_from(drain_timeout_ms.div_ceil(1_000)).unwrap_or(u32::MAX - MARGIN_S);
    FORCED_AFTER_S.store(drain_s + MARGIN_S, Ordering::Relaxed);
    // SAFETY: the handlers do nothing but what a signal may interrupt anywhere: an atomic swap, and the system calls
    // alarm, ppoll, write and exit_group. None of them allocates, locks or unwinds.
    unsafe {
        register(SIGTERM, start_clock)?;
        register(SIGINT, start_clock)?;
        register(SIGALRM, || end(STUCK_MESSAGE, STUCK))?;
        register(SIGBUS, || end(BUS_MESSAGE, CHANGED_OR_FAULTY))?;
    }
    std::panic::set_hook(Box::new(|panic| {
        let (what, place) = (panic.payload_as_str().unwrap_or("panic"), panic.location());
        let place = place.map_or_else(String::new, ToString::to_string);
        tracing::error!(%place, "the index was changed while it was served, or the program is faulty: {what}");
        // without unwinding, which would free what the kernel may still write to
        exit(CHANGED_OR_FAULTY);
    }));
    Ok(())
}

/// A second signal must not start it anew.
fn start_clock() {
    let seconds = FORCED_AFTER_S.swap(0, Ordering::Relaxed);
    if seconds > 0 {
        // SAFETY: alarm takes a number and touches no memory of ours.
        unsafe { libc::alarm(seconds) };
    }
}

/// The loop may hang because standard error is a full pipe, so the message is written only if that does not block.
fn end(message: &[u8], code: c_int) {
    let stderr = io::stderr();
    let mut ready = [PollFd::new(&stderr, PollFlags::OUT)];
    if poll(&mut ready, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) == Ok(1) {
        let _ = rustix::io::write(stderr.as_fd(), message);
    }
    exit(code);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Pid, Signal, kill_process};
    use std::io::Read;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    const SPINS: &str = "FRAUDRING_TEST_SPINS";

    /// Starts this test once more as a process that never looks at anything; that is what is asked to stop.
    #[test]
    fn a_process_that_spins_ends_after_the_drain_time_out_and_says_so() {
        if std::env::var_os(SPINS).is_some() {
            arm(1).unwrap();
            eprintln!("spinning");
            loop {
                std::hint::spin_loop();
            }
        }
        // both at once, as most of it is waiting
        let ends_after = |signal| {
            let name = "forced_exit::tests::a_process_that_spins_ends_after_the_drain_time_out_and_says_so";
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", name, "--nocapture"]).env(SPINS, "1");
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
            let mut stderr = child.stderr.take().unwrap();
            let mut text = vec![0; b"spinning".len()];
            stderr.read_exact(&mut text).unwrap();
            // a second signal must not put the end off
            for _ in 0..2 {
                kill_process(Pid::from_child(&child), signal).unwrap();
            }
            let end = Instant::now() + Duration::from_secs(30);
            while child.try_wait().unwrap().is_none() {
                if Instant::now() > end {
                    child.kill().unwrap();
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            stderr.read_to_end(&mut text).unwrap();
            let text = String::from_utf8_lossy(&text);
            assert_eq!(child.wait().unwrap().code(), Some(STUCK), "{text}");
            assert!(text.contains("did not stop within its drain time-out"), "{text}");
        };
        std::thread::scope(|scope| {
            scope.spawn(|| ends_after(Signal::TERM));
            scope.spawn(|| ends_after(Signal::INT));
        });
    }
}
