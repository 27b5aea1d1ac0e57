//! What an inspection checks of a segment.

use crate::segment::Segment;
use index::{Index, Info};

/// Which bytes an inspection reads again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Those of the published segment, unless the loader's record says that it was checked.
    Unrecorded,
    /// All, also of those that are kept.
    All,
}

/// What is in a segment; with `is_recorded` its bytes are not all read again.
pub(super) fn validated(segment: &Segment, is_recorded: bool) -> Result<Info, String> {
    let kernel = command_line::kernel().map_err(|error| error.to_string())?;
    let bytes = segment.bytes();
    if is_recorded {
        let opened = Index::check_verified(bytes, kernel).and_then(|checked| checked.over(bytes));
        return opened.map(|index| index.info()).map_err(|error| error.to_string());
    }
    scoring::validate(bytes, kernel).map(|index| index.info()).map_err(|error| error.to_string())
}
