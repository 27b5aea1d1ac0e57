//! Eight bytes of text at a time, in the lanes of one number: the first byte is the lowest lane.
//!
//! A sum or difference carries only into higher lanes, so whatever is asked of the lowest lane that matches is exact.

const EVERY_LANE: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x80 * EVERY_LANE;
/// Added to a digit's value it stays below the high bit, added to anything from 10 on it does not.
const ABOVE_NINE: u64 = 0x80 - 10;
/// The same for 0 and anything else.
const ABOVE_ZERO: u64 = 0x80 - 1;

/// How many decimal digits `word` begins with, and their value.
#[inline(always)]
pub(crate) fn leading_digits(word: u64) -> (u64, usize) {
    let digits = word ^ (b'0' as u64 * EVERY_LANE);
    let others = (digits.wrapping_add(ABOVE_NINE * EVERY_LANE) | digits) & HIGH_BITS;
    let count = others.trailing_zeros() / 8;
    // The last digit goes to the highest lane; zeros move in before the first and what follows the last moves out.
    let digits = digits.checked_shl(64 - 8 * count).unwrap_or(0);
    let twos = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (twos * 100 + (twos >> 16)) & 0x0000_ffff_0000_ffff;
    let eight = (fours * 10_000 + (fours >> 32)) & 0x0000_0000_ffff_ffff;
    (eight, count as usize)
}

/// How many bytes `word` has before the first that is not plain: a quote, a backslash, a control character or no ASCII.
#[inline(always)]
pub(crate) fn leading_plain(word: u64) -> usize {
    let below = |limit: u64, word: u64| word.wrapping_sub(limit * EVERY_LANE) & !word;
    let is = |byte: u8| below(1, word ^ (u64::from(byte) * EVERY_LANE));
    let others = (below(0x20, word) | is(b'"') | is(b'\\') | word) & HIGH_BITS;
    others.trailing_zeros() as usize / 8
}

/// Eight bytes with digits (written as zeros) in some places and certain other bytes in the rest.
pub(crate) struct Shape {
    text: u64,
    headroom: u64,
}

impl Shape {
    pub(crate) const fn new(text: [u8; 8]) -> Self {
        let (mut headroom, mut at) = (0, 0);
        while at < text.len() {
            let most = if text[at] == b'0' { ABOVE_NINE } else { ABOVE_ZERO };
            headroom |= most << (8 * at);
            at += 1;
        }
        Self { text: u64::from_le_bytes(text), headroom }
    }

    /// At the place of a digit before another, what the two say; `None` if `text` has not this shape.
    #[inline(always)]
    pub(crate) fn pairs(&self, text: [u8; 8]) -> Option<[u8; 8]> {
        let digits = u64::from_le_bytes(text) ^ self.text;
        let fault = (digits.wrapping_add(self.headroom) | digits) & HIGH_BITS;
        (fault == 0).then(|| (digits * 10 + (digits >> 8)).to_le_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word() -> impl Strategy<Value = [u8; 8]> {
        let byte = prop_oneof![4 => b'0'..=b'9', 1 => prop::sample::select(b"/:.\"\\ \x1f\x7f\x80\xb0\x00".to_vec())];
        prop_oneof![prop::array::uniform8(byte), any::<[u8; 8]>()]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn digits_are_counted_and_read_up_to_the_first_other_byte(bytes in word()) {
            let digits: Vec<u8> = bytes.into_iter().take_while(u8::is_ascii_digit).collect();
            let value = digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
            prop_assert_eq!(leading_digits(u64::from_le_bytes(bytes)), (value, digits.len()));
        }

        #[test]
        fn plain_bytes_are_counted_up_to_the_first_other(bytes in word()) {
            let is_plain = |byte: &u8| (0x20..0x80).contains(byte) && !b"\"\\".contains(byte);
            prop_assert_eq!(leading_plain(u64::from_le_bytes(bytes)), bytes.iter().take_while(|byte| is_plain(byte)).count());
        }

        #[test]
        fn a_shape_takes_its_own_bytes_and_any_digits(bytes in word(), at in 0..8_usize, byte: u8) {
            let mut text = *b"00T00:00";
            for digit in [0, 1, 3, 4, 6, 7] {
                text[digit] = bytes[digit];
            }
            text[at] = if byte < 128 { text[at] } else { byte };
            let fits = (0..8).all(|at| match at { 2 => text[at] == b'T', 5 => text[at] == b':', _ => text[at].is_ascii_digit() });
            let pairs = Shape::new(*b"00T00:00").pairs(text);
            prop_assert_eq!(pairs.is_some(), fits);
            if let Some(pairs) = pairs {
                for at in [0, 3, 6] {
                    prop_assert_eq!(pairs[at], (text[at] - b'0') * 10 + text[at + 1] - b'0');
                }
            }
        }
    }
}
