//! What every program tells of itself.

use std::sync::LazyLock;

use crate::kernel::kernel;

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let kernel = match kernel() {
        Ok(kernel) => kernel.name().to_owned(),
        Err(error) => format!("refused: {error}"),
    };
    format!("{} (commit {}, kernel {kernel})", env!("CARGO_PKG_VERSION"), env!("FRAUDRING_BUILT_FROM"))
});

/// What every program's `--version` prints behind its name: version, commit, and the kernel this machine gets.
pub fn version() -> &'static str {
    &VERSION
}
