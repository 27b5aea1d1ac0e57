//! A block's 16 vectors in few bytes, without loss.
//!
//! Each pair of dimensions is stored on its own. Its leaf holds the block's least values: if the differences from them are
//! all zero, nothing is stored; if they fit a byte, a byte each; else the values themselves, in two bytes each. Any data
//! packs; the worst costs 448 bytes.
//!
//! Blocks are whole cache lines, as a load that touches two lines takes twice the time: where half a line would be left,
//! the first pair that fits a byte is stored in two all the same. That also leaves fewer ways in which blocks differ.

use arrayvec::ArrayVec;

use crate::lanes::{LANES, PAIRS, Paired, Pairs};

/// Packed pairs are whole multiples of this many bytes.
pub const PACKED_UNIT: usize = 2 * LANES;
/// Blocks are whole multiples of this many bytes, a cache line.
pub const BLOCK_ALIGNMENT: usize = 2 * PACKED_UNIT;
/// The most bytes of a block. A reader may touch as many from any block's start: the section ends with as many zeros.
pub const PACKED_MAX: usize = 2 * PACKED_UNIT * PAIRS;

/// How the 16 lanes of a pair are packed: the digit is its length in units.
pub(crate) const CONSTANT: u16 = 0;
/// `[lane][which of the pair]` u8: what is added to the least.
pub(crate) const NARROW: u16 = 1;
/// `[lane][which of the pair]` u16: the values.
pub(crate) const WIDE: u16 = 2;

/// Formats of a block: a digit of base 3 for each pair, the first pair's the lowest.
pub const FORMATS: u16 = 3u16.pow(PAIRS as u32);

/// How pair `pair` of a block is packed: [`CONSTANT`], [`NARROW`] or [`WIDE`].
pub(crate) const fn width(format: u16, pair: usize) -> u16 {
    format / 3u16.pow(pair as u32) % 3
}

/// A block format as a kernel reads it: precomputed, so that decoding needs no arithmetic.
#[derive(Clone, Copy)]
pub(crate) struct Decoding {
    /// Where each pair starts in the block's bytes.
    pub starts: [u16; PAIRS],
    /// All ones for pairs that are narrow.
    pub is_narrow: [u32; PAIRS],
    /// All ones for pairs that are wide.
    pub is_wide: [u32; PAIRS],
    /// Bytes of the block.
    pub bytes: u16,
    /// Which specialized decoder fits.
    pub shape: PackedShape,
}

/// Formats with a decoder of their own. The builder orders the pairs by their width, so most blocks are wide at the front and
/// constant at the end, and few formats make up nearly all of an index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PackedShape {
    /// All pairs are wide but the last, which is constant.
    SixWide,
    /// All pairs are wide but the last two, which are constant.
    FiveWide,
    /// Any other.
    Any,
}

static DECODINGS: [Decoding; FORMATS as usize] = {
    let empty =
        Decoding { starts: [0; PAIRS], is_narrow: [0; PAIRS], is_wide: [0; PAIRS], bytes: 0, shape: PackedShape::Any };
    let mut all = [empty; FORMATS as usize];
    let mut format = 0;
    while format < FORMATS {
        let mut decoding = empty;
        let mut pair = 0;
        while pair < PAIRS {
            decoding.starts[pair] = decoding.bytes;
            decoding.is_narrow[pair] = if width(format, pair) == NARROW { u32::MAX } else { 0 };
            decoding.is_wide[pair] = if width(format, pair) == WIDE { u32::MAX } else { 0 };
            decoding.bytes += width(format, pair) * PACKED_UNIT as u16;
            pair += 1;
        }
        decoding.shape = shape(format);
        all[format as usize] = decoding;
        format += 1;
    }
    all
};

const fn shape(format: u16) -> PackedShape {
    let (mut wide, mut pair) = (0, 0);
    while pair < PAIRS && width(format, pair) == WIDE {
        (wide, pair) = (wide + 1, pair + 1);
    }
    match (wide, width(format, PAIRS - 2), width(format, PAIRS - 1)) {
        (6, _, CONSTANT) => PackedShape::SixWide,
        (5, CONSTANT, CONSTANT) => PackedShape::FiveWide,
        _ => PackedShape::Any,
    }
}

/// How to read a block. Every start is at most 384, so 64 bytes from it on lie inside [`PACKED_MAX`].
#[inline(always)]
pub(crate) fn decoding(format: u16) -> &'static Decoding {
    &DECODINGS[usize::from(format)]
}

/// The way to pack a pair whose differences from the least are at most `largest`.
pub(crate) fn width_for(largest: u16) -> u16 {
    match largest {
        0 => CONSTANT,
        1..=255 => NARROW,
        _ => WIDE,
    }
}

/// A pair's values of all lanes, the two of a lane side by side: long enough for a compiler to use whole registers.
type Row = [u16; 2 * LANES];

/// Packs vectors whose least values are `origin`; unused lanes must hold `origin` itself.
pub(crate) fn encode(values: &Pairs<i16>, origin: &Paired) -> (u16, ArrayVec<u8, PACKED_MAX>) {
    let rows: [Row; PAIRS] = std::array::from_fn(|pair| {
        let flat = values[pair].as_flattened();
        std::array::from_fn(|place| (flat[place] - origin[pair][place % 2]) as u16)
    });
    let mut widths = rows.map(|differences| width_for(differences.iter().copied().fold(0, u16::max)));
    if widths.iter().sum::<u16>() % 2 == 1 {
        let narrow = widths.iter_mut().find(|width| **width == NARROW);
        *narrow.expect("an odd sum has an odd digit") = WIDE;
    }
    let mut bytes = ArrayVec::new();
    let mut format = 0;
    for pair in 0..PAIRS {
        format += widths[pair] * 3u16.pow(pair as u32);
        let fits = match widths[pair] {
            CONSTANT => Ok(()),
            NARROW => bytes.try_extend_from_slice(&rows[pair].map(|difference| difference as u8)),
            _ => {
                let flat = values[pair].as_flattened();
                let words: [i16; 2 * LANES] = std::array::from_fn(|place| flat[place]);
                bytes.try_extend_from_slice(words.map(i16::to_le_bytes).as_flattened())
            }
        };
        fits.expect("room for all pairs, however wide");
    }
    (format, bytes)
}

/// Undoes [`encode`]. `None` if there is no such format, or a value passes 16 bits.
pub(crate) fn decode(format: u16, bytes: &[u8; PACKED_MAX], origin: &Paired) -> Option<Pairs<i16>> {
    if format >= FORMATS {
        return None;
    }
    let mut values: Pairs<i16> = [[[0; 2]; LANES]; PAIRS];
    let mut overflows = false;
    for (pair, lanes) in values.iter_mut().enumerate() {
        let stored = &bytes[usize::from(decoding(format).starts[pair])..];
        let flat = lanes.as_flattened_mut();
        let differences: Row = match width(format, pair) {
            CONSTANT => [0; 2 * LANES],
            NARROW => stored.first_chunk::<PACKED_UNIT>()?.map(u16::from),
            _ => {
                let words = stored.first_chunk::<{ 2 * PACKED_UNIT }>()?.as_chunks().0;
                for place in 0..words.len() {
                    flat[place] = i16::from_le_bytes(words[place]);
                }
                continue;
            }
        };
        for place in 0..differences.len() {
            // Added up without a branch for each value: a reader checks every block of an image.
            let (value, overflow) = origin[pair][place % 2].overflowing_add_unsigned(differences[place]);
            overflows |= overflow;
            flat[place] = value;
        }
    }
    if overflows {
        return None;
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back_in_whole_cache_lines() {
        let origin: Paired = [[-10_000, 0], [5, 5], [0, 0], [-1, 7], [9_000, 0], [0, 0], [-10_000, -10_000]];
        let mut values: Pairs<i16> = std::array::from_fn(|pair| [origin[pair]; LANES]);
        values[0][3][0] = 10_000;
        values[1][15][1] = 5 + 255;
        values[2][0][0] = 256;
        values[4][7][1] = 1;
        values[5][8][0] = 200;
        let (format, bytes) = encode(&values, &origin);
        // An odd number of pairs in bytes: the first takes words.
        assert_eq!(
            std::array::from_fn(|pair| width(format, pair)),
            [WIDE, WIDE, WIDE, CONSTANT, NARROW, NARROW, CONSTANT]
        );
        assert_eq!(bytes.len(), 64 + 64 + 64 + 32 + 32);
        assert_eq!(usize::from(decoding(format).bytes), bytes.len());
        let mut window = [0xee; PACKED_MAX];
        window[..bytes.len()].copy_from_slice(&bytes);
        assert_eq!(decode(format, &window, &origin), Some(values));
    }

    #[test]
    fn a_format_that_does_not_exist_and_a_value_that_overflows_are_refused() {
        assert_eq!(decode(FORMATS, &[0; PACKED_MAX], &[[0; 2]; PAIRS]), None);
        assert_eq!(decode(NARROW, &[0xff; PACKED_MAX], &[[i16::MAX; 2]; PAIRS]), None);
    }
}
