//! Payloads for the tests.
use std::cell::RefCell;
use std::sync::LazyLock;

use schema::{Parser, PayloadReader, Plan, Rules, SchemaFile};
use space::DIMENSIONS;

static CONTEST: LazyLock<Plan> = LazyLock::new(|| Plan::new(&SchemaFile::contest()));

thread_local! {
    static READERS: RefCell<(Parser, PayloadReader)> = RefCell::new((Parser::new(1024), PayloadReader::new(1024)));
}

/// Asserts that the contest's schema as a file accepts what the contest's own reader accepts, with the same vector, and
/// refuses the rest with the same words.
pub fn assert_plan_agrees(body: &[u8]) {
    READERS.with_borrow_mut(|(parser, reader)| {
        let contest = parser.parse(body).map(|transaction| *Rules::default().vectorize(&transaction).values());
        let contest = contest.map_err(|error| error.to_string());
        let mut vector = [0; DIMENSIONS];
        let read = reader.read(&CONTEST, body, |payload| {
            let vectorized = CONTEST.quantize(payload.fields, &mut vector).expect("the contest's grid is fixed");
            vectorized.map_err(|error| error.to_string())
        });
        let plan = read.map_err(|error| error.to_string()).flatten().map(|()| vector);
        match (&plan, &contest) {
            // the plan looks at times last, so that it may find another fault before
            (Err(_), Err(error)) if error.contains("RFC 3339") => {}
            _ => assert_eq!(plan, contest, "{}", String::from_utf8_lossy(body)),
        }
    });
}

/// A payload with a last transaction.
pub const CANONICAL: &str = r#"{"id":"tx-3576980410","transaction":{"amount":384.88,"installments":3,"requested_at":"2026-03-11T20:23:35Z"},"customer":{"avg_amount":769.76,"tx_count_24h":3,"known_merchants":["MERC-009","MERC-001"]},"merchant":{"id":"MERC-001","mcc":"5912","avg_amount":298.95},"terminal":{"is_online":false,"card_present":true,"km_from_home":13.7090520965},"last_transaction":{"timestamp":"2026-03-11T14:58:35Z","km_from_current":18.8626479774}}"#;

/// The canonical payload with the one place of `from` replaced.
pub fn with(from: &str, to: &str) -> String {
    assert_eq!(CANONICAL.matches(from).count(), 1, "{from}");
    CANONICAL.replace(from, to)
}

/// What a payload says, with its text and times in plain types.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    pub amount: f64,
    pub installments: f64,
    pub requested_at_ns: i128,
    pub customer_avg_amount: f64,
    pub tx_count_24h: f64,
    pub merchant_is_known: bool,
    pub mcc: String,
    pub merchant_avg_amount: f64,
    pub is_online: bool,
    pub card_present: bool,
    pub km_from_home: f64,
    pub last: Option<(i128, f64)>,
}

impl From<schema::Transaction<'_>> for Facts {
    fn from(parsed: schema::Transaction<'_>) -> Self {
        Self {
            amount: parsed.amount,
            installments: parsed.installments,
            requested_at_ns: parsed.requested_at.as_nanosecond(),
            customer_avg_amount: parsed.customer_avg_amount,
            tx_count_24h: parsed.tx_count_24h,
            merchant_is_known: parsed.merchant_is_known,
            mcc: parsed.mcc.to_owned(),
            merchant_avg_amount: parsed.merchant_avg_amount,
            is_online: parsed.is_online,
            card_present: parsed.card_present,
            km_from_home: parsed.km_from_home,
            last: parsed.last.map(|last| (last.timestamp.as_nanosecond(), last.km_from_current)),
        }
    }
}

/// Nanoseconds since the epoch of an RFC 3339 date-time, counted day by day; `None` for any other text.
pub fn rfc3339_ns(text: &str) -> Option<i128> {
    let pattern: String = text.chars().map(|c| if c.is_ascii_digit() { 'd' } else { c.to_ascii_uppercase() }).collect();
    let rest = pattern.strip_prefix("dddd-dd-ddTdd:dd:dd")?;
    let rest_without_fraction = match rest.strip_prefix('.') {
        Some(fraction) if fraction.starts_with('d') => fraction.trim_start_matches('d'),
        Some(_) => return None,
        None => rest,
    };
    if !["Z", "+dd:dd", "-dd:dd"].contains(&rest_without_fraction) {
        return None;
    }
    let number = |at: usize, len: usize| text[at..at + len].parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    let is_leap = |year: i64| year % 4 == 0 && year % 100 != 0 || year % 400 == 0;
    let months = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if !(1..=12).contains(&month) || day < 1 || day > months[month as usize - 1] {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days_of_year = |year: i64| if is_leap(year) { 366 } else { 365 };
    let years = if year >= 1970 {
        (1970..year).map(days_of_year).sum::<i64>()
    } else {
        -(year..1970).map(days_of_year).sum::<i64>()
    };
    let days = years + months[..month as usize - 1].iter().sum::<i64>() + day - 1;
    let offset = match &text[text.len() - 1..] {
        "Z" | "z" => 0,
        _ => {
            let at = text.len() - 6;
            let (hours, minutes) = (number(at + 1, 2)?, number(at + 4, 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if text.as_bytes()[at] == b'-' { -60 } else { 60 }
        }
    };
    let digits: String = text[19..].trim_start_matches('.').chars().take_while(char::is_ascii_digit).collect();
    let nanoseconds: i128 = if text.as_bytes()[19] == b'.' { format!("{digits:0<9}")[..9].parse().ok()? } else { 0 };
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second.min(59) - offset;
    Some(i128::from(seconds) * 1_000_000_000 + nanoseconds)
}
