//! Payloads replayed: one connection, one request after the other, every answer compared.

use crate::support::{APPROVED, DENIED, Reaction, payloads, serve};
use load_test::{Ending, Results, Target, Test};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn replay(target: &Target, expected_frauds: Vec<u8>) -> Results {
    Test::sequential().measure(target, &payloads(expected_frauds), &AtomicBool::new(false), |_| {}).unwrap()
}

#[test]
fn each_payload_is_sent_once_and_in_order_on_one_connection() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let server = serve(move |number| {
        log.lock().unwrap().push(number);
        // were a request sent before the last one's answer, they would be seen in another order
        if number % 7 == 0 { Reaction::Late(Duration::from_millis(5), APPROVED) } else { Reaction::Body(APPROVED) }
    });
    let results = replay(&server.target, vec![0; 50]);
    assert_eq!(*seen.lock().unwrap(), (0..50).collect::<Vec<_>>());
    assert_eq!(results.finish.ending, Ending::Complete);
    assert_eq!((results.tally.sent, results.tally.dropped, results.unfinished), (50, 0, 0));
    assert_eq!((results.tally.verdicts.frauds_of_5, results.tally.verdicts.wrong()), ([50, 0, 0, 0, 0, 0], 0));
    assert_eq!((server.accepted.load(Ordering::Relaxed), results.connections.opened), (1, 1));
    assert!(results.tally.service.nanoseconds().unwrap().p50 > 0);
}

#[test]
fn wrong_answers_are_told_in_words() {
    let server = serve(|number| Reaction::Body(if number == 3 { DENIED } else { APPROVED }));
    let results = replay(&server.target, vec![0, 0, 5, 0]);
    assert_eq!(
        results.faults.lines(),
        [
            "wrong answer to query 2: expected denied with score 1.0, got approved with score 0.0",
            "wrong answer to query 3: expected approved with score 0.0, got denied with score 1.0",
        ]
    );
    let verdicts = &results.tally.verdicts;
    assert_eq!((verdicts.confusion.false_negatives, verdicts.confusion.false_positives), (1, 1));
    assert_eq!((verdicts.count_mismatches, results.faults.error()), (2, None));
}

#[test]
fn a_connection_that_is_lost_costs_its_request_and_no_other() {
    let server = serve(|number| if number % 3 == 0 { Reaction::Close } else { Reaction::Body(APPROVED) });
    let results = replay(&server.target, vec![0; 90]);
    assert_eq!(results.finish.ending, Ending::Complete);
    assert_eq!((results.tally.errors.connection, results.tally.verdicts.total()), (30, 60));
    assert_eq!((results.tally.sent, results.tally.dropped), (90, 0));
}

#[test]
fn a_target_that_has_gone_is_not_asked_for_ever() {
    let server = serve(|number| if number < 10 { Reaction::Body(APPROVED) } else { Reaction::Close });
    let results = replay(&server.target, vec![0; 500]);
    assert_eq!(results.finish.ending, Ending::TargetGone);
    assert_eq!((results.tally.verdicts.total(), results.tally.errors.total()), (10, 20));
    assert!(results.faults.error().unwrap().contains("closed"), "{:?}", results.faults);
}
