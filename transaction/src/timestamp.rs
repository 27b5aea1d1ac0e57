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
    let (date_time, rest) = text.split_at_checked(DATE_TIME)?;
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
