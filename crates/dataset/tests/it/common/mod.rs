//! What several tests of files need.

use dataset::DataError;
use std::error::Error;

/// An error with all its causes, as commands print it.
pub fn message(error: &DataError) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(found) = cause {
        message += &format!(": {found}");
        cause = found.source();
    }
    message
}
