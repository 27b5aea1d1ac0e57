//! `fraudring schema` as its users meet it.

use crate::support::folder::Folder;
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn both_examples_are_schemas() {
    let folder = Folder::new();
    for (arguments, name, dimensions, needs_data) in
        [("schema example", "loans", 9, true), ("schema example --contest", "card-fraud", 14, false)]
    {
        folder.write("a.toml", folder.succeeds(arguments));
        let described = json(&folder.succeeds("schema check a.toml --json"));
        assert_eq!((&described["valid"], &described["name"]), (&true.into(), &name.into()));
        assert_eq!(described["dimensions"].as_array().unwrap().len(), dimensions, "{described}");
        assert_eq!(described["needs_data"], needs_data);
        assert_eq!(described["fingerprint"].as_str().unwrap().len(), 16);
    }
    let table = folder.succeeds("schema check a.toml");
    for line in
        ["schema       card-fraud, fingerprint ", "answer       threshold of the 5 nearest; labels: legit, fraud"]
    {
        assert!(table.contains(line), "{table}");
    }
    assert!(table.contains("last_transaction.timestamp               time, may be absent"), "{table}");
}

#[test]
fn a_schema_from_a_pipe_is_checked_too() {
    let folder = Folder::new();
    folder.write("payload.json", folder.succeeds("schema example")); // what the folder gives to stdin
    let described = json(&folder.succeeds("schema check - --json"));
    assert_eq!(described["k"], 15);
    let amount = &described["dimensions"][0];
    assert_eq!(
        (&amount["name"], &amount["scale"], &amount["range"]),
        (&"amount".into(), &"min-max".into(), &json("[0.0,1.0]"))
    );
    let fields: Vec<_> =
        described["fields"].as_array().unwrap().iter().map(|field| field["path"].as_str().unwrap()).collect();
    assert_eq!(fields.len(), 9, "{fields:?}");
}

#[test]
fn a_fault_has_a_line_a_column_and_what_to_read() {
    let folder = Folder::new();
    folder.write("bad.toml", folder.succeeds("schema example").replace("divide = 60 ", "divide = 0  "));
    let message = folder.fails("schema check bad.toml");
    assert!(message.contains("bad.toml:29:10: dimension `months`: `divide` must be above 0"), "{message}");
    assert!(message.contains("docs/SCHEMA.md"), "{message}");
    let output = folder.run("schema check bad.toml --json");
    let fault = json(std::str::from_utf8(&output.stdout).unwrap());
    assert_eq!(
        (output.status.code(), &fault["valid"], &fault["line"], &fault["column"]),
        (Some(1), &false.into(), &29.into(), &10.into())
    );
    let message = folder.fails("schema check missing.toml");
    assert!(message.contains("cannot open missing.toml") && message.contains("fraudring schema example"), "{message}");
}
