//! What a client is told: the exact text for each field and each kind of fault.
use crate::common::{CANONICAL, assert_plan_agrees, with};
use schema::{Field, MAX_DEPTH, Parser, PayloadError};

fn error_of(body: impl AsRef<[u8]>) -> String {
    assert_plan_agrees(body.as_ref());
    match Parser::new(1024).parse(body.as_ref()) {
        Ok(_) => panic!("accepted: {}", String::from_utf8_lossy(body.as_ref())),
        Err(error) => error.to_string(),
    }
}

fn accepted(body: &str) -> bool {
    assert_plan_agrees(body.as_bytes());
    Parser::new(1024).parse(body.as_bytes()).is_ok()
}

/// Path of the key, the key and value in the canonical payload, and what the value must be.
const FIELDS: [(&str, &str, &str); 14] = [
    ("transaction.amount", r#""amount":384.88"#, "a number"),
    ("transaction.installments", r#""installments":3"#, "a number"),
    ("transaction.requested_at", r#""requested_at":"2026-03-11T20:23:35Z""#, "a string"),
    ("customer.avg_amount", r#""avg_amount":769.76"#, "a number"),
    ("customer.tx_count_24h", r#""tx_count_24h":3"#, "a number"),
    ("customer.known_merchants", r#""known_merchants":["MERC-009","MERC-001"]"#, "an array"),
    ("merchant.id", r#""id":"MERC-001""#, "a string"),
    ("merchant.mcc", r#""mcc":"5912""#, "a string"),
    ("merchant.avg_amount", r#""avg_amount":298.95"#, "a number"),
    ("terminal.is_online", r#""is_online":false"#, "true or false"),
    ("terminal.card_present", r#""card_present":true"#, "true or false"),
    ("terminal.km_from_home", r#""km_from_home":13.7090520965"#, "a number"),
    ("last_transaction.timestamp", r#""timestamp":"2026-03-11T14:58:35Z""#, "a string"),
    ("last_transaction.km_from_current", r#""km_from_current":18.8626479774"#, "a number"),
];

/// The fields of the document itself; their values are cut out of the canonical payload.
const SECTIONS: [(&str, &str); 6] = [
    ("id", "a string"),
    ("transaction", "an object"),
    ("customer", "an object"),
    ("merchant", "an object"),
    ("terminal", "an object"),
    ("last_transaction", "an object or null"),
];

/// `"key":value` of a section as it stands in the canonical payload.
fn section(name: &str) -> &'static str {
    let start = CANONICAL.find(&format!(r#""{name}":"#)).expect("a key of the canonical payload");
    let value = start + name.len() + 3;
    let end = match CANONICAL.as_bytes()[value] {
        b'{' => value + CANONICAL[value..].find('}').expect("the end of its value") + 1,
        _ => value + CANONICAL[value..].find(',').expect("the end of its value"),
    };
    &CANONICAL[start..end]
}

fn all_fields() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    SECTIONS.into_iter().map(|(name, expected)| (name, section(name), expected)).chain(FIELDS)
}

#[test]
fn a_missing_field_is_named() {
    for (path, pair, _) in all_fields() {
        let without = with(pair, r#""other":1"#);
        assert_eq!(error_of(&without), format!("{path}: missing"));
        let (key, value) = pair.split_once(':').unwrap();
        let other_case = with(pair, &format!("{}:{value}", key.to_uppercase()));
        assert_eq!(error_of(&other_case), format!("{path}: missing"), "keys are case sensitive");
    }
}

#[test]
fn of_several_missing_fields_the_first_is_named() {
    assert_eq!(error_of("{}"), "id: missing");
    assert_eq!(error_of(r#"{"id":""}"#), "transaction: missing");
    assert_eq!(error_of(r#"{"id":"","transaction":{}}"#), "transaction.amount: missing");
    assert_eq!(
        error_of(with(section("last_transaction"), r#""last_transaction":{}"#)),
        "last_transaction.timestamp: missing"
    );
}

#[test]
fn a_repeated_field_is_named() {
    for (path, pair, _) in all_fields() {
        assert_eq!(error_of(with(pair, &format!("{pair},{pair}"))), format!("{path}: duplicate key"));
    }
    assert_eq!(error_of(with(r#""mcc":"5912""#, r#""mcc":"5912","\u006dcc":"5912""#)), "merchant.mcc: duplicate key");
    assert_eq!(
        error_of(with(section("last_transaction"), r#""last_transaction":null,"last_transaction":null"#)),
        "last_transaction: duplicate key"
    );
}

#[test]
fn a_value_of_another_type_is_named_with_what_it_must_be() {
    for (path, pair, expected) in all_fields() {
        let key = &pair[..pair.find(':').unwrap()];
        let values = [
            ("null", "an object or null"),
            ("true", "true or false"),
            ("1", "a number"),
            ("-1.5e3", "a number"),
            (r#""2""#, "a string"),
            ("[]", "an array"),
            (r#"{"a":1}"#, "an object"),
        ];
        for (value, is) in values {
            // An object is accepted as such; what it lacks is another error.
            if is != expected && !(is == "an object" && expected == "an object or null") {
                let body = with(pair, &format!("{key}:{value}"));
                assert_eq!(error_of(&body), format!("{path}: expected {expected}"), "{value}");
            }
        }
    }
}

#[test]
fn a_known_merchant_that_is_no_string_is_named_by_its_place() {
    for (merchants, index) in
        [("[1]", 0), (r#"["a",null]"#, 1), (r#"["a","b",[],1]"#, 2), (r#"[{"a":[1]},"b"]"#, 0), (r#"["a",true]"#, 1)]
    {
        let body = with(r#"["MERC-009","MERC-001"]"#, merchants);
        assert_eq!(error_of(&body), format!("customer.known_merchants[{index}]: expected a string"));
    }
}

#[test]
fn a_number_beyond_f64_is_named_whatever_stands_before_it() {
    let huge = "9".repeat(400);
    for (path, pair, expected) in FIELDS {
        if expected != "a number" {
            continue;
        }
        let key = &pair[..pair.find(':').unwrap()];
        for number in ["1e999", "-1e999", "1E+309", "1.8e308", &huge] {
            for before in ["", r#""x":{},"#, r#""x":{"y":[{}]},"#, r#""\"\\{":["}",{"amount":"\u0022"}], "#] {
                let body = with(pair, &format!("{before}{key} : {number}"));
                assert_eq!(error_of(&body), format!("{path}: number out of range"), "{body}");
            }
        }
    }
    let keys_escaped = r#"{"custo\u006der":{"avg\u005famount":1e999}}"#;
    assert_eq!(error_of(keys_escaped), "customer.avg_amount: number out of range");
    assert_eq!(error_of(r#"{"id":1e999}"#), "id: number out of range");
}

#[test]
fn a_number_beyond_f64_elsewhere_is_named_by_its_place() {
    for (body, at) in [
        ("1e999", 0),
        (" -1e999", 1),
        ("[1e999]", 1),
        (r#"{"amount":1e999}"#, 10),
        (r#"{"x":1e999}"#, 5),
        (r#"{"transaction":[1e999]}"#, 16),
        (r#"{"transaction":{"x":{"amount":1e999}}}"#, 30),
        (r#"[{"amount":1e999}]"#, 11),
        (r#"{"transaction":{},"amount":1e999}"#, 27),
    ] {
        assert_eq!(error_of(body), format!("number out of range at byte {at}"), "{body}");
    }
}

#[test]
fn text_that_is_no_timestamp_is_named() {
    for text in ["", "x", "2026-02-29T00:00:00Z", "2026-03-11T20:23:35", "2026-03-11 20:23:35Z", "1773260615", "é"] {
        for (from, path) in [
            ("2026-03-11T20:23:35Z", "transaction.requested_at"),
            ("2026-03-11T14:58:35Z", "last_transaction.timestamp"),
        ] {
            assert_eq!(
                error_of(with(from, text)),
                format!("{path}: expected an RFC 3339 date and time with offset, such as 2026-03-11T20:23:35Z")
            );
        }
    }
}

#[test]
fn text_that_is_no_json_is_named_with_the_place() {
    for (body, message) in [
        ("", "the body is empty, expected a JSON object"),
        (" \t\r\n", "the body is empty, expected a JSON object"),
        ("{", "not JSON: the document ends too early, after the token at byte 0"),
        (r#"{"a":1"#, "not JSON: the document ends too early, after the token at byte 5"),
        (r#"{"a":1,}"#, "not JSON: expected a key in double quotes at byte 7"),
        (r#"{"a" 1}"#, "not JSON: expected a colon at byte 5"),
        (r#"{"a":1 "b":2}"#, "not JSON: expected a comma or the end of the object at byte 7"),
        (r#"{"a":[1 2]}"#, "not JSON: expected a comma or the end of the array at byte 8"),
        (r#"{"a":}"#, "not JSON: expected a value at byte 5"),
        (r#"{"a":[1,]}"#, "not JSON: expected a value at byte 8"),
        (r#"{"a":nul}"#, "not JSON: expected a value at byte 5"),
        (r#"{"a":tru}"#, "not JSON: expected a value at byte 5"),
        (r#"{"a":falsy}"#, "not JSON: expected a value at byte 5"),
        (r#"{"a":NaN}"#, "not JSON: expected a value at byte 5"),
        (r#"{"a":Infinity}"#, "not JSON: expected a value at byte 5"),
        (r#"{"a":+1}"#, "not JSON: expected a value at byte 5"),
        (r#"{"a":.5}"#, "not JSON: expected a value at byte 5"),
        (r#"{"a":01}"#, "not JSON: malformed number at byte 6"),
        (r#"{"a":1.}"#, "not JSON: malformed number at byte 7"),
        (r#"{"a":1e}"#, "not JSON: malformed number at byte 7"),
        (r#"{"a":-}"#, "not JSON: malformed number at byte 6"),
        (r#"{"a":0x10}"#, "not JSON: malformed number at byte 6"),
        (r#"{"a":"\x"}"#, r"not JSON: bad escape in the string at byte 5"),
        (r#"{"a":["\n","b\u00g0"]}"#, r"not JSON: bad escape in the string at byte 11"),
        (r#"{"a":"\ud800"}"#, r"not JSON: bad escape in the string at byte 5"),
        (r#"{"a":"\udc00"}"#, r"not JSON: bad escape in the string at byte 5"),
        (r#"{"a":"\ud800\u0041"}"#, r"not JSON: bad escape in the string at byte 5"),
        ("{\"a\":\"b\nc\"}", "not JSON: bare control character in a string at byte 7"),
        ("{\"a\\\"\":\"\\\\\",\"b\":\"\u{0}\"}", "not JSON: bare control character in a string at byte 17"),
        (r#"{"a":"b}"#, "not JSON: string without end at byte 5"),
        (r#"{"a":"b\"}"#, "not JSON: string without end at byte 5"),
        ("{'a':1}", "not JSON: expected a comma or the end of the object at byte 1"),
        ("x", "not JSON: expected a value at byte 0"),
        ("\u{feff}{}", "not JSON: expected a value at byte 0"),
    ] {
        assert_eq!(error_of(body), message, "{body:?}");
    }
    assert_eq!(error_of(b"{\"a\":\"b\xff\"}"), "not JSON: not UTF-8 at byte 7");
    assert_eq!(error_of(b"{\"a\":\"\xed\xa0\x80\"}"), "not JSON: not UTF-8 at byte 6");
}

#[test]
fn bytes_after_the_document_are_refused_with_their_place() {
    let end = CANONICAL.len();
    for (tail, at) in
        [("x", end), (" {}", end + 1), (",", end), ("}", end), ("\0", end), ("\n\n1", end + 2), ("null", end)]
    {
        assert_eq!(
            error_of(format!("{CANONICAL}{tail}")),
            format!("not one JSON document: it ends before byte {at}, but more follows"),
            "{tail:?}"
        );
    }
    for (body, at) in [("{}{}", 2), ("[] 1", 3), ("1 2", 2), ("null,", 4), (r#""a"b"#, 3)] {
        assert_eq!(
            error_of(body),
            format!("not one JSON document: it ends before byte {at}, but more follows"),
            "{body}"
        );
    }
    assert!(accepted(&format!(" \t\r\n{CANONICAL} \t\r\n")));
}

#[test]
fn json_that_is_no_object_is_refused() {
    for body in ["1", "null", "true", r#""a""#, "[]", r#"[{"id":"a"}]"#, "-0.5"] {
        assert_eq!(error_of(body), "expected a JSON object", "{body}");
    }
}

#[test]
fn nesting_is_limited_to_128() {
    assert_eq!(MAX_DEPTH, 128);
    let nested = |depth: usize| {
        let value = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        with(r#""id":"tx"#, &format!(r#""x":{value},"id":"tx"#))
    };
    assert!(accepted(&nested(127)));
    assert_eq!(error_of(nested(128)), "nested more than 128 deep at byte 132");
    assert_eq!(error_of("[".repeat(1_000_000)), "nested more than 128 deep at byte 128");
    assert_eq!(error_of(r#"{"a":"#.repeat(100_000)), "nested more than 128 deep at byte 640");
    let deep_number = format!("{}1e999", r#"{"a":["#.repeat(64));
    assert_eq!(error_of(deep_number), "number out of range at byte 384");
}

#[test]
fn unknown_keys_of_any_type_are_skipped_everywhere() {
    for value in ["null", "true", "-1.5e3", r#""a\n""#, "[]", "{}", r#"[1,[2,{"id":3}],"x"]"#, r#"{"id":{"id":[]}}"#] {
        for opening in
            ["{\"id\":\"tx", "{\"amount\"", "{\"avg_amount\"", "{\"id\":\"MERC", "{\"is_online\"", "{\"timestamp\""]
        {
            let extra = format!(r#"{{"extra":{value},"Extra":{value},{}"#, &opening[1..]);
            assert!(accepted(&with(opening, &extra)), "{opening} {value}");
            let extra = format!(r#"{{"extra":{value},"\u0065xtra":{value},{}"#, &opening[1..]);
            let body = with(opening, &extra);
            let at = body.find(r#""\u0065"#).unwrap();
            assert_eq!(error_of(&body), format!("duplicate key at byte {at}"), "{opening} {value}");
        }
    }
}

#[test]
fn a_repeated_key_is_found_at_every_depth() {
    for (value, second) in [
        (r#"{"a":1,"b":2,"a":3}"#, r#""a":3"#),
        (r#"[0,"a",{"x":[{"y":{"z":null,"z":null}}]}]"#, r#""z":null}"#),
        (r#"{"id":{"amount":1,"amount":1}}"#, r#""amount":1}}"#),
        (r#"{"":{},"":{}}"#, r#""":{}}"#),
    ] {
        let body = with(r#""id":"tx"#, &format!(r#""extra":{value},"id":"tx"#));
        let at = body.find(second).unwrap();
        assert_eq!(error_of(&body), format!("duplicate key at byte {at}"), "{body}");
    }
    let deep = |pairs: &str| format!("{}{{{pairs}}}{}", "[{\"x\":".repeat(60), "}]".repeat(60));
    let with_deep = |pairs: &str| with(r#""id":"tx"#, &format!(r#""extra":{},"id":"tx"#, deep(pairs)));
    assert!(accepted(&with_deep(r#""a":1,"b":1"#)));
    assert!(error_of(with_deep(r#""a":1,"a":1"#)).starts_with("duplicate key at byte "));
}

/// Comparing each key with each other would take minutes for these.
#[test]
fn a_body_full_of_keys_is_read_in_time() {
    let keys = |count: usize| (0..count).map(|n| format!("\"{n:x}\":0")).collect::<Vec<_>>().join(",");
    let begun = std::time::Instant::now();
    let body = with(r#""id":"tx"#, &format!(r#""extra":{{{}}},"id":"tx"#, keys(1_000_000)));
    assert!(accepted(&body));
    let body = with(r#""id":"tx"#, &format!(r#""extra":{{{},"0":0}},"id":"tx"#, keys(1_000_000)));
    assert!(error_of(&body).starts_with("duplicate key"));
    assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[test]
fn a_parser_goes_on_after_every_error() {
    let mut parser = Parser::new(16);
    let expected = format!("{:?}", Parser::new(1024).parse(CANONICAL.as_bytes()).unwrap());
    for bad in ["", "{", "[[[", r#"{"id":1e999}"#, r#"{"id":"\ud800"}"#, "{}", &"[".repeat(5000), r#"{"a":"b"#] {
        assert!(parser.parse(bad.as_bytes()).is_err());
        assert_eq!(format!("{:?}", parser.parse(CANONICAL.as_bytes()).unwrap()), expected);
    }
}

#[test]
fn errors_can_be_told_apart_by_program() {
    let mut parser = Parser::new(1024);
    assert_eq!(parser.parse(b"{}"), Err(PayloadError::Missing(Field::Id)));
    let error = parser.parse(b"{\"customer\":{\"known_merchants\":[1]}}");
    assert_eq!(error, Err(PayloadError::NotAString { field: Field::KnownMerchants, index: 0 }));
    assert_eq!(Field::CustomerAvgAmount.path(), "customer.avg_amount");
}
