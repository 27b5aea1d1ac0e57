//! What the documentation says of schema files: its keys are the reader's, its example is a schema.
use jsonschema::Validator;
use schema::{SCHEMA_KEYS, SchemaFile};
use serde_json::{Map, Value, json};
use toml::de::{DeTable, DeValue};

fn file(name: &str) -> String {
    let path = format!("{}/../../docs/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The rows of the tables of keys in the documentation: the table's name and its keys in their order.
fn documented() -> Vec<(String, Vec<String>)> {
    let page = file("SCHEMA.md");
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for line in page.lines() {
        if line == "## The document" {
            tables.push((String::new(), Vec::new()));
        } else if let Some(name) = line.strip_prefix("### `") {
            tables.push((name.trim_end_matches('`').to_owned(), Vec::new()));
        } else if let Some(row) = line.strip_prefix("| `") {
            let key = row.split('`').next().unwrap().to_owned();
            tables.last_mut().unwrap().1.push(key);
        }
    }
    tables
}

#[test]
fn the_documented_keys_are_those_that_are_read() {
    let documented = documented();
    let names: Vec<_> = documented.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, SCHEMA_KEYS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for ((name, keys), (_, known)) in documented.iter().zip(SCHEMA_KEYS) {
        let (mut keys, mut known) = (keys.clone(), known.to_vec());
        keys.sort_unstable();
        known.sort_unstable();
        assert_eq!(keys, known, "{name}");
    }
}

#[test]
fn the_example_on_the_page_is_the_one_that_is_printed() {
    let page = file("SCHEMA.md");
    let shown = page.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```")).unwrap().0;
    assert_eq!(shown, SchemaFile::example_text());
    let schema = SchemaFile::parse("example.toml", shown).unwrap();
    assert_eq!((schema.dimensions().len(), schema.labels().unwrap().names.len(), schema.k()), (9, 3, 15));
}

fn editors_schema() -> (Value, Validator) {
    let schema: Value = serde_json::from_str(&file("schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    (schema, validator)
}

#[test]
fn the_json_schema_has_the_same_keys_each_described() {
    let (schema, _) = editors_schema();
    for (name, known) in SCHEMA_KEYS {
        let table = match *name {
            "" => &schema,
            "dimension" => &schema["properties"]["dimension"]["items"],
            name => &schema["properties"][name],
        };
        assert_eq!(table["additionalProperties"], json!(false), "{name}");
        let properties = table["properties"].as_object().unwrap();
        let mut keys: Vec<_> = properties.keys().map(String::as_str).collect();
        let mut known = known.to_vec();
        keys.sort_unstable();
        known.sort_unstable();
        assert_eq!(keys, known, "{name}");
    }
}

/// A TOML text as JSON.
fn as_json(text: &str) -> Value {
    table_as_json(DeTable::parse(text).unwrap().get_ref())
}

fn table_as_json(table: &DeTable<'_>) -> Value {
    let mut object = Map::new();
    for (key, value) in table {
        object.insert(key.get_ref().to_string(), value_as_json(value.get_ref()));
    }
    Value::Object(object)
}

fn value_as_json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => json!(text),
        DeValue::Integer(whole) => json!(i64::from_str_radix(whole.as_str(), whole.radix()).unwrap()),
        DeValue::Float(float) => json!(float.as_str().parse::<f64>().unwrap()),
        DeValue::Boolean(boolean) => json!(boolean),
        DeValue::Datetime(time) => json!(time.to_string()),
        DeValue::Array(array) => array.iter().map(|element| value_as_json(element.get_ref())).collect(),
        DeValue::Table(table) => table_as_json(table),
    }
}

#[test]
fn schemas_are_valid_by_the_json_schema_in_any_form() {
    let (_, validator) = editors_schema();
    for text in [SchemaFile::contest_text(), SchemaFile::example_text()] {
        let canonical = SchemaFile::parse("schema.toml", text).unwrap().canonical_text();
        for text in [text, &canonical] {
            let errors: Vec<_> = validator.iter_errors(&as_json(text)).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:#?}\n{text}");
        }
    }
}

#[test]
fn what_both_can_tell_both_refuse() {
    let (_, validator) = editors_schema();
    let example = SchemaFile::example_text();
    for (from, to) in [
        ("k = 15", "k = 65"),
        ("k = 15", "K = 15"),
        ("name = \"loans\"", "name = \"my loans\""),
        ("[\"repaid\", \"late\", \"lost\"]", "[\"repaid\"]"),
        ("kind = \"shares\"", "kind = \"share\""),
        ("kind = \"shares\"", "kind = \"threshold\""),
        ("number = \"amount\"", "number = \"amount.\""),
        ("number = \"amount\"", "number = \"amount\"\nflag = \"paid\""),
        ("number = \"amount\"", ""),
        ("number = \"amount\"", "lookup = \"amount\""),
        ("divide = 60", "divide = 0"),
        ("divide = 60", "devide = 60"),
        ("divide = 60", "clamp = [1]"),
        ("divide = 60", "range = [0, 1]"),
        ("divide = 60", "by_zero = [0, 1]"),
        ("divide = 60", "scale = \"log\""),
        ("weight = 2", "weight = 0"),
    ] {
        assert!(example.contains(from), "{from}");
        let text = example.replacen(from, to, 1);
        assert!(SchemaFile::parse("schema.toml", &text).is_err(), "{to}");
        assert!(!validator.is_valid(&as_json(&text)), "{to}");
    }
}
