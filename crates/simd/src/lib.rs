//! Which vector instructions this machine has.
//!
//! Each instruction set has a *token*, a type without size that exists only where the machine has the set: holding one is
//! the proof that its instructions may run. [`InstructionSet`] holds the token of the set that a program uses.
//!
//! A token also runs work in code built for its set ([`Work`]). Dispatch once, around as much work as possible: code built
//! for an instruction set cannot be inlined into code that is not, and a call for each step costs more than the step.

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod instruction_set;
mod work;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub use aarch64::Neon;
pub use instruction_set::{InstructionSet, UnknownInstructionSet};
pub use work::Work;
#[cfg(target_arch = "x86_64")]
pub use x86_64::{Avx2, Avx512};
