//! Pins the serving thread to one core.

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
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PinError {
    #[error(
        "core {core} is not one of the cores this process may use ({}); use one of these, `auto` or `none`",
        list(allowed)
    )]
    NotAllowed { core: usize, allowed: Vec<usize> },
    #[error("the kernel did not let this thread be pinned to core {core}; use --cpu none")]
    Refused { core: usize },
}

fn list(cores: &[usize]) -> String {
    cores.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

/// Pins the calling thread and checks that it worked; returns the core. Instances count from 0. `Auto` goes on
/// unpinned where pinning is not possible.
pub fn pin(cpu: Cpu, instance: usize) -> Result<Option<usize>, PinError> {
    let allowed = allowed_cores();
    let wanted = match cpu {
        Cpu::None => return Ok(None),
        Cpu::Core(core) if allowed.contains(&core) => core,
        Cpu::Core(core) => return Err(PinError::NotAllowed { core, allowed }),
        Cpu::Auto if allowed.is_empty() => return Ok(None),
        Cpu::Auto => allowed[instance % allowed.len()],
    };
    // The crate says false, and nothing more, where the kernel refuses; and only a look shows where we are.
    let is_set = core_affinity::set_for_current(core_affinity::CoreId { id: wanted });
    match (is_set && allowed_cores() == [wanted], cpu) {
        (true, _) => Ok(Some(wanted)),
        (false, Cpu::Auto) => Ok(None),
        (false, _) => Err(PinError::Refused { core: wanted }),
    }
}

fn allowed_cores() -> Vec<usize> {
    core_affinity::get_core_ids().unwrap_or_default().into_iter().map(|core| core.id).collect()
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
