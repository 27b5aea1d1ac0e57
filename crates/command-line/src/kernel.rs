//! Which kernel programs search with.

use simd::{InstructionSet, UnknownInstructionSet};

/// The environment variable that forces a kernel, which is named by its instruction set.
const VARIABLE: &str = "FRAUDRING_KERNEL";

/// `FRAUDRING_KERNEL` names a kernel that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{VARIABLE}={0}; unset it to let the program choose")]
pub struct KernelError(UnknownInstructionSet);

/// The kernel that `FRAUDRING_KERNEL` names; the fastest of this machine if that is not set, or set to nothing.
///
/// # Errors
///
/// If this machine has no kernel of that name.
pub fn kernel() -> Result<InstructionSet, KernelError> {
    by_variable(std::env::var_os(VARIABLE).map(|name| name.to_string_lossy().into_owned()).as_deref())
}

fn by_variable(name: Option<&str>) -> Result<InstructionSet, KernelError> {
    match name {
        None | Some("") => Ok(InstructionSet::detect()),
        Some(name) => InstructionSet::by_name(name).map_err(KernelError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_names_the_kernel_unless_it_is_empty() {
        let named = |name| by_variable(name).map(InstructionSet::name);
        let fastest = InstructionSet::detect().name();
        assert_eq!((named(None), named(Some("")), named(Some("scalar"))), (Ok(fastest), Ok(fastest), Ok("scalar")));
        let error = by_variable(Some("foo")).unwrap_err().to_string();
        assert!(error.starts_with("FRAUDRING_KERNEL=foo: this machine has "), "{error}");
        assert!(error.ends_with("scalar; unset it to let the program choose"), "{error}");
    }
}
