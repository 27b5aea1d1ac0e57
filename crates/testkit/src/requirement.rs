//! What some tests need of the machine: they are skipped where it is missing, with a message, and fail where
//! `FRAUDRING_REQUIRE` (a list of names, with commas between) says that it must be there.

use std::process::{Command, Stdio};

/// Says that a test does not run here and why.
///
/// # Panics
///
/// If `FRAUDRING_REQUIRE` lists `need`.
#[track_caller]
pub fn skip(need: &str, why: &str) {
    let required = std::env::var("FRAUDRING_REQUIRE").unwrap_or_default();
    assert!(!lists(&required, need), "{need} is required, but {why}");
    eprintln!("skipped: {why} (FRAUDRING_REQUIRE={need} makes this a failure)");
}

/// Whether a test must be skipped because `probe` cannot be run or fails.
///
/// # Panics
///
/// If so and `FRAUDRING_REQUIRE` lists `name`.
#[track_caller]
pub fn is_missing(name: &str, probe: &mut Command) -> bool {
    let probe = probe.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Some say their version and then that they were given nothing to do.
    if probe.status().is_ok_and(|status| status.success() || name == "wrk") {
        return false;
    }
    skip(name, &format!("{name} is not installed"));
    true
}

fn lists(required: &str, need: &str) -> bool {
    required.split(',').any(|name| name.trim() == need)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_whole_words() {
        assert!(lists("haproxy,curl", "curl") && lists("haproxy, curl", "curl"));
        assert!(!lists("", "curl") && !lists("curl7", "curl"));
    }

    #[test]
    fn a_program_is_missing_where_it_cannot_be_run() {
        assert!(!is_missing("a shell", Command::new("sh").args(["-c", "exit 0"])));
        assert!(is_missing("no such program", &mut Command::new("/no/such/program")));
    }
}
