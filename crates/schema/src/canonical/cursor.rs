//! The parts of compact JSON, taken one after the other from the front of a body.
//!
//! Each method takes one part and stands behind it, or gives `None` for everything it is not certain about.
use crate::swar::{leading_digits, leading_plain};
use crate::timestamp::{self, Timestamp};

/// Every whole number up to here is an f64.
const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;
/// The most digits of which any number fits 64 bits.
const DIGITS: usize = 19;

const POWERS_OF_TEN: [u64; 16] = {
    let mut powers = [1; 16];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// What of a body is still to be read.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    /// The body's last eight bytes: what is read where fewer are left.
    end: u64,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(body: &'a [u8]) -> Option<Self> {
        Some(Self { rest: body, end: u64::from_le_bytes(*body.last_chunk()?) })
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next eight bytes; behind the end there are zeros.
    #[inline(always)]
    fn word(&self) -> u64 {
        match self.rest.first_chunk() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => self.end.checked_shr(64 - 8 * self.rest.len() as u32).unwrap_or(0),
        }
    }

    #[inline(always)]
    fn skip(&mut self, count: usize) -> Option<()> {
        self.rest = self.rest.get(count..)?;
        Some(())
    }

    /// Whether `text` comes next; if so, it is taken.
    #[inline(always)]
    pub(crate) fn take<const N: usize>(&mut self, text: &[u8; N]) -> bool {
        // As a chunk of known length it is compared by a few wide loads.
        match self.rest.split_first_chunk() {
            Some((next, rest)) if next == text => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// `text` must come next.
    #[inline(always)]
    pub(crate) fn expect<const N: usize>(&mut self, text: &[u8; N]) -> Option<()> {
        self.take(text).then_some(())
    }

    /// As [`Cursor::expect`], for a text of any length.
    #[inline(always)]
    pub(crate) fn expect_bytes(&mut self, text: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    /// Up to 15 digits, perhaps none: their value and their count.
    #[inline(always)]
    fn digits(&mut self) -> Option<(u64, usize)> {
        let (first, count) = leading_digits(self.word());
        self.skip(count)?;
        if count < 8 {
            return Some((first, count));
        }
        let (second, more) = leading_digits(self.word());
        self.skip(more)?;
        (more < 8).then(|| (first * POWERS_OF_TEN[more] + second, count + more))
    }

    /// A number without sign and exponent whose digits are an exact f64, as is the power of ten they are divided by:
    /// then the one division rounds as reading the decimal number must.
    #[inline(always)]
    pub(crate) fn number(&mut self) -> Option<f64> {
        let begins_with_zero = self.rest.first() == Some(&b'0');
        let (whole, count) = self.digits()?;
        if count == 0 || (begins_with_zero && count > 1) {
            return None;
        }
        if !self.take(b".") {
            return (whole <= EXACT).then_some(whole as i64 as f64);
        }
        let (fraction, places) = self.digits()?;
        if places == 0 || count + places > DIGITS {
            return None;
        }
        let power = POWERS_OF_TEN[places];
        let digits = whole * power + fraction;
        (digits <= EXACT).then(|| digits as i64 as f64 / power as i64 as f64)
    }

    #[inline(always)]
    pub(crate) fn boolean(&mut self) -> Option<bool> {
        const TRUE: u64 = u32::from_le_bytes(*b"true") as u64;
        const FALSE: u64 = u64::from_le_bytes(*b"false\0\0\0");
        let word = self.word();
        // Both answers are frequent: the length depends on the answer by arithmetic, not by a branch.
        let (is_true, is_false) = (word & 0xffff_ffff == TRUE, word & 0xff_ffff_ffff == FALSE);
        self.skip(5 - usize::from(is_true))?;
        (is_true | is_false).then_some(is_true)
    }

    /// Plain ASCII up to the closing quote; the opening one has been taken.
    #[inline(always)]
    pub(crate) fn text(&mut self) -> Option<&'a [u8]> {
        let whole = self.rest;
        loop {
            let count = leading_plain(self.word());
            self.skip(count)?;
            if count < 8 {
                break;
            }
        }
        let length = whole.len() - self.rest.len();
        self.expect(b"\"")?;
        whole.get(..length)
    }

    /// The elements of an array of strings, up to its closing bracket; the opening one has been taken.
    #[inline(always)]
    pub(crate) fn texts(&mut self, mut element: impl FnMut(&'a [u8])) -> Option<()> {
        if self.take(b"]") {
            return Some(());
        }
        loop {
            self.expect(b"\"")?;
            element(self.text()?);
            if self.take(b"]") {
                return Some(());
            }
            self.expect(b",")?;
        }
    }

    /// A date and time in UTC, up to its closing quote; the opening one has been taken.
    #[inline(always)]
    pub(crate) fn instant(&mut self) -> Option<Timestamp> {
        let (date_time, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        self.expect(b"Z\"")?;
        timestamp::parse_utc(date_time)
    }
}
