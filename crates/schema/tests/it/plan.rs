//! Plans of other schemas than the contest's, which all other tests compare with the contest's own reader.
use proptest::prelude::*;
use schema::{BodyError, Kind, PayloadReader, Plan, SchemaFile, Value};

fn plan(dimensions: &str) -> Plan {
    let text = format!("name = \"test\"\nk = 1\n{dimensions}");
    Plan::new(&SchemaFile::parse("test.toml", &text).unwrap_or_else(|error| panic!("{error}\n{text}")))
}

fn vector(plan: &Plan, body: &str) -> Result<Vec<f32>, String> {
    let mut out = vec![0.0; plan.dimensions()];
    PayloadReader::new(16).vectorize(plan, body.as_bytes(), &mut out).map_err(|error| error.to_string())?;
    Ok(out)
}

/// The only value, or the error.
fn value(dimension: &str, body: &str) -> Result<f32, String> {
    Ok(vector(&plan(&format!("[[dimension]]\nname = \"d\"\n{dimension}")), body)?[0])
}

#[test]
fn every_source_has_its_value() {
    let time = r#"{"t":"2026-03-11T20:23:35Z","u":"2026-03-11T20:25:05Z"}"#;
    for (dimension, body, expected) in [
        ("number = 'a'", r#"{"a":1.5}"#, 1.5),
        ("number = 'a'", r#"{"a":-0.0}"#, 0.0),
        ("number = 'a.b.c'", r#"{"a":{"x":1,"b":{"c":-3}}}"#, -3.0),
        ("flag = 'a'", r#"{"a":true}"#, 1.0),
        ("flag = 'a'\ninvert = true", r#"{"a":true}"#, 0.0),
        ("ratio = ['a', 'b']", r#"{"b":4,"a":3}"#, 0.75),
        ("ratio = ['a', 'b']\nby_zero = [-5, 5]\ndivide = 9", r#"{"b":0,"a":3}"#, 5.0),
        ("ratio = ['a', 'b']\nby_zero = [-5, 5]\ndivide = 9", r#"{"b":-0.0,"a":0}"#, -5.0),
        ("ratio = ['a', 'b']\ndefault = 7", r#"{"b":0,"a":3}"#, 7.0),
        ("ratio = ['a', 'b']\ndefault = 7", r#"{"b":1}"#, 7.0),
        ("hour = 't'", time, 20.0),
        ("weekday = 't'", time, 2.0),
        ("minutes = ['t', 'u']", time, 1.5),
        ("minutes = ['u', 't']", time, -1.5),
        ("minutes = ['u', 't']\nclamp = [-1, 2]", time, -1.0),
        ("minutes = ['u', 'v']\ndefault = -1", time, -1.0),
        ("lookup = 'a'\ntable = { x = 2, 'long as it may be' = 3 }\nother = 9", r#"{"a":"x"}"#, 2.0),
        ("lookup = 'a'\ntable = { x = 2, 'long as it may be' = 3 }\nother = 9", r#"{"a":"long as it may be"}"#, 3.0),
        ("lookup = 'a'\ntable = { x = 2, 'long as it may be' = 3 }\nother = 9", r#"{"a":"y"}"#, 9.0),
        ("member = 'a'\nof = 'b'", r#"{"a":"x","b":["y","x"]}"#, 1.0),
        ("member = 'a'\nof = 'b'", r#"{"b":["y","\u0078"],"a":"x"}"#, 1.0),
        ("member = 'a'\nof = 'b'", r#"{"a":"x","b":[]}"#, 0.0),
        ("member = 'a'\nof = 'b'\ninvert = true", r#"{"a":"x","b":[]}"#, 1.0),
        ("member = 'a'\nof = ['q', 'p']", r#"{"a":"p"}"#, 1.0),
        ("member = 'a'\nof = ['q', 'p']", r#"{"a":"x"}"#, 0.0),
    ] {
        assert_eq!(value(dimension, body), Ok(expected), "{dimension} {body}");
    }
    let zero = value("number = 'a'", r#"{"a":-0.0}"#).unwrap();
    assert!(zero.is_sign_positive(), "there is one zero");
}

#[test]
fn steps_have_one_order() {
    let all = "log = true\noffset = 1\ndivide = 2\nclamp = [-1.25, 0.5]";
    for (number, expected) in [("0", 0.5), ("-1e300", -1.25), ("-10", f64::midpoint(-(11.0_f64.ln()), 1.0))] {
        let got = value(&format!("number = 'a'\n{all}"), &format!(r#"{{"a":{number}}}"#)).unwrap();
        assert!((f64::from(got) - expected).abs() < 1e-7, "{number}: {got}");
    }
    assert_eq!(value("number = 'a'\nrange = [0, 2]\nresolution = 1", r#"{"a":5}"#), Ok(2.0));
    assert_eq!(value("number = 'a'\noffset = -3\ndivide = 2", r#"{"a":4}"#), Ok(0.5));
}

#[test]
fn a_fault_is_named_by_its_field_or_dimension() {
    for (dimension, body, message) in [
        ("number = 'a.b'", "{}", "a: missing"),
        ("number = 'a.b'", r#"{"a":{}}"#, "a.b: missing"),
        ("number = 'a.b'", r#"{"a":null}"#, "a: expected an object"),
        ("number = 'a.b'", r#"{"a":{"b":null}}"#, "a.b: expected a number"),
        ("number = 'a.b'", r#"{"a":{"b":1e999}}"#, "a.b: number out of range"),
        ("number = 'a.b'", r#"{"a":{"b":1,"c":1e999}}"#, "number out of range at byte 16"),
        ("number = 'a.b'", r#"{"a":{"b":1,"b":2}}"#, "a.b: duplicate key"),
        ("number = 'a.b'", r#"{"a":{"b":1},"c":0,"c":1}"#, "duplicate key at byte 19"),
        ("number = 'a'\ndefault = 0", r#"{"a":"1"}"#, "a: expected a number"),
        ("number = 'a'", r#"{"a":1e39}"#, "the dimension d: out of range"),
        ("number = 'a'\ndivide = 1e-300", r#"{"a":1e30}"#, "the dimension d: out of range"),
        ("ratio = ['a', 'b']", r#"{"a":1,"b":0}"#, "b: 0, by which the dimension d would be divided"),
        ("flag = 'a'", r#"{"a":1}"#, "a: expected true or false"),
        ("member = 'a'\nof = 'b'", r#"{"a":"x","b":["y",1]}"#, "b[1]: expected a string"),
        ("member = 'a'\nof = 'b'", r#"{"a":"x","b":"y"}"#, "b: expected an array"),
        (
            "hour = 't'",
            r#"{"t":"now"}"#,
            "t: expected an RFC 3339 date and time with offset, such as 2026-03-11T20:23:35Z",
        ),
        ("hour = 't'", "[]", "expected a JSON object"),
        ("hour = 't'", "", "the body is empty, expected a JSON object"),
    ] {
        assert_eq!(value(dimension, body), Err(message.to_owned()), "{dimension} {body}");
    }
}

#[test]
fn what_has_a_default_may_be_absent_null_or_in_an_object_that_is() {
    for body in ["{}", r#"{"a":null}"#, r#"{"a":{}}"#, r#"{"a":{"b":null}}"#, r#"{"a":{"b":null,"x":[1]}}"#] {
        assert_eq!(value("number = 'a.b'\ndefault = 3\ndivide = 9", body), Ok(3.0), "{body}");
    }
    assert_eq!(value("number = 'a.b'\ndefault = 3", r#"{"a":[]}"#), Err("a: expected an object or null".to_owned()));
    let one_of_two_needs_it = plan(
        "[[dimension]]\nname = 'd'\nnumber = 'a'\ndefault = 3\n[[dimension]]\nname = 'e'\nnumber = 'a'\ndivide = 2",
    );
    assert_eq!(vector(&one_of_two_needs_it, "{}"), Err("a: missing".to_owned()));
    assert_eq!(vector(&one_of_two_needs_it, r#"{"a":1}"#), Ok(vec![1.0, 0.5]));
}

#[test]
fn an_object_that_may_be_null_must_be_there_and_then_be_whole() {
    let plan = plan(
        "[payload]\nnullable = ['a']\n[[dimension]]\nname = 'd'\nnumber = 'a.b'\ndefault = 3\n\
         [[dimension]]\nname = 'e'\nflag = 'a.c'\ndefault = 4",
    );
    assert_eq!(vector(&plan, r#"{"a":null}"#), Ok(vec![3.0, 4.0]));
    assert_eq!(vector(&plan, r#"{"a":{"c":true,"b":1}}"#), Ok(vec![1.0, 1.0]));
    assert_eq!(vector(&plan, "{}"), Err("a: missing".to_owned()));
    assert_eq!(vector(&plan, r#"{"a":{"b":1}}"#), Err("a.c: missing".to_owned()));
    assert_eq!(vector(&plan, r#"{"a":{"b":1,"c":null}}"#), Err("a.c: expected true or false".to_owned()));
    assert_eq!(vector(&plan, r#"{"a":0}"#), Err("a: expected an object or null".to_owned()));
}

#[test]
fn an_id_is_required_and_given_to_the_reader_of_the_payload() {
    let plan = plan("[payload]\nid = 'x.id'\n[[dimension]]\nname = 'd'\nnumber = 'a'");
    let mut reader = PayloadReader::new(64);
    let id = reader.read(&plan, br#"{"a":1,"x":{"id":"t-\u0031"}}"#, |payload| payload.id.map(str::to_owned));
    assert_eq!(id, Ok(Some("t-1".to_owned())));
    assert_eq!(vector(&plan, r#"{"a":1}"#), Err("x: missing".to_owned()));
    assert_eq!(vector(&plan, r#"{"a":1,"x":{"id":1}}"#), Err("x.id: expected a string".to_owned()));
    assert_eq!(plan.fields().len(), 1, "the id is no field of a table");
}

#[test]
fn fields_are_listed_once_with_their_kinds_in_the_order_of_the_contest() {
    let plan = Plan::new(&SchemaFile::contest());
    let fields: Vec<_> = plan.fields().iter().map(|field| (&*field.path, field.kind, field.required)).collect();
    assert_eq!(
        fields,
        [
            ("transaction.amount", Kind::Number, true),
            ("transaction.installments", Kind::Number, true),
            ("transaction.requested_at", Kind::Time, true),
            ("customer.avg_amount", Kind::Number, true),
            ("customer.tx_count_24h", Kind::Number, true),
            ("customer.known_merchants", Kind::Texts, true),
            ("merchant.id", Kind::Text, true),
            ("merchant.mcc", Kind::Text, true),
            ("merchant.avg_amount", Kind::Number, true),
            ("terminal.is_online", Kind::Flag, true),
            ("terminal.card_present", Kind::Flag, true),
            ("terminal.km_from_home", Kind::Number, true),
            ("last_transaction.timestamp", Kind::Time, false),
            ("last_transaction.km_from_current", Kind::Number, false),
        ]
    );
    let names: Vec<_> = plan.schema().dimensions().iter().map(|dimension| &*dimension.name).collect();
    assert_eq!(names, schema::Dimension::ALL.map(schema::Dimension::name));
}

#[test]
fn a_reader_serves_any_plan_after_any_other() {
    let plans = [plan("[[dimension]]\nname = 'd'\nmember = 'a'\nof = 'b'"), Plan::new(&SchemaFile::contest())];
    let mut reader = PayloadReader::new(16);
    for _ in 0..3 {
        let mut out = [9.0];
        reader.vectorize(&plans[0], br#"{"a":"x","b":["y","x"]}"#, &mut out).unwrap();
        assert_eq!(out, [1.0]);
        let error = reader.vectorize(&plans[1], b"{}", &mut [0.0; 14]).unwrap_err();
        assert_eq!(error, BodyError::Payload(schema::PayloadError::Missing("id")));
        assert!(reader.vectorize(&plans[1], crate::common::CANONICAL.as_bytes(), &mut [0.0; 14]).is_ok());
    }
}

#[test]
fn a_value_of_another_kind_than_its_field_is_refused() {
    let plan = Plan::new(&SchemaFile::contest());
    let list = ["x"];
    let good = |kind: Kind| match kind {
        Kind::Number => Value::Number(1.0),
        Kind::Flag => Value::Flag(true),
        Kind::Text => Value::Text("x"),
        Kind::Time => Value::Text("2026-03-11T20:23:35Z"),
        Kind::Texts => Value::Texts(&list),
    };
    let fields: Vec<_> = plan.fields().iter().map(|field| good(field.kind)).collect();
    plan.vectorize(&fields, &mut [0.0; 14]).unwrap();
    for (number, field) in plan.fields().iter().enumerate() {
        for other in
            [Value::Number(f64::NAN), Value::Number(2.0), Value::Flag(true), Value::Text("y"), Value::Texts(&[])]
        {
            if std::mem::discriminant(&other) == std::mem::discriminant(&fields[number])
                && !matches!(other, Value::Number(number) if number.is_nan())
                && field.kind != Kind::Time
            {
                continue;
            }
            let mut fields = fields.clone();
            fields[number] = other;
            let error = plan.vectorize(&fields, &mut [0.0; 14]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{}: expected ", field.path)), "{error}");
        }
        let mut fields = fields.clone();
        fields[number] = Value::Missing;
        let result = plan.vectorize(&fields, &mut [0.0; 14]).map_err(|error| error.to_string());
        assert_eq!(result.err(), field.required.then(|| format!("{}: missing", field.path)));
    }
}

/// A schema with every kind of field, required, optional and in an object that may be null.
const EVERY_KIND: &str = r#"
[payload]
id = "id"
nullable = ["last"]
order = ["id", "a.number", "a.flag", "a.text", "texts", "last.time", "last.number", "maybe.text"]
[[dimension]]
name = "number"
number = "a.number"
[[dimension]]
name = "flag"
flag = "a.flag"
[[dimension]]
name = "member"
member = "a.text"
of = "texts"
[[dimension]]
name = "hour"
hour = "last.time"
default = -1
[[dimension]]
name = "last"
number = "last.number"
default = -1
[[dimension]]
name = "maybe"
lookup = "maybe.text"
table = { x = 1 }
other = 0
default = -1
"#;

/// What is read of a body, in words.
fn read(reader: &mut PayloadReader, plan: &Plan, body: &[u8]) -> Option<String> {
    reader.read(plan, body, |payload| format!("{payload:?}")).ok()
}

#[test]
fn compact_bodies_of_every_kind_are_read_as_others_are() {
    let (plan, mut reader) = (plan(EVERY_KIND), PayloadReader::new(64));
    for body in COMPACT {
        let compact = read(&mut reader, &plan, body.as_bytes());
        assert!(compact.is_some(), "{body}");
        assert_eq!(compact, read(&mut reader, &plan, format!(" {body}").as_bytes()), "{body}");
    }
}

/// Bodies in the order of the schema.
const COMPACT: [&str; 3] = [
    r#"{"id":"t-1","a":{"number":384.88,"flag":true,"text":"x"},"texts":["y","x"],"last":{"time":"2026-03-11T20:23:35Z","number":12},"maybe":{"text":"x"}}"#,
    r#"{"id":"","a":{"number":0,"flag":false,"text":""},"texts":[],"last":null,"maybe":null}"#,
    r#"{"id":"t-2","a":{"number":3,"flag":false,"text":"abcdefghijk"},"texts":["abcdefghijk"],"last":null,"maybe":{"text":null}}"#,
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// White space before a body keeps it from being read in one pass.
    #[test]
    fn the_one_pass_is_never_of_another_opinion_than_the_general_reader(
        body in prop::sample::select(&COMPACT[..]),
        damage in prop::collection::vec((0.0..1.0_f64, prop::sample::select(b"{}[]\",:\\ 0123456789.-+eEtfnlx\x00\x7f\xc3".to_vec()), 0..3_usize), 0..3),
    ) {
        let mut body = body.as_bytes().to_vec();
        for (place, byte, removed) in damage {
            let at = (place * body.len() as f64) as usize;
            let end = body.len().min(at + removed);
            body.splice(at..end, [byte]);
        }
        let (plan, mut reader) = (plan(EVERY_KIND), PayloadReader::new(64));
        let as_it_is = read(&mut reader, &plan, &body);
        body.insert(0, b' ');
        prop_assert_eq!(as_it_is, read(&mut reader, &plan, &body), "{}", String::from_utf8_lossy(&body));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_value_is_finite_or_refused(
        number in any::<f64>().prop_filter("finite", |number| number.is_finite()),
        by in prop_oneof![Just(0.0), Just(5e-324), any::<f64>().prop_filter("finite", |number| number.is_finite())],
        offset in prop_oneof![Just(0.0), Just(1e308), Just(-1e308), -10.0..10.0_f64],
        divide in prop_oneof![Just(1.0), Just(5e-324), Just(1e308), 0.1..10.0_f64],
        log: bool,
    ) {
        let steps = format!("log = {log}\noffset = {offset:?}\ndivide = {divide:?}");
        let plan = plan(&format!(
            "[[dimension]]\nname = 'd'\nnumber = 'a'\n{steps}\n[[dimension]]\nname = 'e'\nratio = ['a', 'b']\n{steps}"
        ));
        let mut out = [0.0; 2];
        if plan.vectorize(&[Value::Number(number), Value::Number(by)], &mut out).is_ok() {
            prop_assert!(out.iter().all(|value| value.is_finite()));
            let logged = if log { number.signum() * number.abs().ln_1p() } else { number };
            prop_assert_eq!(out[0], (((logged + offset) / divide) as f32) + 0.0);
        }
    }
}
