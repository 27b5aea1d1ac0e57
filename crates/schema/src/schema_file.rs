//! A schema as a TOML file: what turns any payload and any table into labelled vectors. `docs/SCHEMA.md` has every key.

mod canonical_text;
mod definition;
mod dimension;
mod error;
mod keys;
mod table;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use xxhash_rust::xxh3::xxh3_64;

pub use definition::{
    Answer, AnswerKind, DimensionSpec, Labels, List, MAX_DIMENSIONS, MAX_K, MAX_LABELS, MAX_TABLE_ROWS, PayloadForm,
    Scale, SchemaFile, Source, Steps,
};
use dimension::NamedTables;
pub use error::SchemaError;
pub use keys::SCHEMA_KEYS;
use table::{Found, Table, key_text};

use crate::field_tree::FieldTree;

/// The longest schema file in bytes.
pub const MAX_SCHEMA_BYTES: usize = 1 << 20;

/// The contest's schema as a file.
const CONTEST: &str = include_str!("contest.toml");
/// A schema of nine numbers and three labels, to begin with.
const EXAMPLE: &str = include_str!("example.toml");

impl SchemaFile {
    /// Reads `text`, which `file` names in errors.
    ///
    /// # Errors
    ///
    /// Whatever `docs/SCHEMA.md` does not allow, with the line, the column and the key.
    pub fn parse(file: &str, text: &str) -> Result<Self, SchemaError> {
        let source = error::Source { file, text };
        if text.len() > MAX_SCHEMA_BYTES {
            return Err(source.error(0, format!("the file has {} bytes, at most {MAX_SCHEMA_BYTES}", text.len())));
        }
        let document = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            source.error(at, format!("not TOML: {}", error.message().replace('\n', " ")))
        })?;
        let document = Table::new(source, document.get_ref(), 0, "", keys::DOCUMENT)?;
        let reader = Reader { source, document };
        let schema = reader.read()?;
        reader.check_paths(&schema)?;
        Ok(schema)
    }

    /// The contest's schema as a file with comments.
    pub fn contest_text() -> &'static str {
        CONTEST
    }

    /// A schema of nine numbers and three labels with comments, to begin with.
    pub fn example_text() -> &'static str {
        EXAMPLE
    }

    /// The contest's schema.
    pub fn contest() -> Self {
        Self::parse("contest.toml", CONTEST).expect("the built-in schema is valid")
    }

    /// The same schema as text with every key in a fixed order and form, without comments.
    ///
    /// Equal schemas have equal texts, and [`SchemaFile::parse`] of the text is the schema again.
    pub fn canonical_text(&self) -> String {
        canonical_text::write(self)
    }

    /// A number that tells this schema from others: XXH3-64 of [`SchemaFile::canonical_text`].
    ///
    /// It does not depend on comments, white space or the order of keys, nor on the program's version or the machine.
    pub fn fingerprint(&self) -> u64 {
        xxh3_64(self.canonical_text().as_bytes())
    }
}

/// Reads the document's tables.
struct Reader<'t, 's> {
    source: error::Source<'s>,
    document: Table<'t, 's>,
}

impl<'t, 's> Reader<'t, 's> {
    fn read(&self) -> Result<SchemaFile, SchemaError> {
        let document = &self.document;
        let name = document.required("name", document.text("name")?)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if name.value.len() > 64 || !name.value.chars().all(is_plain) {
            let message = "`name` must be 1 to 64 ASCII letters, digits, dots, hyphens and underscores";
            return Err(document.fail(name.at, message));
        }
        let k = document.required("k", document.whole("k", 1..=MAX_K)?)?;
        if let Some(metric) = document.text("metric")?.filter(|metric| metric.value != "squared-euclidean") {
            return Err(document.fail(metric.at, "`metric` must be \"squared-euclidean\": there is no other"));
        }
        let labels = self.labels()?;
        let payload = self.payload()?;
        Ok(SchemaFile {
            name: name.value.to_owned(),
            k: u8::try_from(k.value).expect("k is at most 64"),
            row_id: self.row_id()?,
            answer: self.answer(labels.as_ref(), &payload)?,
            dimensions: self.dimensions()?,
            labels,
            payload,
        })
    }

    /// The table under `key`, if it is given.
    fn section(&self, key: &str, known: &[&'static str]) -> Result<Option<Table<'t, 's>>, SchemaError> {
        let Some(found) = self.document.table(key)? else { return Ok(None) };
        Table::new(self.source, found.value, found.at, &format!("`[{key}]`"), known).map(Some)
    }

    fn labels(&self) -> Result<Option<Labels>, SchemaError> {
        let Some(table) = self.section("labels", keys::LABELS)? else { return Ok(None) };
        let names = table.required("names", table.texts("names")?)?;
        if !(2..=MAX_LABELS).contains(&names.len()) {
            let at = table.first_of(&["names"]).map_or(0, |found| found.at);
            return Err(table.fail(at, format!("{} `names`, there must be 2 to {MAX_LABELS}", names.len())));
        }
        let from = table.required("from", table.text("from")?)?;
        let names = names.iter().map(|name| name.value.to_owned()).collect();
        Ok(Some(Labels { names, from: from.value.to_owned() }))
    }

    fn row_id(&self) -> Result<Option<String>, SchemaError> {
        let Some(table) = self.section("rows", keys::ROWS)? else { return Ok(None) };
        Ok(table.text("id")?.map(|id| id.value.to_owned()))
    }

    fn payload(&self) -> Result<PayloadForm, SchemaError> {
        let Some(table) = self.section("payload", keys::PAYLOAD)? else { return Ok(PayloadForm::default()) };
        let paths = |key: &str| -> Result<Vec<String>, SchemaError> {
            let paths = table.texts(key)?.unwrap_or_default();
            paths.into_iter().map(|path| dimension::check_path(&table, key, path)).collect()
        };
        let id = table.text("id")?.map(|id| dimension::check_path(&table, "id", id)).transpose()?;
        Ok(PayloadForm { id, nullable: paths("nullable")?, order: paths("order")? })
    }

    fn answer(&self, labels: Option<&Labels>, payload: &PayloadForm) -> Result<Answer, SchemaError> {
        let without_labels = AnswerKind::Neighbours;
        let Some(table) = self.section("answer", keys::ANSWER)? else {
            let kind = if labels.is_some() { AnswerKind::Shares } else { without_labels };
            return Ok(Answer { neighbours: labels.is_none(), kind, echo_id: false });
        };
        let kind = table.text("kind")?;
        let kind_key = kind.map_or(if labels.is_some() { "shares" } else { "neighbours" }, |kind| kind.value);
        let at = kind.map(|kind| kind.at);
        let refuse = |message: &str| Err(at.map_or_else(|| table.fail_whole(message), |at| table.fail(at, message)));
        let kind = match (kind_key, labels) {
            ("neighbours", _) => AnswerKind::Neighbours,
            ("shares", Some(_)) => AnswerKind::Shares,
            ("threshold", Some(labels)) => threshold(&table, labels)?,
            ("shares" | "threshold", None) => {
                return refuse("`kind` needs `[labels]`; without them it is \"neighbours\"");
            }
            _ => return refuse("`kind` must be \"shares\", \"threshold\" or \"neighbours\""),
        };
        if !matches!(kind, AnswerKind::Threshold { .. })
            && let Some(found) = table.first_of(&["label", "score_key", "decision_key", "threshold"])
        {
            return Err(table.fail(found.at, format!("`{}` goes with the kind \"threshold\" only", found.value)));
        }
        let echo_id = table.boolean("echo_id")?;
        if let Some(echo) = table.first_of(&["echo_id"]).filter(|_| echo_id && payload.id.is_none()) {
            return Err(table.fail(echo.at, "`echo_id` needs an `id` in `[payload]`"));
        }
        let neighbours = table.boolean("neighbours")? || kind == AnswerKind::Neighbours;
        Ok(Answer { kind, echo_id, neighbours })
    }

    fn dimensions(&self) -> Result<Vec<DimensionSpec>, SchemaError> {
        let tables = self.named_tables()?;
        let found = self.document.tables("dimension")?;
        if found.is_empty() {
            return Err(self.document.fail_whole("no `[[dimension]]`; there must be at least one"));
        }
        if let Some(one_too_many) = found.get(MAX_DIMENSIONS) {
            let message = format!("{} dimensions, at most {MAX_DIMENSIONS}", found.len());
            return Err(self.document.fail(one_too_many.at, message));
        }
        let mut dimensions: Vec<DimensionSpec> = Vec::new();
        for (place, found) in found.into_iter().enumerate() {
            let dimension = dimension::read(self.source, found, 1 + place, &tables)?;
            if dimensions.iter().any(|before| before.name == dimension.name) {
                return Err(self.document.fail(found.at, format!("dimension `{}` is there twice", dimension.name)));
            }
            dimensions.push(dimension);
        }
        Ok(dimensions)
    }

    /// The tables below `[tables]`; their names are the file's own.
    fn named_tables(&self) -> Result<NamedTables, SchemaError> {
        let Some(found) = self.document.table("tables")? else { return Ok(NamedTables::new()) };
        let table = |(name, value): (&Spanned<_>, &'t Spanned<DeValue<'t>>)| {
            let (name, at) = (key_text(name), value.span().start);
            let DeValue::Table(rows) = value.get_ref() else {
                return Err(self.document.fail(at, format!("`tables.{}` must be a table", name.escape_debug())));
            };
            let key = format!("tables.{}", name.escape_debug());
            Ok((name.to_owned(), dimension::read_rows(&self.document, &key, Found { value: rows, at })?))
        };
        found.value.iter().map(table).collect()
    }

    /// What only the whole schema shows: a path has one meaning, and `nullable` and `order` name what is there.
    fn check_paths(&self, schema: &SchemaFile) -> Result<(), SchemaError> {
        let Err(error) = FieldTree::of(schema) else { return Ok(()) };
        let payload = self.document.first_of(&["payload"]).map_or(0, |found| found.at);
        let at = match error.dimension {
            Some(number) => self.document.tables("dimension")?[number].at,
            None => payload,
        };
        Err(self.document.fail(at, error.message))
    }
}

fn threshold(table: &Table<'_, '_>, labels: &Labels) -> Result<AnswerKind, SchemaError> {
    let label = table.required("label", table.text("label")?)?;
    let Some(place) = labels.names.iter().position(|name| name == label.value) else {
        return Err(table.fail(label.at, format!("`label` is {:?}, which is none of the labels", label.value)));
    };
    let score_key = table.required("score_key", table.text("score_key")?)?;
    let decision_key = table.required("decision_key", table.text("decision_key")?)?;
    if score_key.value == decision_key.value {
        return Err(table.fail(decision_key.at, "`decision_key` must be another one than `score_key`"));
    }
    let threshold = table.required("threshold", table.number("threshold")?)?;
    if !(0.0..=1.0).contains(&threshold.value) {
        return Err(table.fail(threshold.at, "`threshold` must be within 0 and 1: it is a share"));
    }
    Ok(AnswerKind::Threshold {
        label: u8::try_from(place).expect("there are at most 256 labels"),
        score_key: score_key.value.to_owned(),
        decision_key: decision_key.value.to_owned(),
        threshold: threshold.value,
    })
}
