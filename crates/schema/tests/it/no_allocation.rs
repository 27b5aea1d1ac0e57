//! After its construction a parser allocates nothing, on success and on every kind of error.
use std::alloc::System;
use std::fmt::Write as _;

use runtime::allocator::{self, Counting};
use schema::{Parser, PayloadReader, Plan, Rules, SchemaFile};

#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

const CAPACITY: usize = 16 * 1024;

/// A text of fixed room, so that showing an error can be counted too.
struct Line {
    bytes: [u8; 256],
    len: usize,
}

impl std::fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(std::fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// Good and bad bodies: each of the texts below, and the canonical payload with every byte replaced or cut.
fn bodies() -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = Vec::new();
    let canonical = crate::common::CANONICAL.as_bytes();
    for at in 0..canonical.len() {
        bodies.push(canonical[..at].to_vec());
        for byte in *b"\"\\{}[],:0-e \x00\xff" {
            let mut body = canonical.to_vec();
            body[at] = byte;
            bodies.push(body);
        }
    }
    for number in ["1e999", "-1e999", "1e-999", "123456789012345678901234567890", "0.1234567890123456789012345", "[1]"]
    {
        bodies.push(crate::common::with("384.88", number).into_bytes());
        bodies.push(crate::common::with("{\"amount\"", &format!("{{\"extra\":{number},\"amount\"")).into_bytes());
    }
    for time in ["", "x", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00+23:59"] {
        bodies.push(crate::common::with("2026-03-11T20:23:35Z", time).into_bytes());
    }
    bodies.push(
        crate::common::with("2026-03-11T20:23:35Z", "2026-03-11T20:23:35.12345678901234567890+03:00").into_bytes(),
    );
    for filler in ["[", "{", "{\"a\":", "[[],", "\"", ",", "1 ", "\\", "\n", "\u{1}", "é", "[\"\\u00e9\","] {
        bodies.push(filler.repeat(CAPACITY / filler.len()).into_bytes());
    }
    bodies.push(vec![0xff; CAPACITY]);
    bodies.push(crate::common::with("MERC-009", &"\\u00e9".repeat(1500)).into_bytes());
    bodies.push(crate::common::with("[\"MERC-009\",", &format!("[{}", "\"a\",".repeat(3500))).into_bytes());
    let pairs: String = (0..1_900).map(|n| format!("\"{n:x}\":0,")).collect();
    for last in ["\"x\":0", "\"0\":0"] {
        bodies.push(crate::common::with("\"id\":\"tx", &format!("\"x\":{{{pairs}{last}}},\"id\":\"tx")).into_bytes());
        bodies.push(crate::common::with("{\"amount\"", &format!("{{{pairs}{last},\"amount\"")).into_bytes());
    }
    bodies.push(
        crate::common::with("\"id\":\"tx", &format!("\"x\":{{{}\"\":0}},\"id\":\"tx", "\"\":0,".repeat(3_000)))
            .into_bytes(),
    );
    bodies
        .push(crate::common::with("\"id\":\"tx", &format!("\"x\":[{}0],\"id\":\"tx", "0,".repeat(7000))).into_bytes());
    bodies
}

#[test]
fn thousands_of_good_and_bad_bodies_allocate_nothing() {
    let bodies = bodies();
    assert!(bodies.len() > 6_000);
    let rules = Rules::default();
    let (mut good, mut bad, mut written) = (0, 0, 0);
    let mut parser = Parser::new(CAPACITY);
    for body in &bodies {
        assert!(body.len() <= CAPACITY);
        let before = allocator::count();
        match parser.parse(body) {
            Ok(transaction) => {
                good += 1;
                std::hint::black_box(rules.vectorize(&transaction));
            }
            Err(error) => {
                bad += 1;
                let mut line = Line { bytes: [0; 256], len: 0 };
                write!(line, "{error}").unwrap();
                written += line.len;
            }
        }
        assert_eq!(allocator::count() - before, 0, "{}", String::from_utf8_lossy(body));
    }
    assert!(good > 500 && bad > 3_000 && written > bad, "{good} good, {bad} bad");
}

#[test]
fn a_plan_allocates_nothing_either() {
    let bodies = bodies();
    let plan = Plan::new(&SchemaFile::contest());
    let (mut good, mut bad, mut out) = (0, 0, [0.0; 14]);
    let mut reader = PayloadReader::new(CAPACITY);
    for body in &bodies {
        let before = allocator::count();
        match reader.vectorize(&plan, body, &mut out) {
            Ok(()) => good += 1,
            Err(error) => {
                bad += 1;
                let mut line = Line { bytes: [0; 256], len: 0 };
                write!(line, "{error}").unwrap();
            }
        }
        assert_eq!(allocator::count() - before, 0, "{}", String::from_utf8_lossy(body));
    }
    assert!(good > 500 && bad > 3_000, "{good} good, {bad} bad");
}

#[test]
fn the_counter_counts() {
    let before = allocator::count();
    std::hint::black_box(vec![0_u8; 100]);
    assert!(allocator::count() > before);
}
