//! Typed access to the tables of a TOML document: each method checks one value, and names its key where it is wrong.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{SchemaError, Source};

/// The longest text that a schema holds in one place, in bytes.
const MAX_TEXT: usize = 256;
/// A key is proposed for another one if no more than a third of it has to be changed.
const ALIKE: usize = 3;

/// A table of a schema file, all of whose keys are known.
pub(super) struct Table<'t, 's> {
    source: Source<'s>,
    content: &'t DeTable<'t>,
    at: usize,
    /// What messages begin with.
    name: String,
}

/// A value and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

impl<'t, 's> Table<'t, 's> {
    /// `name`: what messages begin with, e.g. "dimension `amount`"; empty for the document itself.
    pub(super) fn new(
        source: Source<'s>,
        content: &'t DeTable<'t>,
        at: usize,
        name: &str,
        known: &[&'static str],
    ) -> Result<Self, SchemaError> {
        let name = if name.is_empty() { String::new() } else { format!("{name}: ") };
        let table = Self { source, content, at, name };
        let is_unknown = |key: &&Spanned<_>| !known.contains(&key_text(key));
        match content.keys().filter(is_unknown).min_by_key(|key| key.span().start) {
            Some(key) => Err(table.unknown(key.span().start, key_text(key), known)),
            None => Ok(table),
        }
    }

    fn unknown(&self, at: usize, key: &str, known: &[&'static str]) -> SchemaError {
        let distance = |known: &str| strsim::damerau_levenshtein(known, key);
        let alike = known.iter().min_by_key(|known| distance(known));
        match alike.filter(|alike| distance(alike) <= 1.max(alike.len() / ALIKE)) {
            Some(alike) => self.fail(at, format!("`{}` is no key here; is `{alike}` meant?", shown(key))),
            None => self.fail(at, format!("`{}` is no key here; there are {}", shown(key), known.join(", "))),
        }
    }

    /// An error at `at`.
    pub(super) fn fail(&self, at: usize, message: impl AsRef<str>) -> SchemaError {
        self.source.error(at, format!("{}{}", self.name, message.as_ref()))
    }

    /// An error of the table as a whole.
    pub(super) fn fail_whole(&self, message: impl AsRef<str>) -> SchemaError {
        self.fail(self.at, message)
    }

    pub(super) fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.content.get(key)
    }

    /// The first of `keys` that is given and where.
    pub(super) fn first_of(&self, keys: &[&'static str]) -> Option<Found<&'static str>> {
        let given =
            keys.iter().filter_map(|key| self.get(key).map(|value| Found { value: *key, at: value.span().start }));
        given.min_by_key(|found| found.at)
    }

    pub(super) fn required<T>(&self, key: &str, found: Option<T>) -> Result<T, SchemaError> {
        found.ok_or_else(|| self.fail_whole(format!("`{key}` is missing")))
    }

    fn expected<T>(&self, key: &str, what: &str, value: &Spanned<DeValue<'_>>) -> Result<T, SchemaError> {
        let found = value.get_ref().type_str();
        Err(self.fail(value.span().start, format!("`{key}` must be {what}, not {} {found}", article(found))))
    }

    /// A text of 1 to 256 bytes without control characters.
    pub(super) fn text(&self, key: &str) -> Result<Option<Found<&'t str>>, SchemaError> {
        self.get(key).map(|value| self.text_of(key, value)).transpose()
    }

    pub(super) fn text_of(&self, key: &str, value: &'t Spanned<DeValue<'t>>) -> Result<Found<&'t str>, SchemaError> {
        let at = value.span().start;
        match value.get_ref() {
            DeValue::String(text) if text.is_empty() => Err(self.fail(at, format!("`{key}` is empty"))),
            DeValue::String(text) if text.len() > MAX_TEXT || text.contains(char::is_control) => {
                Err(self.fail(at, format!("`{key}` must have at most {MAX_TEXT} bytes and no control characters")))
            }
            DeValue::String(text) => Ok(Found { value: text, at }),
            _ => self.expected(key, "a text", value),
        }
    }

    /// A finite number.
    pub(super) fn number(&self, key: &str) -> Result<Option<Found<f64>>, SchemaError> {
        self.get(key).map(|value| self.number_of(key, value)).transpose()
    }

    pub(super) fn number_of(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<Found<f64>, SchemaError> {
        let number = match value.get_ref() {
            DeValue::Float(float) => float.as_str().parse().ok(),
            DeValue::Integer(whole) => {
                i64::from_str_radix(whole.as_str(), whole.radix()).ok().map(|whole| whole as f64)
            }
            _ => return self.expected(key, "a number", value),
        };
        let at = value.span().start;
        match number.filter(|number: &f64| number.is_finite()) {
            // -0.0 and 0.0 are one value, which is written in one way
            Some(number) => Ok(Found { value: number + 0.0, at }),
            None => Err(self.fail(at, format!("`{key}` must be a finite number"))),
        }
    }

    /// A whole number of `range`.
    pub(super) fn whole(
        &self,
        key: &str,
        range: std::ops::RangeInclusive<usize>,
    ) -> Result<Option<Found<usize>>, SchemaError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let (at, (least, most)) = (value.span().start, (range.start(), range.end()));
        let DeValue::Integer(whole) = value.get_ref() else { return self.expected(key, "a whole number", value) };
        let whole = usize::from_str_radix(whole.as_str(), whole.radix()).ok().filter(|whole| range.contains(whole));
        let whole = whole.ok_or_else(|| self.fail(at, format!("`{key}` must be {least} to {most}")))?;
        Ok(Some(Found { value: whole, at }))
    }

    pub(super) fn boolean(&self, key: &str) -> Result<bool, SchemaError> {
        match self.get(key) {
            None => Ok(false),
            Some(value) => match value.get_ref() {
                DeValue::Boolean(boolean) => Ok(*boolean),
                _ => self.expected(key, "true or false", value),
            },
        }
    }

    /// Two numbers.
    pub(super) fn pair(&self, key: &str) -> Result<Option<Found<[f64; 2]>>, SchemaError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match value.get_ref() {
            DeValue::Array(array) if array.len() == 2 => {
                let (first, second) = (self.number_of(key, &array[0])?, self.number_of(key, &array[1])?);
                Ok(Some(Found { value: [first.value, second.value], at: value.span().start }))
            }
            _ => self.expected(key, "two numbers in brackets", value),
        }
    }

    /// Texts without repeats.
    pub(super) fn texts(&self, key: &str) -> Result<Option<Vec<Found<&'t str>>>, SchemaError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let DeValue::Array(array) = value.get_ref() else { return self.expected(key, "texts in brackets", value) };
        let texts = array.iter().map(|text| self.text_of(key, text)).collect::<Result<Vec<_>, _>>()?;
        let mut sorted: Vec<_> = texts.iter().map(|text| (text.value, text.at)).collect();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(self.fail(pair[1].1, format!("`{key}` has {:?} twice", pair[1].0))),
            None => Ok(Some(texts)),
        }
    }

    /// The table under `key`, its keys unchecked.
    pub(super) fn table(&self, key: &str) -> Result<Option<Found<&'t DeTable<'t>>>, SchemaError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match value.get_ref() {
            DeValue::Table(table) => Ok(Some(Found { value: table, at: value.span().start })),
            _ => self.expected(key, "a table", value),
        }
    }

    /// The tables under `[[key]]`, their keys unchecked.
    pub(super) fn tables(&self, key: &str) -> Result<Vec<Found<&'t DeTable<'t>>>, SchemaError> {
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let DeValue::Array(array) = value.get_ref() else {
            return self.expected(key, &format!("tables, each below `[[{key}]]`"), value);
        };
        let table = |value: &'t Spanned<DeValue<'t>>| match value.get_ref() {
            DeValue::Table(table) => Ok(Found { value: table, at: value.span().start }),
            _ => self.expected(key, "tables", value),
        };
        array.iter().map(table).collect()
    }
}

/// A key as it reads without its quotes.
pub(super) fn key_text<'t>(key: &'t Spanned<std::borrow::Cow<'_, str>>) -> &'t str {
    key.get_ref()
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// A key that may be anything, as part of a line.
fn shown(key: &str) -> String {
    const LONGEST: usize = 40;
    key.escape_debug().take(LONGEST).collect()
}
