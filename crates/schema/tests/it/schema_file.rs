//! Schema files: what they say, and what is said of their faults.
use schema::{AnswerKind, Plan, Scale, SchemaFile, Source};

/// A schema that is changed by the tests.
const BASE: &str = r#"name = "loans"
k = 15

[labels]
names = ["ok", "late", "lost"]
from = "outcome"

[rows]
id = "loan_id"

[payload]
id = "loan_id"

[answer]
kind = "shares"
echo_id = true

[tables]
purpose = { car = 0.2, house = 0.1 }

[[dimension]]
name = "amount"
number = "amount"
divide = 1000
scale = "min-max"

[[dimension]]
name = "purpose"
lookup = "purpose"
table = "purpose"
other = 0.5

[[dimension]]
name = "ratio"
ratio = ["amount", "income.monthly"]
default = 0
range = [0, 10]
resolution = 0.01
"#;

/// The error after `from`, which stands there once, has become `to`.
fn refusal(from: &str, to: &str) -> String {
    assert_eq!(BASE.matches(from).count(), 1, "{from}");
    match SchemaFile::parse("loans.toml", &BASE.replace(from, to)) {
        Ok(_) => panic!("accepted: {to}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_schema_says_what_its_file_says() {
    let schema = SchemaFile::parse("loans.toml", BASE).unwrap();
    assert_eq!((schema.name(), schema.k(), schema.row_id()), ("loans", 15, Some("loan_id")));
    let labels = schema.labels().unwrap();
    assert_eq!((&*labels.from, labels.names.len()), ("outcome", 3));
    assert_eq!(schema.answer().kind, AnswerKind::Shares);
    assert!(schema.answer().echo_id && !schema.answer().neighbours);
    let [amount, purpose, ratio] = schema.dimensions() else { panic!() };
    assert_eq!((amount.scale, amount.steps.divide, amount.weight), (Scale::MinMax, 1000.0, 1.0));
    let rows = vec![("car".to_owned(), 0.2), ("house".to_owned(), 0.1)];
    assert_eq!(purpose.source, Source::Lookup { path: "purpose".to_owned(), table: rows, other: 0.5 });
    assert_eq!((ratio.default, ratio.range()), (Some(0.0), [0.0, 10.0]));
}

#[test]
fn the_canonical_text_is_the_same_schema_and_its_own_canonical_text() {
    for text in [BASE, SchemaFile::contest_text(), SchemaFile::example_text()] {
        let schema = SchemaFile::parse("a.toml", text).unwrap();
        let canonical = schema.canonical_text();
        let again = SchemaFile::parse("b.toml", &canonical).unwrap_or_else(|error| panic!("{error}\n{canonical}"));
        assert_eq!(again, schema);
        assert_eq!(again.canonical_text(), canonical);
        assert_eq!(again.fingerprint(), schema.fingerprint());
    }
}

#[test]
fn a_fingerprint_depends_on_meaning_only() {
    let fingerprint = |text: &str| SchemaFile::parse("a.toml", text).unwrap().fingerprint();
    let base = fingerprint(BASE);
    for same in [
        BASE.replace("k = 15", "k = 0xf # fifteen"),
        BASE.replace("divide = 1000", "divide = 1e3\nweight = 1\nlog = false"),
        BASE.replace("car = 0.2, house = 0.1", "house = 0.1, 'car' = 0.20"),
        BASE.replace("\"purpose\"\nother", "{ car = 0.2, house = 0.1 }\nother"),
    ] {
        assert_eq!(fingerprint(&same), base, "{same}");
    }
    for other in [
        BASE.replace("k = 15", "k = 14"),
        BASE.replace("divide = 1000", "divide = 1001"),
        BASE.replace("\"late\"", "\"Late\""),
        BASE.replace("echo_id = true", "echo_id = false"),
        BASE.replace("car = 0.2", "car = 0.3"),
    ] {
        assert_ne!(fingerprint(&other), base, "{other}");
    }
    // written down, so that a change of the canonical text is seen: servers compare this number between versions
    assert_eq!(SchemaFile::contest().fingerprint(), 0xbddb_b955_310b_e9a9);
}

#[test]
fn a_fault_is_named_with_its_line_column_and_key() {
    let mut wrong = Vec::new();
    for (from, to, message) in [
        ("divide = 1000", "divide = 0", "loans.toml:24:10: dimension `amount`: `divide` must be above 0"),
        ("divide = 1000", "divide = nan", "loans.toml:24:10: dimension `amount`: `divide` must be a finite number"),
        (
            "divide = 1000",
            "divide = \"a\"",
            "loans.toml:24:10: dimension `amount`: `divide` must be a number, not a string",
        ),
        (
            "divide = 1000",
            "devide = 1",
            "loans.toml:24:1: dimension `amount`: `devide` is no key here; is `divide` meant?",
        ),
        ("[rows]", "[row]", "loans.toml:8:2: `row` is no key here; is `rows` meant?"),
        ("k = 15", "k = 65", "loans.toml:2:5: `k` must be 1 to 64"),
        ("k = 15", "k = 0", "loans.toml:2:5: `k` must be 1 to 64"),
        ("k = 15", "k = 1.5", "loans.toml:2:5: `k` must be a whole number, not a float"),
        ("k = 15\n", "", "loans.toml:1:1: `k` is missing"),
        (
            "k = 15",
            "k = 15\nmetric = 'cosine'",
            "loans.toml:3:10: `metric` must be \"squared-euclidean\": there is no other",
        ),
        (
            "name = \"loans\"",
            "name = \"my loans\"",
            "loans.toml:1:8: `name` must be 1 to 64 ASCII letters, digits, dots, hyphens and underscores",
        ),
        ("[\"ok\", \"late\", \"lost\"]", "[\"ok\"]", "loans.toml:5:9: `[labels]`: 1 `names`, there must be 2 to 256"),
        ("\"late\", \"lost\"", "\"late\", \"ok\"", "loans.toml:5:24: `[labels]`: `names` has \"ok\" twice"),
        ("\"late\", \"lost\"", "\"late\", \"\"", "loans.toml:5:24: `[labels]`: `names` is empty"),
        ("kind = \"shares\"", "kind = \"threshold\"", "loans.toml:14:1: `[answer]`: `label` is missing"),
        (
            "kind = \"shares\"",
            "kind = \"share\"",
            "loans.toml:15:8: `[answer]`: `kind` must be \"shares\", \"threshold\" or \"neighbours\"",
        ),
        (
            "kind = \"shares\"",
            "threshold = 1",
            "loans.toml:15:13: `[answer]`: `threshold` goes with the kind \"threshold\" only",
        ),
        (
            "table = \"purpose\"",
            "table = \"purposes\"",
            "loans.toml:30:9: dimension `purpose`: there is no `[tables.purposes]`; there are: purpose",
        ),
        ("other = 0.5\n", "", "loans.toml:27:1: dimension `purpose`: `other` is missing"),
        (
            "other = 0.5\n",
            "other = 0.5\nnumber = 'x'\n",
            "loans.toml:32:10: dimension `purpose`: `number` beside `lookup`: a dimension has one source",
        ),
        (
            "number = \"amount\"\n",
            "",
            "loans.toml:21:1: dimension `amount`: no source; it needs one of number, flag, ratio, \
             hour, weekday, minutes, lookup, member",
        ),
        (
            "number = \"amount\"",
            "number = \"a..b\"",
            "loans.toml:23:10: dimension `amount`: `number` must be a path of 1 to 8 keys with dots between them, not \"a..b\"",
        ),
        (
            "number = \"amount\"",
            "flag = \"paid\"",
            "loans.toml:24:10: dimension `amount`: `divide` does not go with a value of 0 or 1",
        ),
        (
            "lookup = \"purpose\"",
            "lookup = \"amount\"",
            "loans.toml:27:1: dimension `purpose`: `amount` is a text here, but a number in a dimension before",
        ),
        (
            "number = \"amount\"",
            "number = \"income\"",
            "loans.toml:11:1: `income` holds a value, so there is no `income.monthly`",
        ),
        ("name = \"ratio\"", "name = \"amount\"", "loans.toml:33:1: dimension `amount` is there twice"),
        (
            "default = 0\n",
            "default = 11\n",
            "loans.toml:36:11: dimension `ratio`: `default` is 11, outside of the range 0 to 10",
        ),
        (
            "range = [0, 10]",
            "range = [10, 0]",
            "loans.toml:37:9: dimension `ratio`: `range` must be the lesser number and \
             then the greater one, both within f32",
        ),
        (
            "range = [0, 10]",
            "range = [0]",
            "loans.toml:37:9: dimension `ratio`: `range` must be two numbers in brackets, not \
             an array",
        ),
        (
            "resolution = 0.01",
            "resolution = 0.0001",
            "loans.toml:38:14: dimension `ratio`: `resolution` must divide the \
             range into 1 to 65534 steps",
        ),
        (
            "resolution = 0.01",
            "scale = \"min-max\"",
            "loans.toml:37:9: dimension `ratio`: `range` needs a `resolution`",
        ),
        (
            "scale = \"min-max\"",
            "scale = \"minmax\"",
            "loans.toml:25:9: dimension `amount`: `scale` is \"minmax\", there \
             are \"min-max\" and \"quantiles\"",
        ),
        (
            "scale = \"min-max\"",
            "weight = 0",
            "loans.toml:25:10: dimension `amount`: `weight` must be above 0, and within f32",
        ),
        (
            "[payload]\nid = \"loan_id\"",
            "[payload]\nnullable = [\"income\"]\nid = \"income.id\"",
            "loans.toml:11:1: `id` lies in `income`, which may be null",
        ),
        (
            "[payload]",
            "[payload]\nnullable = [\"home\"]",
            "loans.toml:11:1: `nullable` names `home`, in which no field lies",
        ),
        ("[payload]", "[payload]\norder = [\"loan_id\", \"amount\"]", "loans.toml:11:1: `order` leaves out `purpose`"),
        (
            "[payload]\nid = \"loan_id\"",
            "[payload]",
            "loans.toml:15:11: `[answer]`: `echo_id` needs an `id` in `[payload]`",
        ),
    ] {
        let refusal = refusal(from, to);
        if refusal != message {
            wrong.push(format!("{to}\n  is      {refusal}\n  must be {message}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_no_toml_is_refused_with_its_place() {
    for (text, place) in
        [("name = \"a", "a.toml:1:"), ("k = 1\nk = 2\n", "a.toml:2:1: not TOML: "), ("=", "a.toml:1:1: not TOML: ")]
    {
        let error = SchemaFile::parse("a.toml", text).unwrap_err().to_string();
        assert!(error.starts_with(place), "{error}");
    }
    let long = format!("#{}", "x".repeat(schema::MAX_SCHEMA_BYTES));
    let error = SchemaFile::parse("a.toml", &long).unwrap_err().to_string();
    assert_eq!(error, "a.toml:1:1: the file has 1048577 bytes, at most 1048576");
}

#[test]
fn limits_hold_at_their_ends() {
    let dimensions = |count: usize| -> String {
        (0..count).map(|n| format!("[[dimension]]\nname = \"d{n}\"\nratio = [\"a.b.c{n}\", \"d.e{n}\"]\n")).collect()
    };
    let schema = |count: usize| format!("name = \"a\"\nk = 64\n{}", dimensions(count));
    assert_eq!(Plan::new(&SchemaFile::parse("a", &schema(32)).unwrap()).fields().len(), 64);
    let error = SchemaFile::parse("a", &schema(33)).unwrap_err().to_string();
    assert_eq!(error, "a:99:1: 33 dimensions, at most 32");
    let error = SchemaFile::parse("a", "name = \"a\"\nk = 1").unwrap_err().to_string();
    assert_eq!(error, "a:1:1: no `[[dimension]]`; there must be at least one");
    let deep =
        (0..32).map(|n| format!("[[dimension]]\nname = \"d{n}\"\nnumber = \"a{n}.b.c.d.e\"\n")).collect::<String>();
    let error = SchemaFile::parse("a", &format!("name = \"a\"\nk = 64\n{deep}")).unwrap_err().to_string();
    assert_eq!(error, "a:1:1: 160 fields and objects that they lie in, at most 127");
}
