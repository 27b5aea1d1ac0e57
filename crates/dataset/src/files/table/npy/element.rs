//! The elements of an array: numbers, flags or texts of a fixed length.

use crate::files::table::cell::Cell;
use crate::files::table::input::MAX_ROW_BYTES;

/// The type of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::files::table) struct Element {
    /// Its length.
    pub bytes: usize,
    kind: Kind,
    is_big_endian: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Float,
    Signed,
    Unsigned,
    Flag,
    /// UTF-32, zeros behind it.
    Text,
    /// Bytes, zeros behind them.
    Bytes,
}

impl Element {
    /// The type that a `descr` such as `<f8` names, if it is one that is read.
    pub(in crate::files::table) fn of(descr: &str) -> Option<Self> {
        let mut characters = descr.chars();
        let is_big_endian = match characters.next()? {
            '<' | '|' | '=' => false,
            '>' => true,
            _ => return None,
        };
        let letter = characters.next()?;
        let size: usize = characters.as_str().parse().ok()?;
        let (kind, bytes) = match (letter, size) {
            ('f', 2 | 4 | 8) => (Kind::Float, size),
            ('i', 1 | 2 | 4 | 8) => (Kind::Signed, size),
            ('u', 1 | 2 | 4 | 8) => (Kind::Unsigned, size),
            ('b', 1) => (Kind::Flag, size),
            ('U', 1..) => (Kind::Text, size.checked_mul(4)?),
            ('S', 1..) => (Kind::Bytes, size),
            _ => return None,
        };
        (bytes as u64 <= MAX_ROW_BYTES).then_some(Self { bytes, kind, is_big_endian })
    }

    /// Whether it is a number or a flag, which is 0 or 1.
    pub(in crate::files::table) const fn is_number(self) -> bool {
        !matches!(self.kind, Kind::Text | Kind::Bytes)
    }

    /// The element in `bytes`.
    pub(super) fn cell(self, bytes: &[u8]) -> Cell<'_> {
        match self.kind {
            Kind::Float => Cell::Number(float(self.bits(bytes), self.bytes)),
            Kind::Signed => {
                // the sign is moved to the top of 64 bits and back
                let unused = 64 - 8 * self.bytes as u32;
                Cell::Whole((((self.bits(bytes) << unused) as i64) >> unused).into())
            }
            // flags are numbers, as NumPy has them
            Kind::Unsigned | Kind::Flag => Cell::Whole(self.bits(bytes).into()),
            Kind::Text => {
                self.text(bytes).map_or(Cell::Other("a text that is not UTF-32"), |text| Cell::Text(text.into()))
            }
            Kind::Bytes => {
                let length = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                str::from_utf8(&bytes[..length])
                    .map_or(Cell::Other("bytes that are no UTF-8"), |text| Cell::Text(text.into()))
            }
        }
    }

    fn bits(self, bytes: &[u8]) -> u64 {
        let append = |bits: u64, byte: &u8| bits << 8 | u64::from(*byte);
        if self.is_big_endian { bytes.iter().fold(0, append) } else { bytes.iter().rev().fold(0, append) }
    }

    fn text(self, bytes: &[u8]) -> Option<String> {
        let characters = bytes.as_chunks::<4>().0.iter().map(|four| {
            let code = if self.is_big_endian { u32::from_be_bytes(*four) } else { u32::from_le_bytes(*four) };
            char::from_u32(code)
        });
        let text: String = characters.collect::<Option<_>>()?;
        Some(text.trim_end_matches('\0').to_owned())
    }
}

/// A floating-point number of so many bytes.
fn float(bits: u64, bytes: usize) -> f64 {
    match bytes {
        2 => half(bits as u16),
        4 => f32::from_bits(bits as u32).into(),
        _ => f64::from_bits(bits),
    }
}

/// An IEEE 754 number of 16 bits: a sign, 5 bits of exponent with a bias of 15, 10 bits of fraction.
fn half(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff) / 1024.0;
    let magnitude = match bits >> 10 & 0x1f {
        0 => fraction * 2_f64.powi(-14),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        exponent => (1.0 + fraction) * 2_f64.powi(i32::from(exponent) - 15),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell<'a>(descr: &str, bytes: &'a [u8]) -> Cell<'a> {
        Element::of(descr).unwrap().cell(bytes)
    }

    #[test]
    fn numbers_of_every_type_and_order_are_read() {
        for (descr, bytes, number) in [
            ("<f8", &(-1.5_f64).to_le_bytes()[..], Cell::Number(-1.5)),
            (">f8", &1e300_f64.to_be_bytes(), Cell::Number(1e300)),
            ("<f4", &0.1_f32.to_le_bytes(), Cell::Number(f64::from(0.1_f32))),
            ("<f2", &[0x00, 0x3e], Cell::Number(1.5)),
            (">f2", &[0xfb, 0xff], Cell::Number(-65504.0)),
            ("|i1", &[0xff], Cell::Whole(-1)),
            ("<i2", &(-2_i16).to_le_bytes(), Cell::Whole(-2)),
            (">i4", &i32::MIN.to_be_bytes(), Cell::Whole(i32::MIN.into())),
            ("<i8", &i64::MIN.to_le_bytes(), Cell::Whole(i64::MIN.into())),
            ("<u8", &u64::MAX.to_le_bytes(), Cell::Whole(u64::MAX.into())),
            ("|u1", &[200], Cell::Whole(200)),
            ("|b1", &[1], Cell::Whole(1)),
        ] {
            assert_eq!(cell(descr, bytes), number, "{descr}");
        }
    }

    #[test]
    fn texts_end_where_the_zeros_begin() {
        let utf_32: Vec<u8> = ['ü', 'x', '\0', '\0'].iter().flat_map(|c| u32::from(*c).to_le_bytes()).collect();
        assert_eq!(cell("<U4", &utf_32), Cell::Text("üx".into()));
        assert_eq!(cell("|S4", b"ab\0\0"), Cell::Text("ab".into()));
        assert_eq!(cell("|S2", b"\0\0"), Cell::Text("".into()));
        assert!(matches!(cell("|S2", b"\xff\0"), Cell::Other(_)));
        assert!(matches!(cell("<U1", &[0xff; 4]), Cell::Other(_)));
    }

    #[test]
    fn other_types_are_not_read() {
        for descr in
            ["", "<", "<f", "<f3", "<f16", "<c8", "|O", "<M8[ns]", "<U0", "|V4", "f8", "<U99999999999", "<i+8x"]
        {
            assert_eq!(Element::of(descr), None, "{descr}");
        }
    }

    #[test]
    fn every_number_of_16_bits_is_the_one_of_its_bits() {
        assert_eq!(half(0x0001), 2_f64.powi(-24));
        assert_eq!(half(0x03ff), 1023.0 * 2_f64.powi(-24));
        assert_eq!(half(0x0400), 2_f64.powi(-14));
        assert_eq!(half(0x7c00), f64::INFINITY);
        assert!(half(0x7e00).is_nan());
        assert!(half(0x8000).is_sign_negative());
        // from one to the next the step is that of the exponent
        for bits in 0x0400..0x7bff {
            let step = 2_f64.powi(i32::from(bits >> 10) - 25);
            assert_eq!(half(bits + 1) - half(bits), step, "{bits:#x}");
        }
    }
}
