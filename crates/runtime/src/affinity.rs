//! Pins the calling thread to one core.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::io;
use std::str::FromStr;

/// Which core to run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cpu {
    /// The instance's turn among the cores that this process may use.
    Auto,
    /// This one.
    Core(usize),
    /// Wherever the scheduler likes.
    None,
}

impl FromStr for Cpu {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "none" => Ok(Self::None),
            number => number.parse().map(Self::Core).map_err(|_| "give a core's number, `auto` or `none`"),
        }
    }
}

/// The thread could not be pinned as asked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// The process may not use this core.
    #[error(
        "core {core} is not one of the cores this process may use ({}); use one of these, `auto` or `none`",
        list(allowed)
    )]
    NotAllowed {
        /// The core that was asked for.
        core: usize,
        /// Those that can be had.
        allowed: Vec<usize>,
    },
    /// The core is allowed, and the kernel refuses all the same.
    #[error("the kernel did not let this thread be pinned to core {core}; use --cpu none")]
    Refused {
        /// The core that was asked for.
        core: usize,
    },
}

fn list(cores: &[usize]) -> String {
    cores.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

/// Pins the calling thread and checks that it worked; returns the core. Instances count from 0. `Auto` goes on
/// unpinned where pinning is not possible.
///
/// # Errors
///
/// A core that was asked for by its number cannot be had.
pub fn pin(cpu: Cpu, instance: usize) -> Result<Option<usize>, PinError> {
    let allowed = allowed_cores();
    let wanted = match cpu {
        Cpu::None => return Ok(None),
        Cpu::Core(core) if allowed.contains(&core) => core,
        Cpu::Core(core) => return Err(PinError::NotAllowed { core, allowed }),
        Cpu::Auto if allowed.is_empty() => return Ok(None),
        Cpu::Auto => allowed[instance % allowed.len()],
    };
    // Only a look shows where we are.
    let is_pinned = pin_to(wanted).is_ok() && allowed_cores() == [wanted];
    match (is_pinned, cpu) {
        (true, _) => Ok(Some(wanted)),
        (false, Cpu::Auto) => Ok(None),
        (false, _) => Err(PinError::Refused { core: wanted }),
    }
}

/// Pins the calling thread to `core`.
///
/// # Errors
///
/// There is no such core, it is not allowed, or the kernel refuses.
pub fn pin_to(core: usize) -> io::Result<()> {
    if core >= CpuSet::MAX_CPU {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut set = CpuSet::new();
    set.set(core);
    Ok(sched_setaffinity(None, &set)?)
}

/// Cores that the calling thread may use; none if the kernel does not say.
pub fn allowed_cores() -> Vec<usize> {
    let Ok(set) = sched_getaffinity(None) else { return Vec::new() };
    (0..CpuSet::MAX_CPU).filter(|&core| set.is_set(core)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pins a thread of its own, so that the test runner stays where it is.
    fn pinned(cpu: Cpu, instance: usize) -> Result<Option<usize>, PinError> {
        std::thread::spawn(move || pin(cpu, instance)).join().unwrap()
    }

    #[test]
    fn instances_take_turns_over_the_allowed_cores() {
        let allowed = allowed_cores();
        for instance in 0..2 * allowed.len() {
            assert_eq!(pinned(Cpu::Auto, instance), Ok(Some(allowed[instance % allowed.len()])));
        }
    }

    #[test]
    fn a_core_outside_the_allowed_set_is_refused_by_name() {
        let error = pinned(Cpu::Core(1_000_000), 0).unwrap_err();
        assert!(matches!(error, PinError::NotAllowed { core: 1_000_000, .. }), "{error}");
    }

    #[test]
    fn none_leaves_the_thread_alone() {
        assert_eq!(pinned(Cpu::None, 1), Ok(None));
    }

    #[test]
    fn words_and_numbers_are_read_and_anything_else_is_explained() {
        assert_eq!("auto".parse(), Ok(Cpu::Auto));
        assert_eq!("none".parse(), Ok(Cpu::None));
        assert_eq!("3".parse(), Ok(Cpu::Core(3)));
        assert!("all".parse::<Cpu>().unwrap_err().contains("auto"));
    }
}
