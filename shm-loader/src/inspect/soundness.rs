//! What an inspection checks of a segment.

use crate::segment::Segment;
use scoring::ImageInfo;

/// Which bytes an inspection reads again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Those of the published segment, unless the loader's record says that it was checked.
    Unrecorded,
    /// All, also of those that are kept.
    All,
}

/// What is in a segment; with `is_recorded` its bytes are not all read again.
pub(super) fn validated(segment: &Segment, is_recorded: bool) -> Result<ImageInfo, String> {
    let kernel = command_line::kernel().map_err(|error| error.to_string())?;
    let bytes = segment.bytes();
    if is_recorded {
        return ImageInfo::of_verified(bytes, kernel).map_err(|error| error.to_string());
    }
    ImageInfo::check(bytes, kernel, &|_, _, _| {}).map_err(|error| error.to_string())
}
