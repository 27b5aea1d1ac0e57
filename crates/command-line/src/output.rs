//! Results on stdout, messages on stderr.

use std::io::{self, ErrorKind, Write};

/// Writes a result to stdout, all of it, at once.
///
/// A reader that has closed its end, such as `head`, has seen enough: that is no error, and the exit status stays that
/// of the result.
///
/// # Errors
/// Any other failure to write, such as a full disk.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes a line to stderr. Without a reader it is lost: there is nowhere left to complain.
pub fn message(text: &str) {
    // one write, so that lines of several processes do not mix
    io::stderr().write_all(format!("{text}\n").as_bytes()).unwrap_or_default();
}
