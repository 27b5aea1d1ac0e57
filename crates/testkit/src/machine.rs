//! Turns on the machine: tests that measure time or memory have it for themselves, whatever runs beside them.
//!
//! A file lock keeps the order, so it holds between threads of one test program and between programs, whoever starts them.
//! Where a runner such as nextest keeps such tests apart anyway, nobody waits here.

use std::cell::RefCell;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Weak};

thread_local! {
    /// What this thread holds: a test that starts two servers holds one turn.
    static HELD: RefCell<Weak<File>> = const { RefCell::new(Weak::new()) };
}

/// A turn on the machine, until it is dropped. Further turns of the thread that took it are the same.
#[derive(Debug)]
#[must_use = "the turn ends when this is dropped"]
pub struct Turn {
    /// None of a thread whose test has the turn.
    _lock: Option<Arc<File>>,
}

/// Waits until no other test holds a turn, then keeps the machine for this one.
///
/// # Panics
///
/// If this thread shares the machine already: it would wait for itself.
pub fn alone() -> Turn {
    assert!(HELD.with_borrow(Weak::upgrade).is_none(), "ask for the machine before anything is started on it");
    hold(|file| file.lock())
}

/// A turn beside other tests, but not beside one that has the machine for itself. A thread's second turn is its first, and
/// threads that a test starts are within the test's: they have no name, while the harness names a test's own thread.
pub fn shared() -> Turn {
    match HELD.with_borrow(Weak::upgrade) {
        Some(lock) => Turn { _lock: Some(lock) },
        None if std::thread::current().name().is_none() => Turn { _lock: None },
        None => hold(|file| file.lock_shared()),
    }
}

fn hold(lock: impl FnOnce(&File) -> std::io::Result<()>) -> Turn {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/machine.lock");
    let file = File::create(&path).expect("the target folder is there while tests run");
    lock(&file).expect("a lock on a file of our own");
    let lock = Arc::new(file);
    HELD.set(Arc::downgrade(&lock));
    Turn { _lock: Some(lock) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn whoever_has_the_machine_alone_waits_for_all_others_and_keeps_them_away() {
        let (first, second) = (shared(), shared());
        let (send, receive) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let turn = alone();
            send.send(()).unwrap();
            drop(turn);
        });
        drop(first);
        assert!(
            receive.recv_timeout(Duration::from_millis(50)).is_err(),
            "a turn of two is held until both are dropped"
        );
        drop(second);
        receive.recv_timeout(Duration::from_secs(600)).unwrap();
        thread.join().unwrap();
    }
}
