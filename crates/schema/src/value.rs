//! What a field of a payload or a column of a table holds, whatever it was read from.

/// What a field must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A finite number.
    Number,
    /// True or false.
    Flag,
    /// Text.
    Text,
    /// A moment: text as RFC 3339 has it, in UTC or with an offset.
    Time,
    /// Any number of texts.
    Texts,
}

/// What a field holds. Readers hand out what its [`Kind`] asks for, [`Value::Missing`], or an error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing: the field is absent, null or an empty cell.
    Missing,
    /// A finite number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A text, or a moment as it was written.
    Text(&'a str),
    /// A list of texts.
    Texts(&'a [&'a str]),
}
