//! The vector against a plain f64 oracle: every cent of an amount, every second of a day, and the edges.
use crate::common::{assert_plan_agrees, with};
use proptest::prelude::*;
use schema::{LastTransaction, Parser, Rules, Timestamp, Transaction};
use space::{DIMENSIONS, Point};

/// The vector of a body.
fn vector(parser: &mut Parser, rules: &Rules, body: &str) -> [i16; DIMENSIONS] {
    assert_plan_agrees(body.as_bytes());
    let transaction = parser.parse(body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"));
    *rules.vectorize(&transaction).values()
}

fn vector_of(body: &str) -> [i16; DIMENSIONS] {
    vector(&mut Parser::new(1024), &Rules::default(), body)
}

/// A dimension's value as the contract stores it.
#[allow(clippy::manual_clamp)] // spelled out, not to repeat what it checks
fn stored(value: f64) -> i16 {
    let limited = if value < 0.0 {
        0.0
    } else if value > 1.0 {
        1.0
    } else {
        value
    };
    (limited * 10000.0).round() as i16
}

#[test]
fn the_two_checked_examples_give_their_vectors() {
    let approved = r#"{"id":"tx-1329056812","transaction":{"amount":41.12,"installments":2,"requested_at":"2026-03-11T18:45:53Z"},"customer":{"avg_amount":82.24,"tx_count_24h":3,"known_merchants":["MERC-003","MERC-016"]},"merchant":{"id":"MERC-016","mcc":"5411","avg_amount":60.25},"terminal":{"is_online":false,"card_present":true,"km_from_home":29.2331036248},"last_transaction":null}"#;
    let expected = [0.0041, 0.1667, 0.05, 0.7826, 0.3333, -1.0, -1.0, 0.0292, 0.15, 0.0, 1.0, 0.0, 0.15, 0.006];
    assert_eq!(vector_of(approved), expected.map(|value: f64| (value * 10000.0).round() as i16));

    let denied = r#"{"id":"tx-3330991687","transaction":{"amount":9505.97,"installments":10,"requested_at":"2026-03-14T05:15:12Z"},"customer":{"avg_amount":81.28,"tx_count_24h":20,"known_merchants":["MERC-008","MERC-007","MERC-005"]},"merchant":{"id":"MERC-068","mcc":"7802","avg_amount":54.86},"terminal":{"is_online":false,"card_present":true,"km_from_home":952.2745933273},"last_transaction":null}"#;
    let expected = [0.9506, 0.8333, 1.0, 0.2174, 0.8333, -1.0, -1.0, 0.9523, 1.0, 0.0, 1.0, 1.0, 0.75, 0.0055];
    assert_eq!(vector_of(denied), expected.map(|value: f64| (value * 10000.0).round() as i16));
}

#[test]
fn every_cent_of_an_amount_agrees_with_the_oracle() {
    let (mut parser, rules) = (Parser::new(1024), Rules::default());
    for cents in 0..=1_000_000_u32 {
        let text = format!("{}.{:02}", cents / 100, cents % 100);
        let amount: f64 = text.parse().unwrap();
        let body = format!(
            r#"{{"id":"","transaction":{{"amount":{text},"installments":1,"requested_at":"2026-03-11T20:23:35Z"}},"customer":{{"avg_amount":769.76,"tx_count_24h":3,"known_merchants":[]}},"merchant":{{"id":"","mcc":"","avg_amount":{text}}},"terminal":{{"is_online":false,"card_present":true,"km_from_home":{text}}},"last_transaction":null}}"#
        );
        let got = vector(&mut parser, &rules, &body);
        let expected = [
            stored(amount / 10000.0),
            stored((amount / 769.76) / 10.0),
            stored(amount / 1000.0),
            stored(amount / 10000.0),
        ];
        assert_eq!([got[0], got[2], got[7], got[13]], expected, "{text}");
    }
}

#[test]
fn every_second_of_a_day_agrees_with_the_oracle() {
    let (mut parser, rules) = (Parser::new(1024), Rules::default());
    for second in 0..86_400_u32 {
        let (hour, minute) = (second / 3600, second / 60 % 60);
        let body = with("2026-03-11T14:58:35Z", "2026-03-11T00:00:00Z")
            .replace("2026-03-11T20:23:35Z", &format!("2026-03-11T{hour:02}:{minute:02}:{:02}Z", second % 60));
        let got = vector(&mut parser, &rules, &body);
        let minutes = f64::from(second) / 60.0;
        let expected = [stored(f64::from(hour) / 23.0), stored(2.0 / 6.0), stored(minutes / 1440.0)];
        assert_eq!(got[3..6], expected, "{second}");
    }
}

#[test]
fn every_day_of_twelve_years_has_its_weekday() {
    let (mut parser, rules) = (Parser::new(1024), Rules::default());
    let mut weekday = 3; // 1 January 2020 was a Wednesday, counted from 1
    for year in 2020..2032 {
        let february = if year % 4 == 0 { 29 } else { 28 };
        for (month, days) in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].into_iter().enumerate() {
            for day in 1..=days {
                let body =
                    with("2026-03-11T20:23:35Z", &format!("{year}-{:02}-{day:02}T23:59:59.999999999Z", month + 1));
                let got = vector(&mut parser, &rules, &body);
                assert_eq!(got[4], stored(f64::from(weekday - 1) / 6.0), "{year}-{}-{day}", month + 1);
                weekday = weekday % 7 + 1;
            }
        }
    }
}

#[test]
fn hour_and_weekday_are_those_of_utc_on_both_sides_of_the_epoch() {
    for (time, hour, weekday) in [
        ("2026-03-11T23:30:00-03:00", 2.0, 3.0),
        ("2026-03-09T00:30:00+05:30", 19.0, 6.0),
        ("1970-01-01T00:00:00Z", 0.0, 3.0),
        ("1969-12-31T23:59:59.5Z", 23.0, 2.0),
        ("1969-12-31T23:00:00.5Z", 23.0, 2.0),
        ("1969-12-28T22:59:59.999999999Z", 22.0, 6.0),
        ("0000-01-01T00:00:00+23:59", 0.0, 4.0),
        ("9999-12-28T23:59:59-00:00", 23.0, 1.0),
    ] {
        let got = vector_of(&with("2026-03-11T20:23:35Z", time));
        assert_eq!(got[3..5], [stored(hour / 23.0), stored(weekday / 6.0)], "{time}");
    }
}

#[test]
fn minutes_count_fractions_and_offsets_and_never_run_backwards() {
    for (requested_at, last, seconds) in [
        ("2026-03-11T20:00:05Z", "2026-03-11T20:00:00Z", 5.0),
        ("2026-03-11T20:00:04.32Z", "2026-03-11T20:00:00Z", 4.32),
        ("2026-03-11T20:00:00Z", "2026-03-11T19:59:55.68Z", 4.32),
        ("2026-03-11T20:00:04.319999999Z", "2026-03-11T20:00:00Z", 4.319999999),
        ("2026-03-11T20:00:00-03:00", "2026-03-11T20:00:00Z", 10_800.0),
        ("2026-03-11T20:00:00Z", "2026-03-11T20:00:00-03:00", 0.0),
        ("2026-03-11T20:00:00Z", "2026-03-11T20:00:00.000000001Z", 0.0),
        ("2026-03-11T20:00:00Z", "2036-03-11T20:00:00Z", 0.0),
        ("2026-03-11T20:00:00Z", "2016-03-11T20:00:00Z", 86_400.0),
        ("2026-03-11T20:00:60Z", "2026-03-11T20:00:58Z", 1.0),
        ("1970-01-01T00:00:30Z", "1969-12-31T23:59:29.5Z", 60.5),
    ] {
        let body = with("2026-03-11T20:23:35Z", requested_at).replace("2026-03-11T14:58:35Z", last);
        assert_eq!(vector_of(&body)[5], stored(seconds / 60.0 / 1440.0), "{last} to {requested_at}");
    }
}

#[test]
fn an_average_of_zero_gives_one_for_an_amount_and_zero_for_none() {
    for (average, amount, expected) in [
        ("0", "0.01", 10_000),
        ("0.0", "384.88", 10_000),
        ("-0.0", "384.88", 10_000),
        ("0", "0", 0),
        ("0", "-0.0", 0),
        ("-0", "-5", 0),
        ("5e-324", "384.88", 10_000),
        ("5e-324", "0", 0),
        ("5e-324", "-1", 0),
        ("-769.76", "384.88", 0),
        ("-769.76", "-384.88", 500),
        ("-5e-324", "384.88", 0),
        ("1.7976931348623157e308", "1.7976931348623157e308", 1_000),
        ("1.7976931348623157e308", "5e-324", 0),
    ] {
        let body = with("769.76", average).replace("384.88", amount);
        assert_eq!(vector_of(&body)[2], expected, "{amount} / {average}");
    }
}

#[test]
fn numbers_beyond_the_constants_are_limited_to_the_ends() {
    let numbers = ["384.88", r#""installments":3"#, r#""tx_count_24h":3"#, "298.95", "13.7090520965", "18.8626479774"];
    for (number, expected) in [("-1", 0), ("-1e308", 0), ("1e308", 10_000), ("100000", 10_000), ("-0.0", 0)] {
        let body = numbers.into_iter().fold(crate::common::CANONICAL.to_owned(), |body, from| {
            let to = match from.split_once(':') {
                Some((key, _)) => format!("{key}:{number}"),
                None => number.to_owned(),
            };
            body.replace(from, &to)
        });
        let got = vector_of(&body);
        assert_eq!([got[0], got[1], got[6], got[7], got[8], got[13]], [expected; 6], "{number}");
    }
}

#[test]
fn flags_merchants_and_risk_take_their_places() {
    let got = vector_of(crate::common::CANONICAL);
    assert_eq!(got[9..13], [0, 10_000, 0, 2_000]);
    let got = vector_of(&with(r#""is_online":false,"card_present":true"#, r#""is_online":true,"card_present":false"#));
    assert_eq!(got[9..11], [10_000, 0]);
    for (known, unknown) in [
        (r#"[]"#, 10_000),
        (r#"["MERC-01"]"#, 10_000),
        (r#"["merc-001"]"#, 10_000),
        (r#"["MERC-0011"]"#, 10_000),
        (r#"["MERC-00\u0031"]"#, 0),
        (r#"["","MERC-001","MERC-001"]"#, 0),
    ] {
        assert_eq!(vector_of(&with(r#"["MERC-009","MERC-001"]"#, known))[11], unknown, "{known}");
    }
    for (mcc, risk) in [("7995", 8_500), ("0000", 5_000), ("", 5_000), ("59120", 5_000), (r"5912\u0000", 5_000)] {
        assert_eq!(vector_of(&with("5912", mcc))[12], risk, "{mcc}");
    }
}

#[test]
fn own_constants_and_risks_are_used() {
    let normalization = serde_json::from_str(
        r#"{"max_amount":500,"max_installments":4,"amount_vs_avg_ratio":2,"max_minutes":650,"max_km":50,
            "max_tx_count_24h":7,"max_merchant_avg_amount":300}"#,
    )
    .unwrap();
    let mcc_risk = serde_json::from_str(r#"{"5912":0.987654}"#).unwrap();
    let rules = Rules::new(normalization, mcc_risk).unwrap();
    let got = vector(&mut Parser::new(1024), &rules, crate::common::CANONICAL);
    let expected = [
        stored(384.88 / 500.0),
        stored(3.0 / 4.0),
        stored((384.88 / 769.76) / 2.0),
        stored(20.0 / 23.0),
        stored(2.0 / 6.0),
        stored(325.0 / 650.0),
        stored(18.8626479774 / 50.0),
        stored(13.7090520965 / 50.0),
        stored(3.0 / 7.0),
        0,
        10_000,
        0,
        9_877,
        stored(298.95 / 300.0),
    ];
    assert_eq!(got, expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_number_whatever_leads_outside_of_the_space(
        numbers in prop::array::uniform7(prop_oneof![any::<f64>(), prop::sample::select(vec![
            0.0, -0.0, f64::MIN_POSITIVE, 5e-324, -5e-324, f64::MAX, f64::MIN, f64::NAN, f64::INFINITY, f64::NEG_INFINITY,
        ])]),
        seconds in prop::array::uniform2(-62_167_305_540..=253_402_387_139_i64),
    ) {
        let [amount, installments, customer_avg_amount, tx_count_24h, merchant_avg_amount, km_from_home, km_from_current] = numbers;
        let [requested_at, timestamp] = seconds.map(|second| Timestamp::new(second, 0));
        let transaction = Transaction {
            amount, installments, requested_at, customer_avg_amount, tx_count_24h, merchant_is_known: true, mcc: "",
            merchant_avg_amount, is_online: true, card_present: true, km_from_home,
            last: Some(LastTransaction { timestamp, km_from_current }),
        };
        let query = Rules::default().vectorize(&transaction);
        prop_assert_eq!(Point::new(*query.values()), Ok(query));
        prop_assert!(query.values().iter().all(|&value| value >= 0), "-1 is only for an absent last transaction");
        if amount > 0.0 && customer_avg_amount == 0.0 {
            prop_assert_eq!(query.values()[2], 10_000);
        }
    }
}
