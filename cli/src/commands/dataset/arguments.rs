//! What both subcommands take and say.

use crate::console::progress::Reporter;
use anyhow::{Context, Result};
use std::path::Path;

/// A share from 0 to 1.
pub fn share(text: &str) -> Result<f64> {
    let value: f64 = text.parse().with_context(|| format!("{text:?} is no number"))?;
    if !(0.0..=1.0).contains(&value) {
        anyhow::bail!("{text} is outside 0 to 1");
    }
    Ok(value)
}

/// Tells that a file was written; of stdout its reader knows.
pub fn note_written(reporter: &Reporter, path: &Path, what: &str) {
    if !command_line::is_stream(path) {
        reporter.note(&format!("{what} in {}", path.display()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_outside_0_to_1_is_refused() {
        assert_eq!(share("0.35").unwrap(), 0.35);
        assert_eq!(share("1").unwrap(), 1.0);
        for text in ["-0.1", "1.01", "NaN", "inf", "half", ""] {
            assert!(share(text).is_err(), "{text}");
        }
    }
}
