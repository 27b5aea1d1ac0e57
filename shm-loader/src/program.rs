//! How the loader's commands are called where this program runs, for advice that can be typed as it stands.

use crate::DEFAULT_DIR;
use std::path::Path;
use std::sync::OnceLock;

static NAME: OnceLock<&'static str> = OnceLock::new();

/// From now on advice says `NAME load FILE`; without this it says `shm-loader load FILE`. The first call counts.
pub fn call_commands(name: &'static str) {
    // a second name would come from a second `main`
    let _ = NAME.set(name);
}

/// What stands before `load`, `inspect` and `unload` on a command line.
pub fn commands() -> &'static str {
    NAME.get().copied().unwrap_or("shm-loader")
}

/// The command line that publishes an index in `dir`.
pub fn load_command(dir: &Path) -> String {
    format!("{} load FILE{}", commands(), dir_option(dir))
}

/// The command line that removes what is published in `dir`.
pub(crate) fn unload_command(dir: &Path) -> String {
    format!("{} unload{}", commands(), dir_option(dir))
}

/// The command line that shows who reads what in `dir`.
pub(crate) fn inspect_command(dir: &Path) -> String {
    format!("{} inspect{}", commands(), dir_option(dir))
}

/// ` --shm-dir DIR` for a command line that is to reach `dir`; nothing for the folder that is used anyway.
fn dir_option(dir: &Path) -> String {
    if dir == Path::new(DEFAULT_DIR) { String::new() } else { format!(" --shm-dir {}", dir.display()) }
}
