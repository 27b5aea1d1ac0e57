//! Numbers as the published files write them: integral values without a point, others without trailing zeros.

use space::SCALE;
use std::fmt;

/// A finite number that displays with at most ten decimals.
pub(crate) struct Number(pub(crate) f64);

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.10}", self.0);
        formatter.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// Appends a vector's stored value, in multiples of 1 / 10000.
pub(crate) fn push_scaled(text: &mut Vec<u8>, value: i16) {
    if value < 0 {
        text.push(b'-');
    }
    let (scale, magnitude) = (u32::from(SCALE.unsigned_abs()), u32::from(value.unsigned_abs()));
    // a stored value is at most 1, so its whole part is one digit
    text.push(b'0' + (magnitude / scale) as u8);
    let mut rest = magnitude % scale;
    if rest > 0 {
        text.push(b'.');
    }
    while rest > 0 {
        rest *= 10;
        text.push(b'0' + (rest / scale) as u8);
        rest %= scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integral_numbers_print_without_a_point() {
        for (value, text) in [(0.0, "0"), (1.0, "1"), (100.0, "100"), (2500.0, "2500"), (-1.0, "-1")] {
            assert_eq!(Number(value).to_string(), text);
        }
    }

    #[test]
    fn other_numbers_print_up_to_ten_decimals_without_trailing_zeros() {
        for (value, text) in [
            (384.88, "384.88"),
            (4178.7, "4178.7"),
            (13.709_052_096_493, "13.7090520965"),
            (427.888_266_609_04, "427.888266609"),
            (0.6, "0.6"),
            (0.000_000_000_04, "0"),
        ] {
            assert_eq!(Number(value).to_string(), text);
        }
    }

    #[test]
    fn every_stored_value_prints_as_its_quotient() {
        for value in -SCALE..=SCALE {
            let mut text = Vec::new();
            push_scaled(&mut text, value);
            let quotient = f64::from(value) / f64::from(SCALE);
            assert_eq!(String::from_utf8(text).unwrap(), Number(quotient).to_string());
        }
    }
}
