//! Requests to a running system, and the examples whose answers are known.

use std::net::SocketAddr;
use testkit::client::Client;
use testkit::wait::{PATIENCE, comes_true};

/// A payload and the exact body that answers it.
pub struct Example {
    pub request: &'static str,
    pub answer: &'static str,
    /// The five nearest official references, nearest first.
    pub neighbours: [u32; 5],
}

/// The two examples whose answers are known from the contest's rules.
pub const EXAMPLES: [Example; 2] = [
    Example {
        request: r#"{"id":"tx-1329056812","transaction":{"amount":41.12,"installments":2,"requested_at":"2026-03-11T18:45:53Z"},"customer":{"avg_amount":82.24,"tx_count_24h":3,"known_merchants":["MERC-003","MERC-016"]},"merchant":{"id":"MERC-016","mcc":"5411","avg_amount":60.25},"terminal":{"is_online":false,"card_present":true,"km_from_home":29.2331036248},"last_transaction":null}"#,
        answer: r#"{"approved":true,"fraud_score":0.0}"#,
        neighbours: [2120963, 1028864, 570415, 452589, 2728265],
    },
    Example {
        request: r#"{"id":"tx-3330991687","transaction":{"amount":9505.97,"installments":10,"requested_at":"2026-03-14T05:15:12Z"},"customer":{"avg_amount":81.28,"tx_count_24h":20,"known_merchants":["MERC-008","MERC-007","MERC-005"]},"merchant":{"id":"MERC-068","mcc":"7802","avg_amount":54.86},"terminal":{"is_online":false,"card_present":true,"km_from_home":952.2745933273},"last_transaction":null}"#,
        answer: r#"{"approved":false,"fraud_score":1.0}"#,
        neighbours: [687501, 731246, 2430750, 1350975, 2641800],
    },
];

/// Status and body of `GET path`.
pub fn get(address: SocketAddr, path: &str) -> (u16, String) {
    exchange(connect(address), &format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"))
}

/// Status and body of `POST /fraud-score`.
pub fn score(address: SocketAddr, body: &str) -> (u16, String) {
    scored(connect(address), body)
}

fn scored(client: Client, body: &str) -> (u16, String) {
    let length = body.len();
    exchange(
        client,
        &format!(
            "POST /fraud-score HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ),
    )
}

/// [`score`] of a server at any kind of address, which may be about to listen.
pub fn score_at(address: &str, body: &str) -> (u16, String) {
    assert!(comes_true(PATIENCE, || Client::try_connect(address).is_ok()), "{address} is not listened at");
    scored(Client::connect(address), body)
}

/// A connection on which one `GET /ready` was answered and which stays open.
pub fn kept_alive(address: SocketAddr) -> Client {
    let mut client = connect(address);
    assert_eq!(client.ask("GET /ready HTTP/1.1\r\nHost: test\r\n\r\n").status, 200);
    client
}

fn exchange(mut client: Client, request: &str) -> (u16, String) {
    client.send(request);
    let answer = client.next_answer(false).expect("an HTTP answer");
    client.must_be_closed();
    (answer.status, answer.body)
}

fn connect(address: SocketAddr) -> Client {
    Client::connect(&format!("tcp:{address}"))
}
