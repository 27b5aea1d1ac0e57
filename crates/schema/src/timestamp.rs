//! Points in time: RFC 3339 text, and what the dimensions need of them.

use crate::swar::Shape;
use std::fmt;
use std::ops::Sub;
use std::time::Duration;

const SECONDS_PER_DAY: i64 = 86_400;
const DATE_TIME: usize = "YYYY-MM-DDTHH:MM:SS".len();
/// Nanoseconds are the most a timestamp takes, further digits of a fraction are dropped.
const FRACTION_DIGITS: usize = 9;

/// A point in time, in UTC without leap seconds.
///
/// Its range has no end that RFC 3339 could reach: an offset may lead from the year 0 into the one before it, and from
/// the year 9999 into the one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    second: i64,
    nanosecond: u32,
}

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self::new(0, 0);

    /// `second` since the Unix epoch, and `nanosecond` after it.
    ///
    /// # Panics
    ///
    /// If `nanosecond` is a second or more.
    pub const fn new(second: i64, nanosecond: u32) -> Self {
        assert!(nanosecond < 1_000_000_000, "nanoseconds are the part below a second");
        Self { second, nanosecond }
    }

    /// Reads an RFC 3339 date-time such as `2026-03-11T20:23:35Z`, with a fraction of a second or not, in UTC or with an
    /// offset; nothing if it is none.
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        parse(text)
    }

    /// A year, month and day with an hour, minute and second of it, in UTC; nothing if the calendar has no such date or
    /// the day no such second.
    pub fn from_utc(date: [u32; 3], time: [u32; 3]) -> Option<Self> {
        let [date, time] = [date, time].map(|numbers| numbers.map(|number| i32::try_from(number).unwrap_or(i32::MAX)));
        let ([year, month, day], [hour, minute, second]) = (date, time);
        let exists = year <= 9999 && is_date(year, month, day) && hour <= 23 && minute <= 59 && second <= 59;
        exists.then(|| Self::new(utc_second(date, time), 0))
    }

    /// Nanoseconds since the Unix epoch.
    pub fn as_nanosecond(self) -> i128 {
        i128::from(self.second) * 1_000_000_000 + i128::from(self.nanosecond)
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, earlier: Duration) -> Self {
        const NANOSECONDS: u32 = 1_000_000_000;
        let borrowed = self.nanosecond < earlier.subsec_nanos();
        let nanosecond = self.nanosecond + if borrowed { NANOSECONDS } else { 0 } - earlier.subsec_nanos();
        Self::new(self.second - earlier.as_secs() as i64 - i64::from(borrowed), nanosecond)
    }
}

/// RFC 3339 in UTC, with a fraction only where there is one.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date_of(self.second.div_euclid(SECONDS_PER_DAY));
        let of_day = self.second.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        write!(formatter, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if self.nanosecond > 0 {
            let digits = format!("{:09}", self.nanosecond);
            write!(formatter, ".{}", digits.trim_end_matches('0'))?;
        }
        formatter.write_str("Z")
    }
}

/// Reads an RFC 3339 date-time: `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`, where `t` and `z` may stand for `T` and `Z`.
///
/// A second 60 reads as 59. Everything outside RFC 3339's grammar is refused, in particular a space for the `T`, a
/// missing offset and bracketed zones.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let (&date_time, rest) = text.as_bytes().split_first_chunk::<DATE_TIME>()?;
    let mut upper_case = date_time;
    upper_case[10].make_ascii_uppercase();
    let (nanosecond, offset) = match rest {
        [b'.', rest @ ..] => fraction(rest)?,
        _ => (0, rest),
    };
    Some(Timestamp { second: unix_second(&upper_case)? - offset_seconds(offset)?, nanosecond })
}

/// Reads `YYYY-MM-DDTHH:MM:SS` as UTC, in the way of [`parse`].
#[inline]
pub(crate) fn parse_utc(date_time: &[u8; DATE_TIME]) -> Option<Timestamp> {
    Some(Timestamp { second: unix_second(date_time)?, nanosecond: 0 })
}

/// The UTC hour, 0..=23.
pub(crate) fn hour_of_day(instant: Timestamp) -> i64 {
    instant.second.rem_euclid(SECONDS_PER_DAY) / 3600
}

/// The UTC day of the week, Monday 0 to Sunday 6.
pub(crate) fn day_of_week(instant: Timestamp) -> i64 {
    const EPOCH_WAS_A_THURSDAY: i64 = 3;
    (instant.second.div_euclid(SECONDS_PER_DAY) + EPOCH_WAS_A_THURSDAY).rem_euclid(7)
}

/// Seconds from `start` to `end`, with fractions; negative if `end` is before `start`.
pub(crate) fn seconds_between(start: Timestamp, end: Timestamp) -> f64 {
    let whole = end.second - start.second;
    let nanoseconds = i64::from(end.nanosecond) - i64::from(start.nanosecond);
    whole as f64 + nanoseconds as f64 / 1e9
}

/// Seconds from the epoch to a date-time in UTC.
#[inline]
fn unix_second(date_time: &[u8; DATE_TIME]) -> Option<i64> {
    const TO_MONTH: Shape = Shape::new(*b"0000-00-");
    const DAY: Shape = Shape::new(*b"00T00:00");
    const TIME: Shape = Shape::new(*b"00:00:00");
    let ([to_month, day], _) = date_time.as_chunks() else { return None };
    let [century, _, of_century, _, _, month, ..] = TO_MONTH.pairs(*to_month)?;
    let [day, ..] = DAY.pairs(*day)?;
    let [hour, _, _, minute, _, _, second, _] = TIME.pairs(*date_time.last_chunk()?)?;
    let (year, month, day) = (i32::from(century) * 100 + i32::from(of_century), i32::from(month), i32::from(day));
    if !is_date(year, month, day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some(utc_second([year, month, day], [i32::from(hour), i32::from(minute), i32::from(second.min(59))]))
}

/// Seconds from the epoch to a date and time of day that exist.
#[inline]
fn utc_second([year, month, day]: [i32; 3], [hour, minute, second]: [i32; 3]) -> i64 {
    i64::from(days_to(year, month, day)) * SECONDS_PER_DAY + i64::from((hour * 60 + minute) * 60 + second)
}

fn is_date(year: i32, month: i32, day: i32) -> bool {
    (1..=12).contains(&month) && day >= 1 && (day <= 28 || day <= days_in_month(year, month))
}

fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// From the first of March of the year 0 to the epoch.
const DAYS_BEFORE_EPOCH: i32 = 719_468;

/// Days from the epoch to a date.
fn days_to(year: i32, month: i32, day: i32) -> i32 {
    // Counted from March the leap day is a year's last, and months before it follow one rule: 153 days in five.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - DAYS_BEFORE_EPOCH
}

/// The year, month and day that begins `days` after the epoch.
fn date_of(days: i64) -> (i64, i64, i64) {
    const DAYS_PER_ERA: i64 = 146_097; // 400 years
    let days = days + i64::from(DAYS_BEFORE_EPOCH);
    let (era, of_era) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
    // the leap day ends 4 years, is left out at the end of 100, and ends 400 all the same
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let (month, next_year) = if from_march < 10 { (from_march + 3, 0) } else { (from_march - 9, 1) };
    (era * 400 + year_of_era + next_year, month, of_year - (from_march * 153 + 2) / 5 + 1)
}

/// Nanoseconds of the digits that `text` begins with, and what follows them.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(count);
    let digit = |at: usize| digits.get(at).map_or(0, |digit| u32::from(digit - b'0'));
    let nanosecond = (0..FRACTION_DIGITS).fold(0, |nanosecond, at| nanosecond * 10 + digit(at));
    (count > 0).then_some((nanosecond, rest))
}

fn offset_seconds(text: &[u8]) -> Option<i64> {
    let ahead = match text {
        b"Z" | b"z" => return Some(0),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    let &[_, ten_hours, hours, b':', ten_minutes, minutes] = text else { return None };
    let (hours, minutes) = (two_digits(ten_hours, hours)?, two_digits(ten_minutes, minutes)?);
    (hours <= 23 && minutes <= 59).then_some(ahead * (hours * 60 + minutes) * 60)
}

fn two_digits(tens: u8, ones: u8) -> Option<i64> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
    Some(digit(tens)? * 10 + digit(ones)?)
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use proptest::prelude::*;

    use super::*;

    /// What jiff reads; its range ends before the last days of the year 9999.
    fn by_jiff(text: &str) -> Option<i128> {
        text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_nanosecond)
    }

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
            ("9999-12-29T00:00:00Z", true),
            ("9999-12-31T23:59:59Z", true),
            ("9999-12-31T23:59:60.999999999-23:59", true),
            ("9999-12-32T00:00:00Z", false),
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
            prop_assert_eq!(nanosecond(&text), by_jiff(&text));
        }

        #[test]
        fn whatever_is_read_jiff_reads_the_same(text in "[0-9TtZz:.+ -]{18,32}|.{0,40}") {
            if let Some(instant) = nanosecond(&text) {
                prop_assert!(text.starts_with("9999-12") || Some(instant) == by_jiff(&text));
            }
        }

        #[test]
        fn hour_and_weekday_are_jiffs(second in -62_167_219_200..253_402_000_000_i64, nanosecond in 0..1_000_000_000_u32) {
            let instant = Timestamp::new(second, nanosecond);
            let utc = jiff::Timestamp::new(second, nanosecond as i32).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
            prop_assert_eq!(hour_of_day(instant), i64::from(utc.hour()));
            prop_assert_eq!(day_of_week(instant), i64::from(utc.weekday().to_monday_zero_offset()));
        }

        #[test]
        fn text_is_jiffs(second in -62_167_219_200..253_402_000_000_i64, nanosecond in prop_oneof![Just(0), 0..1_000_000_000_u32]) {
            let instant = Timestamp::new(second, nanosecond);
            prop_assert_eq!(instant.to_string(), jiff::Timestamp::new(second, nanosecond as i32).unwrap().to_string());
        }

        #[test]
        fn a_date_and_time_exist_when_jiff_says_so(
            year in 1970..10_010_u32, month in 0..14_u32, day in 0..33_u32,
            hour in 0..25_u32, minute in 0..61_u32, second in 0..61_u32
        ) {
            let civil = jiff::civil::DateTime::new(
                year as i16, month as i8, day as i8, hour as i8, minute as i8, second as i8, 0);
            let by_jiff = civil.ok().filter(|_| year < 9999).and_then(|civil| jiff::tz::Offset::UTC.to_timestamp(civil).ok());
            let ours = Timestamp::from_utc([year, month, day], [hour, minute, second]).filter(|_| year < 9999);
            prop_assert_eq!(ours.map(Timestamp::as_nanosecond), by_jiff.map(jiff::Timestamp::as_nanosecond));
        }

        #[test]
        fn what_lies_before_is_what_jiff_says(second in 0..253_402_000_000_i64, nanosecond in 0..1_000_000_000_u32,
                                              back in 0..60_000_000_000_u64, part in 0..1_000_000_000_u32) {
            let earlier = Timestamp::new(second, nanosecond) - Duration::new(back, part);
            prop_assert_eq!(
                earlier.as_nanosecond(),
                i128::from(second) * 1_000_000_000 + i128::from(nanosecond) - Duration::new(back, part).as_nanos() as i128
            );
        }
    }

    #[test]
    fn every_day_of_ten_thousand_years_is_counted() {
        let mut days = days_to(0, 1, 1);
        for (year, month) in (0..=9999).flat_map(|year| (1..=12).map(move |month| (year, month))) {
            let last = Date::new(year as i16, month as i8, 1).unwrap().days_in_month().into();
            assert_eq!(days_in_month(year, month), last, "{year}-{month}");
            assert!(is_date(year, month, last) && !is_date(year, month, last + 1) && !is_date(year, month, 0));
            for day in 1..=last {
                assert_eq!(days_to(year, month, day), days, "{year}-{month}-{day}");
                assert_eq!(date_of(days.into()), (year.into(), month.into(), day.into()));
                days += 1;
            }
        }
        assert_eq!(nanosecond("9999-12-31T23:59:59Z"), Some(253_402_300_799_000_000_000));
        assert_eq!(nanosecond("9999-12-31T23:59:59-23:59"), Some(253_402_387_139_000_000_000));
        assert_eq!(nanosecond("0000-01-01T00:00:00+23:59"), Some(-62_167_305_540_000_000_000));
    }
}
