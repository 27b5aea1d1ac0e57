//! The payloads that a plan makes are its own.

use schema::{PayloadReader, Plan, SchemaFile, Value};

fn vector_of_its_own(plan: &Plan) -> Vec<f32> {
    let payload = plan.example_payload();
    let mut vector = vec![0.0; plan.dimensions()];
    PayloadReader::new(64)
        .vectorize(plan, payload.as_bytes(), &mut vector)
        .unwrap_or_else(|error| panic!("{error}: {payload}"));
    vector
}

fn plan(dimensions: &str) -> Plan {
    let text = format!("name = \"test\"\nk = 1\n{dimensions}");
    Plan::new(&SchemaFile::parse("test.toml", &text).unwrap_or_else(|error| panic!("{error}\n{text}")))
}

#[test]
fn the_contests_schema_and_the_example_have_one() {
    vector_of_its_own(&Plan::new(&SchemaFile::contest()));
    let plan = Plan::new(&SchemaFile::parse("example.toml", SchemaFile::example_text()).unwrap());
    let mut fitter = plan.fitter();
    for number in 1..=100 {
        let values: Vec<_> = plan.fields().iter().map(|_| Value::Number(f64::from(number))).collect();
        fitter.push(&values).unwrap();
    }
    let fitted = fitter.finish().unwrap();
    let plan = plan.clone().with_fitted(fitted);
    assert!(plan.example_payload().starts_with(r#"{"loan_id":"example-1","amount":"#), "{}", plan.example_payload());
    assert!(vector_of_its_own(&plan).iter().all(|value| (-1.0..=1.0).contains(value)));
}

#[test]
fn numbers_lie_in_the_middle_of_what_a_dimension_has() {
    for (dimension, payload) in [
        ("number = 'a'\nclamp = [2, 4]\ndivide = 10\noffset = 1", r#"{"a":29}"#),
        ("number = 'a'\nrange = [100, 200]\nresolution = 0.5", r#"{"a":150}"#),
        ("number = 'a'\nlog = true\nclamp = [0, 2]", r#"{"a":1.718}"#),
        ("number = 'a'\ndivide = 1e9", r#"{"a":500000000}"#),
        ("number = 'a'\ndivide = 1e300", r#"{"a":5e299}"#),
        ("hour = 't.u'", r#"{"t":{"u":"2026-03-11T20:23:35Z"}}"#),
        ("minutes = ['from', 'to']", r#"{"from":"2026-03-11T18:23:35Z","to":"2026-03-11T20:23:35Z"}"#),
        ("lookup = 'x'\ntable = { \"it's\" = 1 }\nother = 0", r#"{"x":"it's"}"#),
        ("member = 'x'\nof = ['b', 'a']", r#"{"x":"a"}"#),
        ("member = 'x'\nof = 'all'", r#"{"x":"example","all":["example"]}"#),
        ("flag = 'f\"'", r#"{"f\"":true}"#),
    ] {
        let plan = plan(&format!("[[dimension]]\nname = 'd'\n{dimension}"));
        assert_eq!(plan.example_payload(), payload, "{dimension}");
        vector_of_its_own(&plan);
    }
}

#[test]
fn nothing_is_divided_by_zero() {
    let plan =
        plan("[[dimension]]\nname = 'd'\nnumber = 'a'\nclamp = [-1, 1]\n[[dimension]]\nname = 'e'\nratio = ['b', 'a']");
    assert_eq!(plan.example_payload(), r#"{"a":1,"b":1}"#);
    assert_eq!(vector_of_its_own(&plan), [1.0, 1.0]);
}

#[test]
fn a_payload_near_a_row_has_the_rows_flags_and_numbers() {
    let plan = plan(
        r#"
        [payload]
        id = "meta.id"
        [[dimension]]
        name = "a"
        number = "in.a"
        offset = 3
        divide = 4
        [[dimension]]
        name = "b"
        flag = "in.b"
        invert = true
        [[dimension]]
        name = "c"
        lookup = "c"
        table = { x = 7 }
        other = 1
        [[dimension]]
        name = "d"
        hour = "d"
        [[dimension]]
        name = "e"
        member = "c"
        of = "list"
        [[dimension]]
        name = "f"
        number = "f"
        log = true
        "#,
    );
    let row = [2.5, 0.0, 7.0, 20.0, 0.0, -1.5];
    let payload = plan.payload_near(&row);
    // the last digits are those of the machine's exponential function
    let expected = r#"{"meta":{"id":"example-1"},"in":{"a":7.0,"b":true},"c":"x","d":"2026-03-11T20:23:35Z","list":["example"],"f":-3.48168907033806"#;
    assert!(payload.starts_with(expected), "{payload}");
    let mut vector = [0.0; 6];
    PayloadReader::new(1024).vectorize(&plan, payload.as_bytes(), &mut vector).unwrap();
    assert_eq!(vector, row);
}
