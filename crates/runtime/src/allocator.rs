//! An allocator that counts what each thread asks of it.
//!
//! The count is one addition where there is an allocation, and so nothing where there is none.
#![allow(unsafe_code, reason = "GlobalAlloc")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// Counts and hands every call to `A`; to be a binary's `#[global_allocator]`.
///
/// ```
/// use runtime::allocator::{self, Counting};
///
/// #[global_allocator]
/// static ALLOCATOR: Counting<std::alloc::System> = Counting(std::alloc::System);
///
/// let before = allocator::count();
/// let boxed = Box::new(1);
/// assert_eq!(allocator::count() - before, 1);
/// # drop(boxed);
/// ```
#[derive(Debug)]
pub struct Counting<A>(pub A);

/// Allocations and reallocations of the calling thread so far; always 0 where [`Counting`] is not the global allocator.
#[inline]
pub fn count() -> u64 {
    COUNT.get()
}

// SAFETY: every call is handed to `A` unchanged; counting touches no memory of the caller and cannot allocate, for the
// cell is initialized at compile time and needs no destructor.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller keeps the promises of `alloc`, which are those of this call.
        unsafe { self.0.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller keeps the promises of `alloc_zeroed`, which are those of this call.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from `A` by way of one of these functions, with this layout.
        unsafe { self.0.dealloc(pointer, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the pointer came from `A` by way of one of these functions, with this layout.
        unsafe { self.0.realloc(pointer, layout, size) }
    }
}
