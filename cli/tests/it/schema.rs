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

/// Rows of a table with a column of each kind.
fn table() -> String {
    let row = |n: u32| {
        let (heavy, missing) =
            (1_u64 << (n % 40), if n.is_multiple_of(5) { String::new() } else { (n % 7).to_string() });
        let (color, plan) = (["red", "blue", "green"][n as usize % 3], ["basic", "plus"][n as usize % 2]);
        let (label, paid, hour) = (["ok", "late"][n as usize % 2], n.is_multiple_of(3), n % 24);
        format!(
            "{n},{}.5,{heavy},{missing},7,{color},{plan},{paid},2026-03-11T{hour:02}:00:00Z,text-{n},{label}\n",
            n % 90
        )
    };
    let head = "number,age,heavy,sometimes,always,color,plan,paid,at,free,outcome\n";
    head.to_owned() + &(0..200).map(row).collect::<String>()
}

#[test]
fn a_table_becomes_a_schema_to_edit() {
    let folder = Folder::new();
    folder.write("loans.2026.csv", table());
    let text = folder.succeeds("schema infer loans.2026.csv --label outcome --row-id number");
    folder.write("loans.toml", &text);
    let described = json(&folder.succeeds("schema check loans.toml --json"));
    assert_eq!((&described["name"], &described["k"]), (&"loans".into(), &15.into()));
    assert_eq!(described["labels"], json(r#"["late","ok"]"#));
    let dimensions: Vec<_> = described["dimensions"].as_array().unwrap().iter().collect();
    let names: Vec<_> = dimensions.iter().map(|dimension| dimension["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "age",
            "heavy",
            "sometimes",
            "color=blue",
            "color=green",
            "color=red",
            "plan=basic",
            "paid",
            "at.hour",
            "at.weekday"
        ]
    );
    assert_eq!((&dimensions[0]["scale"], &dimensions[2]["default"]), (&"min-max".into(), &json("-1.0")));
    for part in [
        "[rows]\nid = \"number\"",
        "number = \"heavy\"\nlog = true",
        "# \"always\" left out: it is always 7",
        "# \"free\" left out: more than 8 different texts",
        "; missing in 40 rows",
        "# From 200 rows of loans.2026.csv.",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let without = folder.succeeds("schema infer loans.2026.csv --leave-out color,plan,outcome -k 3 --name other");
    assert!(without.contains("name = \"other\"\nk = 3\n") && !without.contains("[labels]"), "{without}");
    assert!(without.contains("# \"number\" left out: it numbers the rows") && !without.contains("color="), "{without}");
}

#[test]
fn a_column_that_is_no_label_is_refused_with_the_columns_that_there_are() {
    let folder = Folder::new();
    folder.write("loans.csv", table());
    let message = folder.fails("schema infer loans.csv --label result");
    assert!(message.contains("there is no column \"result\"") && message.contains("number, age, heavy"), "{message}");
    let message = folder.fails("schema infer loans.csv --label age");
    assert!(message.contains("the column \"age\" holds no labels"), "{message}");
    let message = folder.fails("schema infer loans.csv --label always");
    assert!(message.contains("holds one label only"), "{message}");
}
