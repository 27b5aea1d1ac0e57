//! Files that a command reads and writes by name: `-` is stdin, or stdout.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Another file of this command was stdin.
const TAKEN: &str = "stdin is read already: `-` can stand for one file only";

/// Whether this name stands for stdin, where a file is read, or for stdout, where one is written.
pub fn is_stream(path: &Path) -> bool {
    path == Path::new("-")
}

/// What messages call a file that is read.
pub fn input_name(path: &Path) -> String {
    if is_stream(path) { "stdin".to_owned() } else { path.display().to_string() }
}

/// Opens a file to be read from its start to its end; `-` is stdin.
///
/// # Errors
/// What the system says; and that stdin was opened before, as another file of the same command.
pub fn open_input(path: &Path) -> io::Result<Box<dyn Read>> {
    static TAKEN_ONCE: AtomicBool = AtomicBool::new(false);
    if !is_stream(path) {
        return Ok(Box::new(File::open(path)?));
    }
    if TAKEN_ONCE.swap(true, Ordering::Relaxed) {
        return Err(io::Error::other(TAKEN));
    }
    Ok(Box::new(io::stdin().lock()))
}

/// All bytes of a file; `-` is stdin.
///
/// # Errors
/// As of [`open_input`], and of reading.
pub fn read_input(path: &Path) -> io::Result<Vec<u8>> {
    if !is_stream(path) {
        // its size is known, so that it is read into as much memory as it takes
        return std::fs::read(path);
    }
    let mut bytes = Vec::new();
    open_input(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stdin_is_one_file_only() {
        assert!(open_input(Path::new("-")).is_ok());
        assert_eq!(open_input(Path::new("-")).err().unwrap().to_string(), TAKEN);
        assert!(open_input(Path::new("./-")).is_err_and(|error| error.kind() == io::ErrorKind::NotFound));
    }
}
