//! Points in time: RFC 3339 text, and what the dimensions need of them.
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::temporal::DateTimeParser;

const SECONDS_PER_DAY: i64 = 86_400;
/// Nanoseconds are the most jiff takes, further digits of a fraction are dropped.
const FRACTION_DIGITS: usize = 9;

/// Reads an RFC 3339 date-time: `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`, with `t` and `z` as good as `T` and `Z`.
///
/// A second 60 reads as 59. Everything outside RFC 3339's grammar is refused, in particular a space for the `T`, a
/// missing offset and bracketed zones; so are the last three days of the year 9999, which end beyond jiff's range.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    let fraction = check(text.as_bytes())?;
    if fraction <= FRACTION_DIGITS {
        return PARSER.parse_timestamp(text).ok();
    }
    let mut short = [0; "YYYY-MM-DDTHH:MM:SS.123456789+HH:MM".len()];
    let (kept, offset) = (DATE_TIME + 1 + FRACTION_DIGITS, &text.as_bytes()[DATE_TIME + 1 + fraction..]);
    short[..kept].copy_from_slice(&text.as_bytes()[..kept]);
    short[kept..kept + offset.len()].copy_from_slice(offset);
    PARSER.parse_timestamp(&short[..kept + offset.len()]).ok()
}

/// Seconds since the epoch, fractions dropped downwards.
fn floor_second(instant: Timestamp) -> i64 {
    // jiff truncates towards the epoch.
    instant.as_second() - i64::from(instant.subsec_nanosecond() < 0)
}

/// The UTC hour, 0..=23.
pub(crate) fn hour_of_day(instant: Timestamp) -> i64 {
    floor_second(instant).rem_euclid(SECONDS_PER_DAY) / 3600
}

/// The UTC day of the week, Monday 0 to Sunday 6.
pub(crate) fn day_of_week(instant: Timestamp) -> i64 {
    const EPOCH_WAS_A_THURSDAY: i64 = 3;
    (floor_second(instant).div_euclid(SECONDS_PER_DAY) + EPOCH_WAS_A_THURSDAY).rem_euclid(7)
}

/// Seconds from `start` to `end`, with fractions; negative if `end` is before `start`.
pub(crate) fn seconds_between(start: Timestamp, end: Timestamp) -> f64 {
    let whole = end.as_second() - start.as_second();
    let nanoseconds = end.subsec_nanosecond() - start.subsec_nanosecond();
    whole as f64 + f64::from(nanoseconds) / 1e9
}

const DATE_TIME: usize = "YYYY-MM-DDTHH:MM:SS".len();

/// Whether `text` is an RFC 3339 date-time: the number of digits in its fraction, 0 without one.
///
/// Complete, because an error of jiff would allocate, and because jiff takes far more than RFC 3339.
fn check(text: &[u8]) -> Option<usize> {
    let (date_time, rest) = text.split_first_chunk::<DATE_TIME>()?;
    let shape = |separators: [(usize, u8); 4]| separators.into_iter().all(|(at, byte)| date_time[at] == byte);
    if !shape([(4, b'-'), (7, b'-'), (13, b':'), (16, b':')]) || !matches!(date_time[10], b'T' | b't') {
        return None;
    }
    let year = two_digits(date_time, 0)? * 100 + two_digits(date_time, 2)?;
    let (month, day) = (two_digits(date_time, 5)?, two_digits(date_time, 8)?);
    let (hour, minute, second) = (two_digits(date_time, 11)?, two_digits(date_time, 14)?, two_digits(date_time, 17)?);
    if !is_date(year, month, day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let fraction = match rest {
        [b'.', digits @ ..] => match digits.iter().take_while(|byte| byte.is_ascii_digit()).count() {
            0 => return None,
            count => count,
        },
        _ => 0,
    };
    let offset = if fraction == 0 { rest } else { &rest[1 + fraction..] };
    is_offset(offset).then_some(fraction)
}

fn is_date(year: i16, month: i16, day: i16) -> bool {
    if !(1..=12).contains(&month) || day < 1 || (year, month) == (9999, 12) && day > 28 {
        return false;
    }
    day <= 28 || Date::new(year, month as i8, 1).is_ok_and(|first| day <= i16::from(first.days_in_month()))
}

fn is_offset(text: &[u8]) -> bool {
    match text {
        b"Z" | b"z" => true,
        [b'+' | b'-', _, _, b':', _, _] => {
            two_digits(text, 1).is_some_and(|hours| hours <= 23)
                && two_digits(text, 4).is_some_and(|minutes| minutes <= 59)
        }
        _ => false,
    }
}

fn two_digits(text: &[u8], at: usize) -> Option<i16> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i16::from(byte - b'0'));
    Some(digit(text[at])? * 10 + digit(text[at + 1])?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nanosecond(text: &str) -> Option<i128> {
        parse(text).map(Timestamp::as_nanosecond)
    }

    #[test]
    fn offsets_fractions_and_lower_case_are_read() {
        let second = 1_773_260_615;
        for (text, nanosecond_expected) in [
            ("2026-03-11T20:23:35Z", 0),
            ("2026-03-11t20:23:35z", 0),
            ("2026-03-11T20:23:35+00:00", 0),
            ("2026-03-11T20:23:35-00:00", 0),
            ("2026-03-11T17:23:35-03:00", 0),
            ("2026-03-12T20:22:35+23:59", 0),
            ("2026-03-10T20:24:35-23:59", 0),
            ("2026-03-11T20:23:35.5Z", 500_000_000),
            ("2026-03-11T20:23:35.000000001Z", 1),
            ("2026-03-11T20:23:35.0000000019999+00:00", 1),
            ("2026-03-11T14:23:35.99999999999999999999999999999999999999-06:00", 999_999_999),
        ] {
            assert_eq!(nanosecond(text), Some(second * 1_000_000_000 + nanosecond_expected), "{text}");
        }
    }

    #[test]
    fn a_second_60_reads_as_59() {
        assert_eq!(parse("2026-03-11T20:23:60Z"), parse("2026-03-11T20:23:59Z"));
        assert_eq!(parse("2016-12-31T23:59:60.25+01:00"), parse("2016-12-31T23:59:59.25+01:00"));
        assert_eq!(parse("2026-03-11T20:23:61Z"), None);
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (text, is_date) in [
            ("2024-02-29T00:00:00Z", true),
            ("2023-02-29T00:00:00Z", false),
            ("2000-02-29T00:00:00Z", true),
            ("1900-02-29T00:00:00Z", false),
            ("0000-02-29T00:00:00Z", true),
            ("2026-04-31T00:00:00Z", false),
            ("2026-12-31T00:00:00Z", true),
            ("2026-01-32T00:00:00Z", false),
            ("2026-00-01T00:00:00Z", false),
            ("2026-13-01T00:00:00Z", false),
            ("2026-01-00T00:00:00Z", false),
            ("2026-01-01T24:00:00Z", false),
            ("2026-01-01T00:60:00Z", false),
            ("0000-01-01T00:00:00+23:59", true),
            ("9999-12-28T23:59:59.999999999-23:59", true),
            ("9999-12-29T00:00:00Z", false),
            ("9999-12-31T23:59:59Z", false),
        ] {
            assert_eq!(parse(text).is_some(), is_date, "{text}");
        }
    }

    #[test]
    fn what_jiff_takes_beyond_rfc_3339_is_refused() {
        for text in [
            "2026-03-11 20:23:35Z",
            "2026-03-11T20:23:35",
            "2026-03-11T20:23Z",
            "2026-03-11T20Z",
            "2026-03-11",
            "20260311T202335Z",
            "2026-03-11T202335Z",
            "2026-03-11T20:23:35,5Z",
            "2026-03-11T20:23:35.Z",
            "2026-03-11T20:23:35+03",
            "2026-03-11T20:23:35+0300",
            "2026-03-11T20:23:35+03:00:00",
            "2026-03-11T20:23:35+24:00",
            "2026-03-11T20:23:35+03:60",
            "2026-03-11T20:23:35\u{2212}03:00",
            "2026-03-11T20:23:35Z[UTC]",
            "2026-03-11T20:23:35-03:00[America/Sao_Paulo]",
            "2026-03-11T20:23:35Z[u-ca=iso8601]",
            "+002026-03-11T20:23:35Z",
            "-000001-03-11T20:23:35Z",
            " 2026-03-11T20:23:35Z",
            "2026-03-11T20:23:35Z ",
            "2026-03-11T20:23:35ZZ",
            "2026-03-11T20:23:3\u{665}Z",
            "",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn seconds_between_are_exact_for_whole_seconds_and_count_fractions() {
        let at = |text: &str| parse(text).unwrap();
        let start = at("0001-01-01T00:00:00Z");
        assert_eq!(seconds_between(start, at("9999-01-01T00:00:01Z")), 315_506_361_601.0);
        assert_eq!(seconds_between(at("1970-01-01T00:00:00.25Z"), at("1969-12-31T23:59:59.75Z")), -0.5);
        assert_eq!(seconds_between(at("1969-12-31T23:59:59.75Z"), at("1970-01-01T00:00:00.25Z")), 0.5);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn text_of_the_right_shape_is_read_exactly_when_jiff_reads_it(
            text in "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,9})?([Zz]|[+-][01][0-9]:[0-5][0-9])"
        ) {
            prop_assume!(!text.starts_with("9999-12"));
            prop_assert_eq!(parse(&text), text.parse::<Timestamp>().ok());
        }

        #[test]
        fn whatever_is_read_jiff_reads_the_same(text in "[0-9TtZz:.+ -]{18,32}|.{0,40}") {
            if let Some(instant) = parse(&text) {
                prop_assert_eq!(Ok(instant), text.parse::<Timestamp>().map_err(|error| error.to_string()));
            }
        }

        #[test]
        fn hour_and_weekday_are_jiffs(second in -62_167_219_200..253_402_000_000_i64, nanosecond in 0..1_000_000_000_i32) {
            let instant = Timestamp::new(second, nanosecond).unwrap();
            let utc = instant.to_zoned(jiff::tz::TimeZone::UTC);
            prop_assert_eq!(hour_of_day(instant), i64::from(utc.hour()));
            prop_assert_eq!(day_of_week(instant), i64::from(utc.weekday().to_monday_zero_offset()));
        }
    }
}
