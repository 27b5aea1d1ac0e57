//! Random damage to the bytes of a body, most of it where it tells.

use super::dress::number;
use proptest::prelude::*;

/// One change to the bytes of a body: places are fractions of its length.
#[derive(Clone, Debug)]
pub enum Damage {
    Replace(f64, u8),
    Insert(f64, u8),
    Delete(f64, usize),
    Repeat(f64, usize),
    Move(f64, usize, f64),
    Cut(f64),
    Number(f64, String),
    Digit(f64, u8),
}

impl Damage {
    pub fn any() -> impl Strategy<Value = Self> {
        let telling =
            prop::sample::select(b"{}[]\",:\\ \t\n\r\x0b\x0c\x000123456789-+.eEtTfnZzu/\x7f\x80\xc3\xff".to_vec());
        let byte = || prop_oneof![telling.clone(), any::<u8>()];
        let place = || 0.0..1.0_f64;
        prop_oneof![
            1 => (place(), byte()).prop_map(|(at, byte)| Self::Replace(at, byte)),
            1 => (place(), byte()).prop_map(|(at, byte)| Self::Insert(at, byte)),
            1 => (place(), 1..30_usize).prop_map(|(at, len)| Self::Delete(at, len)),
            1 => (place(), 1..60_usize).prop_map(|(at, len)| Self::Repeat(at, len)),
            1 => (place(), 1..60_usize, place()).prop_map(|(at, len, to)| Self::Move(at, len, to)),
            1 => place().prop_map(Self::Cut),
            2 => (place(), prop_oneof![number(), "-?[0-9]{1,3}\\.?[0-9]{0,3}[eE]?[+-]?[0-9]{0,4}"])
                .prop_map(|(at, number)| Self::Number(at, number)),
            4 => (place(), b'0'..=b'9').prop_map(|(at, digit)| Self::Digit(at, digit)),
        ]
    }

    pub fn apply(&self, body: &mut Vec<u8>) {
        let place = |at: f64, len: usize| (at * len as f64) as usize;
        let len = body.len();
        match *self {
            _ if body.is_empty() => {}
            Self::Replace(at, byte) => body[place(at, len)] = byte,
            Self::Insert(at, byte) => body.insert(place(at, len), byte),
            Self::Delete(at, count) => {
                let at = place(at, len);
                body.drain(at..len.min(at + count));
            }
            Self::Repeat(at, count) => {
                let at = place(at, len);
                let piece = body[at..len.min(at + count)].to_vec();
                body.splice(at..at, piece);
            }
            Self::Move(at, count, to) => {
                let at = place(at, len);
                let piece: Vec<u8> = body.drain(at..len.min(at + count)).collect();
                let to = place(to, body.len() + 1);
                body.splice(to..to, piece);
            }
            Self::Cut(at) => body.truncate(place(at, len)),
            Self::Number(at, ref number) => {
                let numbers: Vec<usize> =
                    (1..len).filter(|&at| body[at - 1] == b':' && body[at].is_ascii_digit()).collect();
                if let Some(&start) = numbers.get(place(at, numbers.len())) {
                    let digits = body[start..].iter().take_while(|byte| !b",}".contains(byte)).count();
                    body.splice(start..start + digits, number.bytes());
                }
            }
            Self::Digit(at, digit) => {
                let digits: Vec<usize> = (0..len).filter(|&at| body[at].is_ascii_digit()).collect();
                if let Some(&at) = digits.get(place(at, digits.len())) {
                    body[at] = digit;
                }
            }
        }
    }
}
