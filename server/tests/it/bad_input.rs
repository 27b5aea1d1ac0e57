//! Every row of the table of bad input, over real sockets, on both drivers; and the neighbours go on.

use crate::support::{Client, IndexFolder, Listen, READY, Sandbox, Server, payload, post};

/// A server and a neighbour in the middle of a request of its own.
struct Scene {
    place: IndexFolder,
    server: Server,
    neighbour: Client,
}

const HALF: usize = 100;

impl Scene {
    fn new(listen: Listen, sandbox: Sandbox) -> Self {
        let place = IndexFolder::new();
        let options = ["--head-timeout-ms", "400", "--body-timeout-ms", "400"];
        let server = Server::start(&place, listen, sandbox, &options);
        let driver = if sandbox == Sandbox::None { "io_uring" } else { "epoll" };
        let is_chosen = server.lines.iter().any(|line| line.contains(&format!(r#""driver":"{driver}""#)));
        assert!(is_chosen, "{driver} must have been chosen: {:#?}", server.lines);
        let neighbour = server.connect();
        Self { place, server, neighbour }
    }

    /// Sends `request`, expects `status`; `is_kept` says what becomes of the connection.
    #[track_caller]
    fn refused(&mut self, request: &str, status: u16, is_kept: bool, says: &str) -> String {
        let own = post(&payload(1));
        self.neighbour.send(&own[..HALF]);
        let mut client = self.server.connect();
        let answer = client.ask(request);
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.body.contains(says), "{} must say {says}", answer.body);
        assert_eq!(answer.closes(), !is_kept, "{}", answer.head);
        if is_kept {
            assert_eq!(client.ask(post(&payload(2))).body, self.place.expected(&payload(2)));
        } else {
            client.must_be_closed();
        }
        self.neighbour.send(&own[HALF..]);
        assert_eq!(self.neighbour.answer().body, self.place.expected(&payload(1)), "the neighbour must go on");
        answer.head
    }
}

fn head(fields: &str) -> String {
    format!("POST /fraud-score HTTP/1.1\r\nHost: test\r\n{fields}\r\n")
}

fn chunked(body: &str) -> String {
    format!("{}{body}", head("Transfer-Encoding: chunked\r\n"))
}

fn body_that_is_not_json(scene: &mut Scene) {
    scene.refused(&post("no json"), 400, true, "");
    scene.refused(&post(""), 400, true, "");
    scene.refused(&post(&format!("{}x", payload(1))), 400, true, "");
}

fn field_missing(scene: &mut Scene) {
    scene.refused(&post(&payload(1).replace(r#""amount":"#, r#""amounts":"#)), 400, true, "amount");
    scene.refused(&post(&payload(1).replace("last_transaction", "lost")), 400, true, "last_transaction");
}

fn field_of_the_wrong_type(scene: &mut Scene) {
    scene.refused(&post(&payload(1).replace(r#""mcc":"5912""#, r#""mcc":5912"#)), 400, true, "mcc");
}

fn number_not_finite(scene: &mut Scene) {
    scene.refused(&post(&payload(1).replace("769.76", "1e999")), 400, true, "");
}

fn timestamp_that_is_no_date(scene: &mut Scene) {
    scene.refused(&post(&payload(1).replace("2026-03-01T14", "2026-02-30T14")), 400, true, "timestamp");
}

fn duplicate_key(scene: &mut Scene) {
    scene.refused(&post(&payload(1).replacen(r#"{"id""#, r#"{"last_transaction":null,"id""#, 1)), 400, true, "last");
    scene.refused(
        &post(&payload(1).replacen(r#"{"id""#, r#"{"x":{"y":[{"z":1,"z":2}]},"id""#, 1)),
        400,
        true,
        "duplicate",
    );
}

fn no_such_path(scene: &mut Scene) {
    scene.refused(&post(&payload(1)).replace("/fraud-score", "/fraud"), 404, true, "/fraud-score");
    scene.refused("GET / HTTP/1.1\r\nHost: test\r\n\r\n", 404, true, "/ready");
}

fn other_method_on_a_known_path(scene: &mut Scene) {
    let answer = scene.refused(&post(&payload(1)).replace("POST", "PUT"), 405, true, "POST");
    assert!(answer.contains("Allow: POST\r\n"));
    let answer = scene.refused(&READY.replace("GET", "DELETE"), 405, true, "GET");
    assert!(answer.contains("Allow: GET, HEAD\r\n"));
}

fn head_not_finished_in_time(scene: &mut Scene) {
    let mut client = scene.server.connect();
    let answer = client.ask("POST /fraud-score HTTP/1.1\r\nHost: te");
    assert_eq!((answer.status, answer.closes()), (408, true));
    client.must_be_closed();
    assert_eq!(scene.neighbour.ask(READY).status, 200);
}

fn body_not_finished_in_time(scene: &mut Scene) {
    let mut client = scene.server.connect();
    let answer = client.ask(&post(&payload(1))[..200]);
    assert_eq!((answer.status, answer.closes()), (408, true));
    assert!(answer.body.contains("body"));
    client.must_be_closed();
    assert_eq!(scene.neighbour.ask(READY).status, 200);
}

fn body_over_the_limit(scene: &mut Scene) {
    scene.refused(&post(&"x".repeat(65_537)), 413, false, "body");
    scene.refused(&chunked(&format!("10001\r\n{}\r\n0\r\n\r\n", "x".repeat(65_537))), 413, false, "body");
    // Far more than any buffer on the way holds: the answer must survive what is still being sent.
    let mut client = scene.server.connect();
    let _ = client.try_send(post(&"x".repeat(8 << 20)));
    assert_eq!(client.answer().status, 413);
    assert_eq!(scene.neighbour.ask(READY).status, 200);
}

fn head_over_the_limit(scene: &mut Scene) {
    scene.refused(&head(&format!("X: {}\r\n", "x".repeat(8_192))), 431, false, "limit");
    scene.refused(&format!("GET /{} HTTP/1.1\r\nHost: test\r\n\r\n", "x".repeat(9_000)), 431, false, "limit");
}

fn content_length_beside_transfer_encoding(scene: &mut Scene) {
    scene.refused(&head("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400, false, "both");
}

fn two_differing_content_lengths(scene: &mut Scene) {
    scene.refused(&head("Content-Length: 5\r\nContent-Length: 6\r\n"), 400, false, "differing");
}

fn bad_chunk(scene: &mut Scene) {
    scene.refused(&chunked("5x\r\nhello\r\n"), 400, false, "chunk");
    scene.refused(&chunked("5\r\nhello world\r\n"), 400, false, "chunk");
}

fn space_before_the_colon(scene: &mut Scene) {
    scene.refused(&head("Content-Length : 5\r\n"), 400, false, "header");
}

fn bare_cr_and_lf(scene: &mut Scene) {
    scene.refused("GET /ready HTTP/1.1\nHost: test\n\n", 400, false, "");
    scene.refused(&head("X: a\rY: b\r\n"), 400, false, "");
    scene.refused(&head("X: a\n folded\r\n"), 400, false, "");
}

fn other_transfer_coding(scene: &mut Scene) {
    scene.refused(&head("Transfer-Encoding: gzip, chunked\r\n"), 501, false, "chunked");
}

fn other_http_version(scene: &mut Scene) {
    scene.refused("GET /ready HTTP/2.0\r\nHost: test\r\n\r\n", 505, false, "HTTP/1.1");
    scene.refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, false, "HTTP/1.1");
}

fn http_1_1_without_host(scene: &mut Scene) {
    scene.refused(&post(&payload(1)).replace("Host: test\r\n", ""), 400, true, "Host");
}

fn invalid_host(scene: &mut Scene) {
    scene.refused(&post(&payload(1)).replace("Host: test", "Host: a b/c@d"), 400, true, "host");
    scene.refused(&post(&payload(1)).replace("/fraud-score", "http:///fraud-score"), 400, true, "host");
    for target in ["://c/fraud-score", "a?b://c/fraud-score"] {
        scene.refused(&post(&payload(1)).replace("/fraud-score", target), 404, true, "/fraud-score");
    }
}

/// haproxy reads it as 0, and would send the body on as a request of its own.
fn length_of_two_to_the_64(scene: &mut Scene) {
    let smuggled = format!("{}{READY}", head("Content-Length: 18446744073709551616\r\n"));
    scene.refused(&smuggled, 413, false, "body");
}

macro_rules! table {
    ($($setup:ident: $listen:expr, $sandbox:expr;)*) => {$(
        mod $setup {
            use super::*;
            table!(@rows $listen, $sandbox,
                body_that_is_not_json, field_missing, field_of_the_wrong_type, number_not_finite,
                timestamp_that_is_no_date, duplicate_key, no_such_path, other_method_on_a_known_path,
                head_not_finished_in_time, body_not_finished_in_time, body_over_the_limit, head_over_the_limit,
                content_length_beside_transfer_encoding, two_differing_content_lengths, bad_chunk,
                space_before_the_colon, bare_cr_and_lf, other_transfer_coding, other_http_version,
                http_1_1_without_host, invalid_host, length_of_two_to_the_64);
        }
    )*};
    (@rows $listen:expr, $sandbox:expr, $($row:ident),*) => {$(
        #[test]
        fn $row() {
            super::$row(&mut Scene::new($listen, $sandbox));
        }
    )*};
}

table! {
    unix_io_uring: Listen::Unix, Sandbox::None;
    tcp_io_uring: Listen::Tcp, Sandbox::None;
    unix_epoll: Listen::Unix, Sandbox::NoIoUring;
    tcp_epoll: Listen::Tcp, Sandbox::NoIoUring;
}
