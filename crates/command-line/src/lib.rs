//! What every program of this workspace does alike at its edges: arguments, environment, host names, output,
//! version.
//!
//! **Invariant**: no program panics because stdout or stderr is closed. So nothing is printed with `println!` or
//! `eprintln!`, which do; the crates that print forbid both.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod addresses;
mod arguments;
mod kernel;
mod output;
mod version;

pub use addresses::lookup;
pub use arguments::{parse, try_parse_from};
pub use kernel::{KernelError, kernel};
pub use output::{message, print};
pub use version::version;
