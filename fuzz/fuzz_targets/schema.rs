#![no_main]
//! A schema file, and behind the first NUL a body for its plan.

use schema::{Parser, PayloadReader, Plan, Rules, SchemaFile, Value};
use std::sync::LazyLock;

static CONTEST: LazyLock<Plan> = LazyLock::new(|| Plan::new(&SchemaFile::contest()));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (text, body) = (&bytes[..end], bytes.get(end + 1..).unwrap_or_default());
    if let Ok(text) = std::str::from_utf8(text)
        && let Ok(schema) = SchemaFile::parse("schema.toml", text)
    {
        own(&schema, body);
    }
    contest(body);
});

/// A schema is its canonical text, its plan survives being stored, and a vector is finite.
fn own(schema: &SchemaFile, body: &[u8]) {
    let canonical = schema.canonical_text();
    let again = SchemaFile::parse("canonical.toml", &canonical).expect("a canonical text is a schema");
    assert_eq!(&again, schema);
    let plan = Plan::new(schema);
    match plan.encode() {
        Some(stored) => assert_eq!(Plan::decode(&stored).expect("a stored plan is one").schema(), schema),
        None => assert!(plan.needs_data()),
    }
    let mut reader = PayloadReader::new(0);
    // white space before a body keeps it from being read in one pass
    let general = [b" ", body].concat();
    let [one_pass, general] =
        [body, &general].map(|body| reader.read(&plan, body, |payload| format!("{payload:?}")).ok());
    assert_eq!(one_pass, general);
    let mut vector = vec![0.0; plan.dimensions()];
    let fitted = reader.read(&plan, body, |payload| fit(&plan, payload.fields));
    let plan = match fitted {
        Ok(Some(fitted)) => plan.with_fitted(fitted),
        _ => plan,
    };
    if reader.vectorize(&plan, body, &mut vector).is_ok() {
        assert!(vector.iter().all(|value| value.is_finite()));
        let stored = plan.encode().expect("what computes has its scales");
        let decoded = Plan::decode(&stored).expect("a stored plan is one");
        let mut again = vec![0.0; plan.dimensions()];
        reader.vectorize(&decoded, body, &mut again).expect("the same plan takes the same body");
        assert_eq!(again, vector);
    }
}

/// The scales by one row.
fn fit(plan: &Plan, fields: &[Value<'_>]) -> Option<schema::Fitted> {
    let mut fitter = plan.fitter();
    fitter.push(fields).ok()?;
    fitter.finish().ok()
}

/// The contest's plan is the contest's own reader.
fn contest(body: &[u8]) {
    let mut parser = Parser::new(0);
    let expected = parser.parse(body).map(|transaction| *Rules::default().vectorize(&transaction).values());
    let mut vector = [0; 14];
    let read = PayloadReader::new(0).read(&CONTEST, body, |payload| {
        CONTEST.quantize(payload.fields, &mut vector).expect("the contest's grid is fixed").is_ok()
    });
    match expected {
        Ok(expected) => assert_eq!((read, vector), (Ok(true), expected)),
        Err(error) => assert!(!read.unwrap_or(false), "{error}"),
    }
}
