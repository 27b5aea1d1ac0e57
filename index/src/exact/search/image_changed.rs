//! The end of a search whose image changes under it.

/// Ends a search that went on for longer than any can over the image that was checked.
#[cold]
#[inline(never)]
pub(super) fn image_changed() -> ! {
    panic!("the index was changed after it was checked")
}
