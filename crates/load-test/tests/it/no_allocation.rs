//! Sending and reading more requests allocates no more.
#![allow(unsafe_code, reason = "a counting allocator")]

use crate::support::payloads;
use crate::support::process::ServerProcess;
use load_test::LoadReport;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use testkit::process::in_own_process;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `alloc` above, so from the system's allocator, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as in `dealloc`, and the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, bytes) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn ten_times_the_requests_take_the_same_allocations() {
    in_own_process("no_allocation::ten_times_the_requests_take_the_same_allocations", compare);
}

/// Counts what all threads of this process allocate.
fn compare() {
    let _turn = testkit::machine::alone();
    let server = ServerProcess::start();
    let run = |plan: &str| -> (LoadReport, u64) {
        let mut test = crate::support::test(plan);
        // All there from the start: a new connection has a buffer.
        (test.least_connections, test.most_connections) = (64, 64);
        let payloads = payloads(vec![0; test.plan.count().unwrap() as usize]);
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        let report = test.run(&server.target, &payloads, &AtomicBool::new(false), "test").unwrap();
        (report, ALLOCATIONS.load(Ordering::Relaxed) - before)
    };
    run("steady:200,0.5");
    let (few, few_allocations) = run("steady:200,0.5");
    let (many, many_allocations) = run("steady:2000,0.5");
    assert!(few.answered == 100 && many.answered > 900, "{many:?}");
    // The texts of the reports differ.
    assert!(many_allocations.abs_diff(few_allocations) < 20, "{few_allocations}, then {many_allocations}");
}
