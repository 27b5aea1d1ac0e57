//! Numbers as people read them.

/// Below it, four decimals would hide what a number is.
const SMALL: f64 = 1e-4;
/// From it on, a number has too many digits to be read.
const LARGE: f64 = 1e9;

/// With four decimals at most; very small and very large ones with a power of ten.
pub fn short(number: f64) -> String {
    if number != 0.0 && (number.abs() < SMALL || number.abs() >= LARGE) {
        return format!("{number:.4e}");
    }
    format!("{number:.4}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (number, text) in [
            (41.12, "41.12"),
            (0.0, "0"),
            (100.0, "100"),
            (13.7090520965, "13.7091"),
            (-2.5, "-2.5"),
            (0.0005, "0.0005"),
            (0.000012345678, "1.2346e-5"),
            (1e300, "1.0000e300"),
        ] {
            assert_eq!(short(number), text);
        }
    }
}
