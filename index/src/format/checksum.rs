//! The checksum of an image, at once or piece by piece.

use std::mem::offset_of;

use space::Progress;
use xxhash_rust::xxh3::Xxh3;

use super::{HEADER_BYTES, Header};

/// How much is summed between two calls of the progress: a fraction of a millisecond.
const PIECE_BYTES: usize = 1 << 20;

const FIELD: std::ops::Range<usize> = offset_of!(Header, checksum)..offset_of!(Header, checksum) + size_of::<u64>();

/// The checksum of an image that arrives in pieces, in order.
#[derive(Default)]
pub struct Checksum {
    hash: Xxh3,
    position: usize,
}

impl Checksum {
    /// Adds the next bytes of the image.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while self.position < HEADER_BYTES && !bytes.is_empty() {
            // The field that holds the checksum cannot count itself.
            let byte = if FIELD.contains(&self.position) { 0 } else { bytes[0] };
            self.hash.update(&[byte]);
            self.position += 1;
            bytes = &bytes[1..];
        }
        self.position += bytes.len();
        self.hash.update(bytes);
    }

    /// XXH3-64 of all bytes so far, the header's checksum field taken as zero.
    pub fn digest(&self) -> u64 {
        self.hash.digest()
    }
}

/// The checksum of a whole image.
pub fn checksum(image: &[u8]) -> u64 {
    checksum_telling(image, &|_, _, _| {})
}

/// [`checksum`] that tells how far it is, as the phase `checksum` in bytes.
pub fn checksum_telling(image: &[u8], progress: &Progress<'_>) -> u64 {
    let total = image.len() as u64;
    let mut checksum = Checksum::default();
    progress("checksum", 0, total);
    for piece in image.chunks(PIECE_BYTES) {
        checksum.update(piece);
        progress("checksum", checksum.position as u64, total);
    }
    checksum.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_give_the_checksum_of_the_whole_and_the_field_does_not_count() {
        let mut image: Vec<u8> = (0..1000u32).map(|i| (i * 7) as u8).collect();
        let whole = checksum(&image);
        for cut in [0, 1, FIELD.start, FIELD.start + 3, FIELD.end, HEADER_BYTES, 999] {
            let mut pieces = Checksum::default();
            pieces.update(&image[..cut]);
            pieces.update(&image[cut..]);
            assert_eq!(pieces.digest(), whole, "cut at {cut}");
        }
        image[FIELD.start] ^= 1;
        assert_eq!(checksum(&image), whole);
        image[FIELD.end] ^= 1;
        assert_ne!(checksum(&image), whole);
    }
}
