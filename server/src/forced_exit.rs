//! How the process ends when its loop cannot end it: asked to stop while the loop hangs, a bus error, a panic.
//!
//! A thread that checks an index before it answers is no reason to end: what is cut off or changed meanwhile is refused.
#![allow(unsafe_code, reason = "signal handlers, alarm(2), and memory in the place of what a file has lost")]

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
use signal_hook::consts::{SIGALRM, SIGBUS, SIGINT, SIGTERM};
use signal_hook::low_level::{exit, register};
use std::cell::Cell;
use std::ffi::c_int;
use std::io;
use std::ops::Range;
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
const CHECK_BUS_MESSAGE: &[u8] =
    b"ERROR bus error: the index's file in shared memory was cut off while it was checked, or \
    its memory is broken; load the index again\n";

thread_local! {
    /// Where the bytes lie that this thread checks; and whether their file was cut off meanwhile. Neither needs a destructor
    /// or is made at first use, so that a signal handler may look at them.
    static CHECKED: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
    static IS_CUT_OFF: Cell<bool> = const { Cell::new(false) };
}

/// Seconds until a stop that was asked for is forced; 0 once the clock runs.
static FORCED_AFTER_S: AtomicU32 = AtomicU32::new(0);

/// From now on SIGTERM and SIGINT end the process in bounded time whatever it does, and it says why it dies of a bus
/// error or a panic.
pub fn arm(drain_timeout_ms: u64) -> io::Result<()> {
    let drain_s = u32::try_from(drain_timeout_ms.div_ceil(1_000)).unwrap_or(u32::MAX - MARGIN_S);
    FORCED_AFTER_S.store(drain_s + MARGIN_S, Ordering::Relaxed);
    // SAFETY: the handlers do nothing but what a signal may interrupt anywhere: an atomic swap, and the system calls
    // alarm, ppoll, mmap, write and exit_group. None of them allocates, locks or unwinds.
    unsafe {
        register(SIGTERM, start_clock)?;
        register(SIGINT, start_clock)?;
        register(SIGALRM, || end(STUCK_MESSAGE, STUCK))?;
        register(SIGBUS, || {
            if CHECKED.get().is_none() {
                end(BUS_MESSAGE, CHANGED_OR_FAULTY);
            } else if !fill_up_checked() {
                end(CHECK_BUS_MESSAGE, CHANGED_OR_FAULTY);
            }
        })?;
    }
    std::panic::set_hook(Box::new(|panic| {
        if CHECKED.get().is_some() {
            return; // unwinds to `while_checking`
        }
        let (what, place) = (panic.payload_as_str().unwrap_or("panic"), panic.location());
        let place = place.map_or_else(String::new, ToString::to_string);
        tracing::error!(%place, "the index was changed while it was served, or the program is faulty: {what}");
        // without unwinding, which would free what the kernel may still write to
        exit(CHANGED_OR_FAULTY);
    }));
    Ok(())
}

/// Does `work` on `bytes`, a mapping of a file that does not answer yet. `None` if it panicked or the file was cut off, which
/// only happens if the bytes changed under it.
pub fn while_checking<T>(bytes: Range<*const u8>, work: impl FnOnce() -> T) -> Option<T> {
    CHECKED.set(Some((bytes.start.addr(), bytes.end.addr())));
    IS_CUT_OFF.set(false);
    let done = catch_unwind(AssertUnwindSafe(work));
    CHECKED.set(None);
    done.ok().filter(|_| !IS_CUT_OFF.get())
}

/// Puts zeros in the place of the bytes that this thread checks, if it checks any: whatever they had been, they will not
/// answer. A bus error is the doing of the thread that it interrupts.
fn fill_up_checked() -> bool {
    let Some((start, end)) = CHECKED.get() else { return false };
    if IS_CUT_OFF.replace(true) {
        return false; // then it was not for want of these bytes
    }
    let start = std::ptr::with_exposed_provenance_mut(start);
    let flags = MapFlags::PRIVATE | MapFlags::FIXED;
    // SAFETY: the range is one mapping, which lives at least as long as the work that is interrupted. Its owner takes it for
    // bytes that can be read and unmaps as many pages at the end, of which these have the same number.
    unsafe { mmap_anonymous(start, end - start.addr(), ProtFlags::READ, flags) }.is_ok()
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
    use index::InstructionSet;
    use rustix::process::{Pid, Signal, kill_process};
    use scoring::Generation;
    use shm_loader::Segment;
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;
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

    /// An index of a few megabytes, published where only this test knows.
    fn segment(folder: &std::path::Path) -> Segment {
        let mut random = testkit::random::Random(7);
        let mut vector = || space::Point::new(std::array::from_fn(|_| random.between(0, 10_000))).unwrap();
        let vectors: Vec<_> = (0..60_000).map(|_| vector()).collect();
        let labels = vec![space::Label::Legit; vectors.len()];
        let image = scoring::build(&vectors, &labels, &schema::Rules::default(), &|_, _, _| {}).unwrap();
        std::fs::write(folder.join(shm_loader::PUBLISHED), image).unwrap();
        Segment::attach(folder).unwrap()
    }

    #[test]
    fn an_index_that_is_cut_off_while_it_is_checked_is_refused() {
        testkit::process::in_own_process(
            "forced_exit::tests::an_index_that_is_cut_off_while_it_is_checked_is_refused",
            || {
                arm(1).unwrap();
                let folder = tempfile::tempdir_in("/dev/shm").unwrap();
                std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
                let segment = segment(folder.path());
                let bytes = segment.bytes().as_ptr_range();
                let file = std::fs::OpenOptions::new().write(true).open(folder.path().join(shm_loader::PUBLISHED));
                let file = file.unwrap();
                let cut = |_: &str, done: u64, _: u64| {
                    if done > 0 {
                        file.set_len(4096).unwrap()
                    }
                };
                let checked =
                    while_checking(bytes, || Generation::open_telling(segment, InstructionSet::detect(), &cut).is_ok());
                assert_eq!(checked, None);
            },
        );
    }

    #[test]
    fn a_panic_of_work_that_checks_ends_the_work_alone() {
        testkit::process::in_own_process("forced_exit::tests::a_panic_of_work_that_checks_ends_the_work_alone", || {
            arm(1).unwrap();
            let bytes = [0; 8];
            assert_eq!(while_checking(bytes.as_ptr_range(), || -> u8 { panic!("out of range") }), None);
            assert_eq!(while_checking(bytes.as_ptr_range(), || 1), Some(1));
        });
    }
}
