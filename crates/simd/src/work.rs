//! What can be run in code built for an instruction set.

/// Work for the instruction set whose token is `T`.
pub trait Work<T> {
    /// What the work returns.
    type Output;
    /// Must be `#[inline(always)]`, and so must all that it calls in its inner loops, or the compiler builds them without the
    /// instruction set.
    fn run(self, token: T) -> Self::Output;
}
