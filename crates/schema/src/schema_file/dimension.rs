//! Reads one `[[dimension]]`.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::definition::{DimensionSpec, List, MAX_TABLE_ROWS, Scale, Source, Steps};
use super::error::{self, SchemaError};
use super::keys;
use super::table::{Found, Table, key_text};

/// The longest name in bytes.
const MAX_NAME: usize = 64;
/// The most points of a grid: its numbers are i16.
const MAX_GRID_STEPS: f64 = 65_534.0;
/// The greatest absolute value of whatever a vector holds.
const MAX_VALUE: f64 = f32::MAX as f64;

/// Tables of texts and numbers that dimensions name.
pub(super) type NamedTables = std::collections::BTreeMap<String, Vec<(String, f64)>>;

/// Reads the dimension that `found` holds; `place` counts from 1.
pub(super) fn read(
    source: error::Source<'_>,
    found: Found<&DeTable<'_>>,
    place: usize,
    tables: &NamedTables,
) -> Result<DimensionSpec, SchemaError> {
    let name = match found.value.get("name").map(Spanned::get_ref) {
        Some(DeValue::String(name)) => {
            format!("dimension `{}`", name.escape_debug().take(MAX_NAME).collect::<String>())
        }
        _ => format!("dimension {place}"),
    };
    let table = Table::new(source, found.value, found.at, &name, keys::DIMENSION)?;
    let name = table.required("name", table.text("name")?)?;
    if name.value.len() > MAX_NAME {
        return Err(table.fail(name.at, format!("`name` must have at most {MAX_NAME} bytes")));
    }
    let origin = read_source(&table, tables)?;
    let weight = table.number("weight")?;
    if let Some(weight) = weight.filter(|weight| weight.value <= 0.0 || weight.value > MAX_VALUE) {
        return Err(table.fail(weight.at, "`weight` must be above 0, and within f32"));
    }
    let dimension = DimensionSpec {
        name: name.value.to_owned(),
        steps: read_steps(&table, &origin)?,
        scale: read_scale(&table)?,
        default: table.number("default")?.map(|default| default.value),
        weight: weight.map_or(1.0, |weight| weight.value),
        source: origin,
    };
    check_values_as_they_are(&table, &dimension)?;
    Ok(dimension)
}

/// The one key that says where the number comes from, with those that belong to it.
fn read_source(table: &Table<'_, '_>, tables: &NamedTables) -> Result<Source, SchemaError> {
    let one_of = keys::SOURCES.join(", ");
    let Some(first) = table.first_of(keys::SOURCES) else {
        return Err(table.fail_whole(format!("no source; it needs one of {one_of}")));
    };
    let others: Vec<_> = keys::SOURCES.iter().copied().filter(|key| *key != first.value).collect();
    if let Some(second) = table.first_of(&others) {
        let message = format!("`{}` beside `{}`: a dimension has one source", second.value, first.value);
        return Err(table.fail(second.at, message));
    }
    let belongs = |keys: &[&'static str], to: &str| match table.first_of(keys) {
        Some(found) if first.value != to => {
            Err(table.fail(found.at, format!("`{}` goes with `{to}` only", found.value)))
        }
        _ => Ok(()),
    };
    belongs(&["by_zero"], "ratio")?;
    belongs(&["table", "other"], "lookup")?;
    belongs(&["of"], "member")?;
    if let Some(invert) = table.first_of(&["invert"]).filter(|_| !matches!(first.value, "flag" | "member")) {
        return Err(table.fail(invert.at, "`invert` goes with `flag` and `member` only"));
    }
    let path = || path(table, first.value);
    Ok(match first.value {
        "number" => Source::Number(path()?),
        "flag" => Source::Flag { path: path()?, invert: table.boolean("invert")? },
        "hour" => Source::Hour(path()?),
        "weekday" => Source::Weekday(path()?),
        "ratio" => {
            let [numerator, divisor] = two_paths(table, "ratio")?;
            Source::Ratio { numerator, divisor, by_zero: table.pair("by_zero")?.map(|pair| pair.value) }
        }
        "minutes" => {
            let [from, to] = two_paths(table, "minutes")?;
            Source::Minutes { from, to }
        }
        "lookup" => Source::Lookup {
            path: path()?,
            table: lookup_table(table, tables)?,
            other: table.required("other", table.number("other")?)?.value,
        },
        _ => Source::Member { path: path()?, list: member_list(table)?, invert: table.boolean("invert")? },
    })
}

fn path(table: &Table<'_, '_>, key: &str) -> Result<String, SchemaError> {
    let path = table.required(key, table.text(key)?)?;
    check_path(table, key, path)
}

/// The path that `found` holds, if it is one.
pub(super) fn check_path(table: &Table<'_, '_>, key: &str, found: Found<&str>) -> Result<String, SchemaError> {
    const MAX_KEYS: usize = 8;
    let keys = found.value.split('.');
    if keys.clone().any(str::is_empty) || keys.count() > MAX_KEYS {
        let message =
            format!("`{key}` must be a path of 1 to {MAX_KEYS} keys with dots between them, not {:?}", found.value);
        return Err(table.fail(found.at, message));
    }
    Ok(found.value.to_owned())
}

fn two_paths(table: &Table<'_, '_>, key: &str) -> Result<[String; 2], SchemaError> {
    let paths = table.texts(key)?.unwrap_or_default();
    match paths[..] {
        [first, second] => Ok([check_path(table, key, first)?, check_path(table, key, second)?]),
        _ => {
            let at = table.first_of(&["ratio", "minutes"]).map_or(0, |found| found.at);
            Err(table.fail(at, format!("`{key}` must be two paths in brackets")))
        }
    }
}

fn lookup_table(table: &Table<'_, '_>, tables: &NamedTables) -> Result<Vec<(String, f64)>, SchemaError> {
    let value = table.required("table", table.get("table"))?;
    match value.get_ref() {
        DeValue::Table(rows) => read_rows(table, "table", Found { value: rows, at: value.span().start }),
        _ => {
            let name = table.text_of("table", value)?;
            let known = || tables.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            tables.get(name.value).cloned().ok_or_else(|| {
                table.fail(
                    name.at,
                    format!("there is no `[tables.{}]`; there are: {}", name.value.escape_debug(), known()),
                )
            })
        }
    }
}

/// The rows of a look-up table, ascending by text.
pub(super) fn read_rows(
    table: &Table<'_, '_>,
    key: &str,
    rows: Found<&DeTable<'_>>,
) -> Result<Vec<(String, f64)>, SchemaError> {
    if rows.value.len() > MAX_TABLE_ROWS {
        return Err(table.fail(rows.at, format!("`{key}` has {} rows, at most {MAX_TABLE_ROWS}", rows.value.len())));
    }
    let row = |(text, number): (&Spanned<_>, _)| Ok((key_text(text).to_owned(), table.number_of(key, number)?.value));
    let mut rows = rows.value.iter().map(row).collect::<Result<Vec<_>, SchemaError>>()?;
    rows.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(rows)
}

fn member_list(table: &Table<'_, '_>) -> Result<List, SchemaError> {
    let value = table.required("of", table.get("of"))?;
    if let DeValue::String(_) = value.get_ref() {
        return path(table, "of").map(List::Field);
    }
    let texts = table.texts("of")?.unwrap_or_default();
    if texts.len() > MAX_TABLE_ROWS {
        return Err(table.fail(value.span().start, format!("`of` has {} texts, at most {MAX_TABLE_ROWS}", texts.len())));
    }
    let mut texts: Vec<_> = texts.iter().map(|text| text.value.to_owned()).collect();
    texts.sort_unstable();
    Ok(List::Texts(texts))
}

fn read_steps(table: &Table<'_, '_>, source: &Source) -> Result<Steps, SchemaError> {
    if matches!(source, Source::Flag { .. } | Source::Member { .. })
        && let Some(step) = table.first_of(&["log", "offset", "divide", "clamp", "scale"])
    {
        return Err(table.fail(step.at, format!("`{}` does not go with a value of 0 or 1", step.value)));
    }
    let divide = table.number("divide")?;
    if let Some(divide) = divide.filter(|divide| divide.value <= 0.0) {
        return Err(table.fail(divide.at, "`divide` must be above 0"));
    }
    let clamp = table.pair("clamp")?;
    if let Some(clamp) = clamp.filter(|clamp| clamp.value[0] >= clamp.value[1]) {
        return Err(table.fail(clamp.at, "`clamp` must be the lesser number and then the greater one"));
    }
    Ok(Steps {
        log: table.boolean("log")?,
        offset: table.number("offset")?.map_or(0.0, |offset| offset.value),
        divide: divide.map_or(1.0, |divide| divide.value),
        clamp: clamp.map(|clamp| clamp.value),
    })
}

fn read_scale(table: &Table<'_, '_>) -> Result<Scale, SchemaError> {
    let (range, resolution) = (table.pair("range")?, table.number("resolution")?);
    let scale = match table.text("scale")? {
        None => Scale::None,
        Some(found) => match found.value {
            "min-max" => Scale::MinMax,
            "quantiles" => Scale::Quantiles,
            other => {
                let message = format!("`scale` is {other:?}, there are \"min-max\" and \"quantiles\"");
                return Err(table.fail(found.at, message));
            }
        },
    };
    let (range, resolution) = match (range, resolution) {
        (None, None) => return Ok(scale),
        (Some(range), Some(resolution)) => (range, resolution),
        (Some(range), None) => return Err(table.fail(range.at, "`range` needs a `resolution`")),
        (None, Some(resolution)) => return Err(table.fail(resolution.at, "`resolution` needs a `range`")),
    };
    if scale != Scale::None {
        return Err(table.fail(range.at, "`range` beside `scale`: a range is fixed or found from the data"));
    }
    let [least, most] = range.value;
    if least >= most || least.abs().max(most.abs()) > MAX_VALUE {
        return Err(table.fail(range.at, "`range` must be the lesser number and then the greater one, both within f32"));
    }
    let steps = (most - least) / resolution.value;
    if !(resolution.value > 0.0 && (1.0..=MAX_GRID_STEPS).contains(&steps)) {
        let message = format!("`resolution` must divide the range into 1 to {MAX_GRID_STEPS} steps");
        return Err(table.fail(resolution.at, message));
    }
    Ok(Scale::Grid { range: range.value, resolution: resolution.value })
}

/// Values that no step is applied to must lie in the range all the same.
fn check_values_as_they_are(table: &Table<'_, '_>, dimension: &DimensionSpec) -> Result<(), SchemaError> {
    let by_zero = match dimension.source {
        Source::Ratio { by_zero, .. } => by_zero.map_or(Vec::new(), Vec::from),
        _ => Vec::new(),
    };
    let values = dimension.default.into_iter().map(|value| ("default", value));
    let [least, most] = dimension.range().map(|end| end.clamp(-MAX_VALUE, MAX_VALUE));
    for (key, value) in values.chain(by_zero.into_iter().map(|value| ("by_zero", value))) {
        if !(least..=most).contains(&value) {
            let at = table.get(key).map_or(0, |value| value.span().start);
            return Err(table.fail(at, format!("`{key}` is {value}, outside of the range {least} to {most}")));
        }
    }
    Ok(())
}
