//! What explanations show of a vector is what the vector was made of.

use proptest::prelude::*;
use schema::{MeasuredValue, PayloadReader, Plan, SchemaFile, Value};
use std::sync::LazyLock;

/// Every kind of source, every step, every scale.
const EVERYTHING: &str = r#"
name = "everything"
k = 1
[[dimension]]
name = "plain"
number = "a"
default = -7
[[dimension]]
name = "steps"
number = "a"
log = true
offset = 1
divide = 3
clamp = [-2, 2]
default = 5
[[dimension]]
name = "min_max"
number = "a"
scale = "min-max"
default = 0.5
[[dimension]]
name = "quantiles"
number = "b"
scale = "quantiles"
default = -1
[[dimension]]
name = "ratio"
ratio = ["a", "b"]
by_zero = [-3, 3]
default = 9
[[dimension]]
name = "flag"
flag = "f"
invert = true
default = 0
[[dimension]]
name = "hour"
hour = "t"
default = -1
[[dimension]]
name = "minutes"
minutes = ["t", "u"]
default = -1
[[dimension]]
name = "lookup"
lookup = "x"
table = { one = 1, two = 2 }
other = 3
default = 0
[[dimension]]
name = "member"
member = "x"
of = ["one", "three"]
default = 0
"#;

/// A grid in every dimension.
const ON_GRIDS: &str = r#"
name = "grids"
k = 1
[[dimension]]
name = "a"
number = "a"
divide = 7
range = [-1, 1]
resolution = 0.0001
default = -1
[[dimension]]
name = "b"
ratio = ["a", "b"]
by_zero = [0, 3]
range = [0, 3]
resolution = 0.3
default = 0
"#;

fn plan(text: &str) -> Plan {
    Plan::new(&SchemaFile::parse("test.toml", text).unwrap())
}

/// The plan of [`EVERYTHING`] with scales of some rows.
static FITTED: LazyLock<Plan> = LazyLock::new(fitted);
static GRIDS: LazyLock<Plan> = LazyLock::new(|| plan(ON_GRIDS));

fn fitted() -> Plan {
    let plan = plan(EVERYTHING);
    let mut fitter = plan.fitter();
    for number in 0..100 {
        let (a, b) = (f64::from(number) - 20.0, f64::from(number * number));
        let value = |path: &str| match path {
            "a" => Value::Number(a),
            "b" => Value::Number(b),
            _ => Value::Missing,
        };
        let values: Vec<_> = plan.fields().iter().map(|field| value(&field.path)).collect();
        fitter.push(&values).unwrap();
    }
    let fitted = fitter.finish().unwrap();
    plan.clone().with_fitted(fitted)
}

fn measured(plan: &Plan, fields: &[Value<'_>]) -> Result<Vec<MeasuredValue>, String> {
    let mut measured = Vec::new();
    plan.measure(fields, |dimension, value| {
        assert_eq!(dimension, measured.len());
        measured.push(value);
    })
    .map_err(|error| error.to_string())?;
    Ok(measured)
}

fn number() -> impl Strategy<Value = Value<'static>> {
    prop_oneof![
        Just(Value::Missing),
        Just(Value::Number(0.0)),
        Just(Value::Number(-0.0)),
        (-100.0..100.0_f64).prop_map(Value::Number),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::Number),
        Just(Value::Flag(true)),
    ]
}

fn time() -> impl Strategy<Value = Value<'static>> {
    prop::sample::select(vec![
        Value::Missing,
        Value::Text("2026-03-11T20:23:35Z"),
        Value::Text("2026-03-11T23:25:05.25+02:00"),
        Value::Text("no time"),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn measured_values_are_those_of_the_vector_bit_for_bit(
        a in number(), b in number(), t in time(), u in time(),
        f in prop::sample::select(vec![Value::Missing, Value::Flag(true), Value::Flag(false)]),
        x in prop::sample::select(vec![Value::Missing, Value::Text("one"), Value::Text("four")]),
    ) {
        for plan in [&*FITTED, &*GRIDS] {
            let value = |path: &str| match path { "a" => a, "b" => b, "t" => t, "u" => u, "f" => f, _ => x };
            let fields: Vec<_> = plan.fields().iter().map(|field| value(&field.path)).collect();
            let (mut vector, mut places) = (vec![0.0; plan.dimensions()], vec![0; plan.dimensions()]);
            let vectorized = plan.vectorize(&fields, &mut vector).map_err(|error| error.to_string());
            let measured = measured(plan, &fields);
            prop_assert_eq!(measured.as_ref().map(|_| ()).map_err(String::clone), vectorized.clone());
            let Ok(measured) = measured else { continue };
            let bits = |value: f32| value.to_bits();
            let told: Vec<_> = measured.iter().map(|value| bits(value.value)).collect();
            prop_assert_eq!(told, vector.iter().copied().map(bits).collect::<Vec<_>>());
            if plan.quantize(&fields, &mut places).transpose().unwrap().is_some() {
                prop_assert_eq!(measured.iter().map(|value| value.place.unwrap()).collect::<Vec<_>>(), places);
            }
        }
    }
}

#[test]
fn a_value_tells_what_it_was_made_of() {
    let plan = &*FITTED;
    let value = |path: &str| match path {
        "a" => Value::Number(30.0),
        "b" => Value::Number(0.0),
        "f" => Value::Flag(true),
        "t" => Value::Text("2026-03-11T20:23:35Z"),
        "u" => Value::Text("2026-03-11T20:25:05Z"),
        _ => Value::Missing,
    };
    let fields: Vec<_> = plan.fields().iter().map(|field| value(&field.path)).collect();
    let measured = measured(plan, &fields).unwrap();
    let told: Vec<_> = measured.iter().map(|value| (value.raw, value.value, value.is_default)).collect();
    assert_eq!(told[0], (Some(30.0), 30.0, false));
    assert_eq!((told[1].0, measured[1].stepped), (Some(30.0), Some((31.0_f64.ln() + 1.0) / 3.0)));
    assert_eq!(told[2], (Some(30.0), (50.0 / 99.0) as f32, false));
    assert_eq!(told[4], (None, 3.0, false), "by_zero is no default");
    assert_eq!(told[5], (Some(0.0), 0.0, false));
    assert_eq!((told[6], told[7]), ((Some(20.0), 20.0, false), (Some(1.5), 1.5, false)));
    assert_eq!((told[8], told[9]), ((None, 0.0, true), (None, 0.0, true)));
    let units: Vec<_> = plan.schema().dimensions().iter().map(|dimension| dimension.source.unit()).collect();
    assert_eq!(units[4..8], [Some("ratio"), Some("flag"), Some("hours, UTC"), Some("minutes")]);
}

#[test]
fn a_payload_is_measured_as_it_is_read() {
    let (plan, mut reader) = (plan(ON_GRIDS), PayloadReader::new(64));
    let read = reader.read(&plan, br#"{"b":4,"a":3}"#, |payload| measured(&plan, payload.fields)).unwrap().unwrap();
    assert_eq!(read[0].raw, Some(3.0));
    assert_eq!((read[1].raw, read[1].place), (Some(0.75), Some(-2)));
}
