//! The text of a first schema: a comment and dimensions for each column.

use crate::console::progress::thousands;
use dataset::{ColumnSurvey, NumberSurvey, Survey};
use schema::{Kind, MAX_DIMENSIONS};
use std::collections::HashSet;

/// A text column with no more different values than this becomes a dimension for each of them.
const FEW_VALUES: usize = 8;
/// Above this skewness most values lie close together beside a few that are far away.
const SKEWED: f64 = 2.0;
/// The longest path and the longest name of a dimension in bytes.
const MAX_PATH: usize = 256;
const MAX_NAME: usize = 64;

/// A schema file that grows.
pub struct Draft {
    text: String,
    dimensions: usize,
    names: HashSet<String>,
    paths: Vec<String>,
}

/// A text in double quotes; JSON's escapes are TOML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl Draft {
    /// `source`: where the table was read from.
    pub fn new(name: &str, k: u8, source: &str, survey: &Survey) -> Self {
        let (rows, bad) = (thousands(survey.summary.rows), survey.summary.bad);
        let bad = if bad > 0 { format!(", {} more could not be read", thousands(bad)) } else { String::new() };
        let text = format!(
            "# From {rows} rows of {}{bad}. Every key: docs/SCHEMA.md\n\nname = {}\nk = {k}\n",
            source.escape_debug(),
            quoted(name)
        );
        Self { text, dimensions: 0, names: HashSet::new(), paths: Vec::new() }
    }

    /// The labels in the column `from`.
    pub fn labels(&mut self, names: &[&str], from: &str) {
        let names: Vec<_> = names.iter().map(|name| quoted(name)).collect();
        self.push(&format!("\n[labels]\nnames = [{}]\nfrom = {}\n", names.join(", "), quoted(from)));
    }

    /// The column that names a row.
    pub fn row_id(&mut self, id: &str) {
        self.push(&format!("\n[rows]\nid = {}\n", quoted(id)));
    }

    /// The text.
    pub fn finish(self) -> String {
        self.text
    }

    /// The dimensions of a column of a table of `rows`, or why it has none.
    pub fn column(&mut self, column: &ColumnSurvey, rows: u64) {
        let what = described(column);
        match self.dimensions_of(column, rows) {
            Err(reason) => {
                self.push(&format!("\n# {} left out: {reason}\n# ({what})\n", quoted(&column.name)));
            }
            Ok(dimensions) => {
                self.push(&format!("\n# {what}\n"));
                self.paths.push(column.name.clone());
                let default =
                    if column.missing > 0 { "default = -1                       # where it is missing\n" } else { "" };
                for (at, (name, keys)) in dimensions.into_iter().enumerate() {
                    let gap = if at > 0 { "\n" } else { "" };
                    let name = self.free_name(&name);
                    self.push(&format!("{gap}[[dimension]]\nname = {}\n{keys}{default}", quoted(&name)));
                    self.dimensions += 1;
                }
            }
        }
    }

    fn push(&mut self, text: &str) {
        self.text += text;
    }

    /// Names and the keys of the dimensions of a column.
    fn dimensions_of(&self, column: &ColumnSurvey, rows: u64) -> Result<Vec<(String, String)>, String> {
        let name = &column.name;
        let path = quoted(name);
        self.check_path(name)?;
        if column.missing == rows {
            return Err("it is empty".to_owned());
        }
        if column.bad > 0 {
            return Err(format!("{} of its values are no finite numbers or single values", thousands(column.bad)));
        }
        let one = |keys: String| Ok(vec![(name.clone(), keys)]);
        let dimensions = match (column.kind, &column.numbers) {
            (Some(Kind::Flag), _) => one(format!("flag = {path}\n")),
            (Some(Kind::Number), Some(numbers)) => one(format!("number = {path}\n{}", scale(numbers, rows)?)),
            (Some(Kind::Time), _) => Ok(vec![
                (format!("{name}.hour"), format!("hour = {path}\ndivide = 23\n")),
                (format!("{name}.weekday"), format!("weekday = {path}\ndivide = 6\n")),
            ]),
            (Some(Kind::Text), _) => one_for_each_value(name, column),
            (Some(Kind::Texts), _) => Err("lists say something beside a text only: `member`".to_owned()),
            (Some(Kind::Number) | None, _) => Err("its values have different types".to_owned()),
        }?;
        if self.dimensions + dimensions.len() > MAX_DIMENSIONS {
            return Err(format!("there are at most {MAX_DIMENSIONS} dimensions"));
        }
        Ok(dimensions)
    }

    fn check_path(&self, path: &str) -> Result<(), String> {
        let is_path = path.len() <= MAX_PATH && !path.contains(char::is_control) && path.split('.').count() <= 8;
        if !is_path || path.split('.').any(str::is_empty) {
            return Err("its name is no path of 1 to 8 keys with dots between them".to_owned());
        }
        let lies_in = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
        match self.paths.iter().find(|other| lies_in(path, other) || lies_in(other, path)) {
            Some(other) => Err(format!("in a payload it cannot stand beside {}", quoted(other))),
            None => Ok(()),
        }
    }

    /// `name` as far as it fits, with a number if there is such a dimension.
    fn free_name(&mut self, name: &str) -> String {
        let short = |most: usize| &name[..name.floor_char_boundary(most)];
        let mut free = short(MAX_NAME).to_owned();
        let mut number = 1;
        while !self.names.insert(free.clone()) {
            number += 1;
            free = format!("{}-{number}", short(MAX_NAME - 5));
        }
        free
    }
}

/// The keys that make a number comparable with others.
fn scale(numbers: &NumberSurvey, rows: u64) -> Result<&'static str, String> {
    let NumberSurvey { count, min, max, is_whole, skewness, .. } = *numbers;
    if min == max {
        return Err(format!("it is always {min}"));
    }
    if is_whole && count == rows && rows > 2 && max - min == (rows - 1) as f64 && skewness.abs() < 1e-6 {
        return Err("it numbers the rows".to_owned());
    }
    Ok(if min >= 0.0 && max <= 1.0 {
        ""
    } else if skewness > SKEWED && min >= 0.0 {
        "log = true                         # a few are far above the others\nscale = \"min-max\"\n"
    } else if skewness.abs() > SKEWED {
        "scale = \"quantiles\"                # a few are far from the others: ranks\n"
    } else {
        "scale = \"min-max\"\n"
    })
}

/// A dimension for each value but the last of two.
fn one_for_each_value(name: &str, column: &ColumnSurvey) -> Result<Vec<(String, String)>, String> {
    let Some(values) = column.values.as_ref().filter(|values| values.len() <= FEW_VALUES) else {
        return Err(format!("more than {FEW_VALUES} different texts; a `lookup` could give each a number"));
    };
    if values.iter().any(|value| value.is_empty() || value.contains(char::is_control)) {
        return Err("some of its texts are empty or hold control characters".to_owned());
    }
    match values.len() {
        1 => Err("it always has the same text".to_owned()),
        count => {
            let told = if count == 2 { 1 } else { count };
            let dimension = |value: &String| {
                let keys = format!("member = {}\nof = [{}]\n", quoted(name), quoted(value));
                (format!("{name}={value}"), keys)
            };
            Ok(values.iter().take(told).map(dimension).collect())
        }
    }
}

/// What a column is like, in a line.
fn described(column: &ColumnSurvey) -> String {
    let kind = match column.kind {
        Some(Kind::Number) if column.numbers.is_some_and(|numbers| numbers.is_whole) => "whole numbers",
        Some(Kind::Number) => "numbers",
        Some(Kind::Flag) => "flags",
        Some(Kind::Text) => "texts",
        Some(Kind::Time) => "times",
        Some(Kind::Texts) => "lists of texts",
        None => "values of no one type",
    };
    let mut line = kind.to_owned();
    if let Some(numbers) = column.numbers.filter(|_| column.kind == Some(Kind::Number)) {
        let NumberSurvey { min, max, mean, deviation, skewness, .. } = numbers;
        line += &format!(" {min} to {max}, mean {mean:.4}, deviation {deviation:.4}, skewness {skewness:.2}");
    }
    if let Some(values) = column.values.as_ref().filter(|_| column.kind == Some(Kind::Text)) {
        line += &format!(", {} different", values.len());
    }
    if column.missing > 0 {
        line += &format!("; missing in {} rows", thousands(column.missing));
    }
    line
}
