//! One cell of a row, and how it becomes what a column must hold.

use super::error::{RowFault, quoted};
use schema::{Kind, Timestamp, Value};
use std::borrow::Cow;

/// The largest whole number up to which every one is a double.
const EXACT_IN_F64: f64 = 9_007_199_254_740_992.0;

/// What a reader found in a cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    /// The row has no such cell.
    Absent,
    /// Null.
    Null,
    /// Text of a format without types: what is asked for says what it is.
    Untyped(&'a str),
    /// Any number, finite or not.
    Number(f64),
    /// A whole number, exactly.
    Whole(i128),
    Flag(bool),
    Text(Cow<'a, str>),
    Texts(Vec<Cow<'a, str>>),
    /// What no kind can be made of.
    Other(&'static str),
}

/// What a cell is and should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    found: String,
    expected: &'static str,
}

impl Mismatch {
    pub(super) fn new(cell: &Cell<'_>, kind: Kind) -> Self {
        Self::with(cell, expected(kind))
    }

    pub(super) fn with(cell: &Cell<'_>, expected: &'static str) -> Self {
        Self { found: cell.described(), expected }
    }

    pub(super) fn in_column(self, name: &str) -> RowFault {
        RowFault { column: Some(name.to_owned()), found: self.found, expected: self.expected.to_owned() }
    }
}

const fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "a finite number",
        Kind::Flag => "true or false",
        Kind::Text => "a text or a whole number",
        Kind::Time => "a time such as 2026-03-11T18:45:53Z",
        Kind::Texts => "an array of texts",
    }
}

impl<'a> Cell<'a> {
    /// Makes the cell what `kind` asks for, or leaves it [`Cell::Null`] where nothing is.
    ///
    /// Untyped text is read as what is asked for. Of what has a type only whole numbers and flags are converted: to
    /// text, as identifiers and labels may be either, and 0 and 1 to a flag, for formats that have no other.
    pub(super) fn settle(&mut self, kind: Kind) -> Result<(), Mismatch> {
        let settled = match (&mut *self, kind) {
            (Self::Absent | Self::Null, _) => Self::Null,
            (Self::Untyped(text), _) => match settle_text(text, kind) {
                Some(cell) => cell,
                None => return Err(Mismatch::new(self, kind)),
            },
            (Self::Number(number), Kind::Number) if number.is_finite() => return Ok(()),
            (Self::Whole(number), Kind::Number) => Self::Number(*number as f64),
            (Self::Flag(_), Kind::Flag) | (Self::Text(_), Kind::Text) | (Self::Texts(_), Kind::Texts) => return Ok(()),
            (Self::Whole(number @ (0 | 1)), Kind::Flag) => Self::Flag(*number == 1),
            (Self::Number(number), Kind::Flag) if *number == 0.0 || *number == 1.0 => Self::Flag(*number == 1.0),
            (Self::Whole(number), Kind::Text) => Self::Text(number.to_string().into()),
            (Self::Number(number), Kind::Text) if number.fract() == 0.0 && number.abs() < EXACT_IN_F64 => {
                Self::Text((*number as i64).to_string().into())
            }
            (Self::Flag(flag), Kind::Text) => Self::Text(Cow::Borrowed(if *flag { "true" } else { "false" })),
            (Self::Text(text), Kind::Time) if is_time(text) => return Ok(()),
            _ => return Err(Mismatch::new(self, kind)),
        };
        *self = settled;
        Ok(())
    }

    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Absent | Self::Null)
    }

    /// The cell as a message shows it.
    fn described(&self) -> String {
        match self {
            Self::Absent => "nothing".to_owned(),
            Self::Null => "an empty value".to_owned(),
            Self::Untyped(text) => quoted(text),
            Self::Number(number) => format!("the number {number}"),
            Self::Whole(number) => format!("the number {number}"),
            Self::Flag(flag) => flag.to_string(),
            Self::Text(text) => format!("the text {}", quoted(text)),
            Self::Texts(_) => "an array of texts".to_owned(),
            Self::Other(what) => (*what).to_owned(),
        }
    }
}

fn settle_text<'a>(text: &'a str, kind: Kind) -> Option<Cell<'a>> {
    if text.is_empty() {
        return Some(Cell::Null);
    }
    match kind {
        Kind::Text => Some(Cell::Text(Cow::Borrowed(text))),
        Kind::Number => number(text).map(Cell::Number),
        Kind::Flag => flag(text).map(Cell::Flag),
        Kind::Time => is_time(text).then_some(Cell::Text(Cow::Borrowed(text))),
        Kind::Texts => {
            let texts: Vec<String> = serde_json::from_str(text).ok()?;
            Some(Cell::Texts(texts.into_iter().map(Cow::Owned).collect()))
        }
    }
}

/// A finite number, with white space around it or not.
pub(super) fn number(text: &str) -> Option<f64> {
    text.trim_ascii().parse().ok().filter(|number: &f64| number.is_finite())
}

/// A flag by one of its words, with white space around it or not.
pub(super) fn flag(text: &str) -> Option<bool> {
    let text = text.trim_ascii();
    let is_any = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_any(["true", "1", "yes"]) {
        return Some(true);
    }
    is_any(["false", "0", "no"]).then_some(false)
}

/// Whether it is a moment as RFC 3339 has it.
pub(super) fn is_time(text: &str) -> bool {
    Timestamp::from_rfc3339(text).is_some()
}

/// Calls `give` with the values of cells that are settled.
pub(super) fn with_values<T>(cells: &[Cell<'_>], give: impl FnOnce(&[Value<'_>]) -> T) -> T {
    // lists of borrowed texts must lie somewhere while their values are in use
    let lists: Vec<Vec<&str>> = cells
        .iter()
        .filter_map(|cell| match cell {
            Cell::Texts(texts) => Some(texts.iter().map(|text| &**text).collect()),
            _ => None,
        })
        .collect();
    let mut lists = lists.iter();
    let values: Vec<Value<'_>> = cells
        .iter()
        .map(|cell| match cell {
            Cell::Number(number) => Value::Number(*number),
            Cell::Flag(flag) => Value::Flag(*flag),
            Cell::Text(text) => Value::Text(text),
            Cell::Texts(_) => Value::Texts(lists.next().map_or(&[][..], Vec::as_slice)),
            Cell::Absent | Cell::Null | Cell::Untyped(_) | Cell::Whole(_) | Cell::Other(_) => Value::Missing,
        })
        .collect();
    give(&values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(mut cell: Cell<'_>, kind: Kind) -> Result<Cell<'_>, String> {
        match cell.settle(kind) {
            Ok(()) => Ok(cell),
            Err(mismatch) => Err(mismatch.found),
        }
    }

    #[test]
    fn untyped_text_is_read_as_what_is_asked_for() {
        for (text, kind, cell) in [
            ("", Kind::Number, Cell::Null),
            ("", Kind::Text, Cell::Null),
            (" 1.5 ", Kind::Number, Cell::Number(1.5)),
            ("-1e3", Kind::Number, Cell::Number(-1000.0)),
            ("YES", Kind::Flag, Cell::Flag(true)),
            ("0", Kind::Flag, Cell::Flag(false)),
            ("007", Kind::Text, Cell::Text("007".into())),
            ("2026-03-11T18:45:53Z", Kind::Time, Cell::Text("2026-03-11T18:45:53Z".into())),
            (r#"["a","b"]"#, Kind::Texts, Cell::Texts(vec!["a".into(), "b".into()])),
        ] {
            assert_eq!(settled(Cell::Untyped(text), kind), Ok(cell));
        }
        for (text, kind) in [
            ("1,5", Kind::Number),
            ("nan", Kind::Number),
            ("inf", Kind::Number),
            ("1e999", Kind::Number),
            ("x", Kind::Number),
            ("on", Kind::Flag),
            ("2", Kind::Flag),
            ("11.3.2026", Kind::Time),
            ("a|b", Kind::Texts),
        ] {
            assert_eq!(settled(Cell::Untyped(text), kind), Err(format!("`{text}`")));
        }
    }

    #[test]
    fn what_has_a_type_is_not_converted_from_text() {
        for kind in [Kind::Number, Kind::Flag, Kind::Time, Kind::Texts] {
            assert_eq!(settled(Cell::Text("1".into()), kind), Err("the text `1`".to_owned()));
        }
        assert_eq!(settled(Cell::Flag(true), Kind::Number), Err("true".to_owned()));
        assert_eq!(settled(Cell::Whole(2), Kind::Flag), Err("the number 2".to_owned()));
        assert_eq!(settled(Cell::Number(f64::NAN), Kind::Number), Err("the number NaN".to_owned()));
        assert_eq!(settled(Cell::Number(0.5), Kind::Text), Err("the number 0.5".to_owned()));
    }

    #[test]
    fn identifiers_and_labels_may_be_numbers_or_flags() {
        assert_eq!(settled(Cell::Whole(i128::from(u64::MAX)), Kind::Text), Ok(Cell::Text(u64::MAX.to_string().into())));
        assert_eq!(settled(Cell::Number(3.0), Kind::Text), Ok(Cell::Text("3".into())));
        assert_eq!(settled(Cell::Flag(false), Kind::Text), Ok(Cell::Text("false".into())));
        assert_eq!(settled(Cell::Whole(1), Kind::Flag), Ok(Cell::Flag(true)));
    }

    #[test]
    fn values_are_in_the_order_of_the_cells() {
        let cells = [
            Cell::Texts(vec!["a".into()]),
            Cell::Null,
            Cell::Texts(vec![]),
            Cell::Number(2.0),
            Cell::Text("t".into()),
            Cell::Flag(true),
        ];
        with_values(&cells, |values| {
            let expected = [
                Value::Texts(&["a"]),
                Value::Missing,
                Value::Texts(&[]),
                Value::Number(2.0),
                Value::Text("t"),
                Value::Flag(true),
            ];
            assert_eq!(values, expected);
        });
    }
}
