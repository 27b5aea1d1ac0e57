//! Tokens of AArch64.

use crate::Work;

/// Proof that this machine has NEON: 128-bit vectors.
#[derive(Clone, Copy, Debug)]
pub struct Neon(());

impl Neon {
    /// The token, where the machine has the instructions.
    pub fn detect() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("neon").then_some(Self(()))
    }

    /// Runs the work. Every program for this architecture is built for NEON, so no code of its own is needed.
    #[inline(always)]
    pub fn run<W: Work<Self>>(self, work: W) -> W::Output {
        work.run(self)
    }
}
