//! The allocator of a server: mimalloc, and a count of what each thread asked of it.
//!
//! A request must not allocate. So every server counts, and says at its end what serving has cost; the count is one
//! addition where there is an allocation, and so nothing where there is none.
#![allow(unsafe_code)]

use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// To be a binary's `#[global_allocator]`.
pub struct Allocator;

/// Allocations of the calling thread so far; always 0 where [`Allocator`] is not the global one.
pub fn count() -> u64 {
    COUNT.get()
}

// SAFETY: every call is handed to mimalloc unchanged; counting touches no memory of the caller and cannot allocate,
// for the cell is initialized at compile time and needs no destructor.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller keeps the promises of `alloc`, which are those of this call.
        unsafe { MiMalloc.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller keeps the promises of `alloc_zeroed`, which are those of this call.
        unsafe { MiMalloc.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from mimalloc by way of one of these functions, with this layout.
        unsafe { MiMalloc.dealloc(pointer, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the pointer came from mimalloc by way of one of these functions, with this layout.
        unsafe { MiMalloc.realloc(pointer, layout, size) }
    }
}
