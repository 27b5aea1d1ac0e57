//! Hundreds of damaged indexes published beside a running server.

use super::images::{Image, repair_checksum};
use super::{BOTH, PAYLOADS, wait_for_switch};
use crate::support::{Client, IndexFolder, Listen, Server, at_once, payload, post};
use index::InstructionSet;
use schema::Rules;
use scoring::Generation;
use std::collections::BTreeMap;
use testkit::random::Random;

/// How many are published; 1,000 take a few minutes.
const COUNT_VARIABLE: &str = "FRAUDRING_TEST_CORRUPTIONS";
const COUNT: u32 = 40;
/// After so many a sound one is published.
const SOUND_EVERY: u32 = 8;

#[track_caller]
fn must_answer(client: &mut Client, answers: &[String], what: &str) {
    for (n, answer) in (0..PAYLOADS).zip(answers).step_by(10) {
        assert_eq!(&client.ask(post(&payload(n))).body, answer, "{what}, payload {n}");
    }
}

/// What must be answered by `bytes`, which `image` became; `None` if they are no index any more.
fn answers_of(bytes: &[u8], image: &Image) -> Option<Vec<String>> {
    let generation = Generation::open(bytes.to_vec(), InstructionSet::detect()).ok()?;
    let (index, rules) = (generation.index(), generation.rules());
    // A few changed bytes that leave the trees sound have moved a vector within its box, or changed the rules.
    assert_eq!(index.info().fraud, image.frauds());
    Some(image.with_vectors(index.vectors().collect()).answers_by(rules))
}

#[test]
fn damaged_indexes_are_refused_and_the_one_before_answers_on() {
    let count = std::env::var(COUNT_VARIABLE).map_or(COUNT, |count| count.parse().expect("a number"));
    at_once(&BOTH, |sandbox| {
        let mut random = Random(7);
        let mut image = Image::random(400, 0);
        let place = IndexFolder::empty();
        place.publish_image(&image.bytes);
        let mut server = Server::start(&place, Listen::Unix, sandbox, &[]);
        let mut client = server.connect();
        let mut answers = image.answers_by(&Rules::default());
        let mut reasons = BTreeMap::<String, u32>::new();
        for number in 0..count {
            let mut bytes = image.corrupted(&mut random);
            if number % 2 == 0 {
                repair_checksum(&mut bytes);
            }
            place.publish_unchecked(&bytes);
            let what = format!("corruption {number}");
            if let Some(changed) = answers_of(&bytes, &image) {
                wait_for_switch(&mut server);
                answers = changed;
                *reasons.entry("none: it is sound".to_owned()).or_default() += 1;
            } else {
                let line = server.wait_for_line("refused, the index before answers on");
                let fields: serde_json::Value = serde_json::from_str(&line).unwrap();
                *reasons.entry(fields["reason"].as_str().expect("a reason").to_owned()).or_default() += 1;
            }
            must_answer(&mut client, &answers, &what);
            if number % SOUND_EVERY == SOUND_EVERY - 1 {
                image = Image::random(300 + number as usize % 200, u64::from(number));
                place.publish_image(&image.bytes);
                wait_for_switch(&mut server);
                answers = image.answers_by(&Rules::default());
                must_answer(&mut client, &answers, "a sound index");
            }
        }
        println!("{sandbox:?}: {reasons:?}");
        assert!(reasons.len() > 1, "{reasons:?}");
        assert_eq!(server.mappings(), 1);
    });
}
