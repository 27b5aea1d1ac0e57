//! Capabilities of the terminal behind a stream: whether it takes escape sequences, and its width.

use std::ffi::OsString;
use std::io::{IsTerminal, stderr};

/// Of a terminal that does not tell.
const USUAL_COLUMNS: usize = 80;

/// Whether stdout takes sequences that colour text or move the cursor.
pub fn stdout_takes_escapes() -> bool {
    takes_escapes(std::io::stdout().is_terminal(), |name| std::env::var_os(name))
}

/// Whether stderr takes sequences that colour text or move the cursor. Where it does not, no progress is drawn: what is
/// said are lines that stay.
pub fn stderr_takes_escapes() -> bool {
    takes_escapes(stderr().is_terminal(), |name| std::env::var_os(name))
}

/// How many columns the terminal behind stderr has; 80 if there is none, or it does not tell.
pub fn stderr_columns() -> usize {
    let size = rustix::termios::tcgetwinsize(stderr());
    size.map(|size| usize::from(size.ws_col)).ok().filter(|columns| *columns > 0).unwrap_or(USUAL_COLUMNS)
}

/// Whether this process is in the foreground of the terminal behind stderr: a shell that has put it into the background
/// draws a prompt of its own there.
pub fn is_in_foreground() -> bool {
    rustix::termios::tcgetpgrp(stderr()).is_ok_and(|group| group == rustix::process::getpgrp())
}

/// Whether a terminal here would be told such sequences at all.
pub(crate) fn environment_takes_escapes() -> bool {
    takes_escapes(true, |name| std::env::var_os(name))
}

/// A terminal that is not `dumb`, unless `NO_COLOR` is set (<https://no-color.org>) to anything but nothing.
fn takes_escapes(is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let value = |name| variable(name).filter(|value| !value.is_empty());
    is_terminal && value("NO_COLOR").is_none() && value("TERM").is_some_and(|terminal| terminal != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_need_a_terminal_that_knows_them_and_nobody_who_objects() {
        let takes = |is_terminal, variables: &[(&str, &str)]| {
            takes_escapes(is_terminal, |name| {
                variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.into())
            })
        };
        assert!(takes(true, &[("TERM", "xterm")]));
        assert!(takes(true, &[("TERM", "xterm"), ("NO_COLOR", "")]), "set to nothing counts as not set");
        assert!(!takes(false, &[("TERM", "xterm")]));
        assert!(!takes(true, &[("TERM", "xterm"), ("NO_COLOR", "1")]));
        assert!(!takes(true, &[("TERM", "xterm"), ("NO_COLOR", "0")]));
        for terminal in [&[][..], &[("TERM", "")], &[("TERM", "dumb")]] {
            assert!(!takes(true, terminal), "{terminal:?}");
        }
    }
}
