//! The instruction set that a program uses: the fastest, or one that was named.

#[cfg(target_arch = "aarch64")]
use crate::Neon;
#[cfg(target_arch = "x86_64")]
use crate::{Avx2, Avx512};

/// An instruction set that this machine has.
#[derive(Clone, Copy, Debug)]
pub enum InstructionSet {
    /// Plain Rust, for every machine.
    Scalar,
    /// 128-bit vectors.
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
    /// 256-bit vectors.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// 512-bit vectors.
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

/// A name that is not one of this machine's instruction sets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{asked}: this machine has {available}")]
pub struct UnknownInstructionSet {
    asked: String,
    available: String,
}

impl InstructionSet {
    /// The fastest that this machine has.
    pub fn detect() -> Self {
        Self::available()[0]
    }

    /// All that this machine has, the fastest first.
    pub fn available() -> Vec<Self> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            sets.extend(Avx512::detect().map(Self::Avx512));
            sets.extend(Avx2::detect().map(Self::Avx2));
        }
        #[cfg(target_arch = "aarch64")]
        sets.extend(Neon::detect().map(Self::Neon));
        sets.push(Self::Scalar);
        sets
    }

    /// The one of this name.
    ///
    /// # Errors
    ///
    /// If this machine has none of this name; the error lists those it has.
    pub fn by_name(name: &str) -> Result<Self, UnknownInstructionSet> {
        let sets = Self::available();
        let found = sets.iter().find(|set| set.name() == name).copied();
        found.ok_or_else(|| {
            let names: Vec<_> = sets.iter().map(|set| set.name()).collect();
            UnknownInstructionSet { asked: name.to_owned(), available: names.join(", ") }
        })
    }

    /// The name that people read and type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => "neon",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "avx512",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_found_by_its_name_and_an_unknown_one_is_refused_with_the_names_there_are() {
        let sets = InstructionSet::available();
        for set in &sets {
            assert_eq!(InstructionSet::by_name(set.name()).map(InstructionSet::name), Ok(set.name()));
        }
        assert_eq!(InstructionSet::detect().name(), sets[0].name());
        let error = InstructionSet::by_name("abacus").unwrap_err().to_string();
        assert!(error.starts_with("abacus: this machine has ") && error.contains("scalar"), "{error}");
    }

    #[test]
    fn no_set_of_this_machine_is_passed_over() {
        let names: Vec<_> = InstructionSet::available().into_iter().map(InstructionSet::name).collect();
        assert!(names.contains(&"scalar"));
        #[cfg(target_arch = "x86_64")]
        {
            // What Linux says, which did not ask the same way.
            let flags = std::fs::read_to_string("/proc/cpuinfo").unwrap();
            let has_all = |sets: &[&str]| sets.iter().all(|set| flags.split_whitespace().any(|flag| flag == *set));
            assert_eq!(names.contains(&"avx2"), has_all(&["avx2"]));
            let has_avx512 = has_all(&["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni"]);
            assert_eq!(names.contains(&"avx512"), has_avx512);
        }
        #[cfg(target_arch = "aarch64")]
        assert!(names.contains(&"neon"), "every machine of this architecture has NEON");
    }
}
