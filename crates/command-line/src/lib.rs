//! What every program of this workspace does alike at its edges: arguments, environment, host names, output,
//! terminals, progress (feature `progress`), signals that end a command (feature `signals`), the log of
//! what serves (feature `log`), version.
//!
//! **Invariant**: no program panics because stdout or stderr is closed. So nothing is printed with `println!` or
//! `eprintln!`, which do; the crates that print forbid both.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod addresses;
mod arguments;
mod input;
#[cfg(feature = "signals")]
mod interruption;
mod kernel;
#[cfg(feature = "log")]
pub mod log;
mod output;
#[cfg(feature = "progress")]
pub mod progress;
pub mod terminal;
mod version;

pub use addresses::lookup;
pub use arguments::{parse, try_parse_from};
pub use input::{input_name, is_stream, open_input, read_input};
#[cfg(feature = "signals")]
pub use interruption::Interruption;
pub use kernel::{KernelError, kernel};
pub use output::{message, print};
pub use version::version;
