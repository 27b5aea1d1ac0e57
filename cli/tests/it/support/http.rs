//! The smallest HTTP client that can tell what a test needs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

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
    exchange(address, &format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"))
}

/// Status and body of `POST /fraud-score`.
pub fn score(address: SocketAddr, body: &str) -> (u16, String) {
    let length = body.len();
    exchange(
        address,
        &format!(
            "POST /fraud-score HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ),
    )
}

/// A connection on which one `GET /ready` was answered and which stays open.
pub fn kept_alive(address: SocketAddr) -> TcpStream {
    let mut stream = connect(address);
    stream.write_all(b"GET /ready HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    let mut answer = [0; 1024];
    let read = stream.read(&mut answer).unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer[..read]));
    stream
}

fn exchange(address: SocketAddr, request: &str) -> (u16, String) {
    let mut stream = connect(address);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no HTTP answer: {answer:?}"));
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream
}
