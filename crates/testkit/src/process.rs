//! Tests that need a process of their own, as they count or change what all threads of one share; and processes that
//! tests wait for, but not for ever.

use crate::wait::comes_true;
use std::process::{Child, Command, Output};
use std::time::Duration;

/// The variable that tells a test program that it runs one test alone.
const ALONE: &str = "TESTKIT_PROCESS_ALONE";

/// Runs `test` in a process in which nothing else runs: this test program, started again for the test `name` alone (its
/// path as the harness prints it, such as `no_allocation::nothing_is_allocated`).
///
/// # Panics
///
/// If the test fails there, or if the program has no test of that name.
pub fn in_own_process(name: &str, test: impl FnOnce()) {
    if std::env::var_os(ALONE).is_some() {
        return test();
    }
    let program = std::env::current_exe().expect("a test program knows its path");
    let output = Command::new(program)
        .args(["--exact", name, "--nocapture", "--test-threads", "1"])
        .env(ALONE, "1")
        .output()
        .expect("a test program can be started again");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "there is no test {name}: {said}");
}

/// Status and output of a process that ends by itself and says less than a pipe holds (64 KiB); one that does not end
/// within `limit` is killed.
///
/// # Panics
///
/// If it had to be killed.
#[track_caller]
pub fn ending_within(limit: Duration, mut process: Child) -> Output {
    let ends = comes_true(limit, || process.try_wait().expect("a child").is_some());
    // It may have ended by itself.
    process.kill().unwrap_or_default();
    let output = process.wait_with_output().expect("a child");
    assert!(ends, "the process hangs: {}", String::from_utf8_lossy(&output.stderr));
    output
}

#[cfg(test)]
mod tests {
    use super::in_own_process;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn a_test_runs_in_another_process() {
        static RAN: AtomicBool = AtomicBool::new(false);
        in_own_process("process::tests::a_test_runs_in_another_process", || RAN.store(true, Ordering::Relaxed));
        let is_child = std::env::var_os(super::ALONE).is_some();
        assert_eq!(RAN.load(Ordering::Relaxed), is_child);
    }

    #[test]
    #[should_panic(expected = "there is no test")]
    fn a_name_that_no_test_has_is_a_fault() {
        in_own_process("process::tests::no_such_test", || ());
    }
}
