use super::*;
use proptest::prelude::*;

const BODY: &str = r#"{"approved":true,"fraud_score":0.4}"#;

/// (status, body, stays open), or whether it was a part.
fn received(text: &str, ended: bool) -> Result<(u16, String, bool), bool> {
    match receive(text.as_bytes(), ended, &mut Vec::new()) {
        Received::Whole { status, body, stays_open } => Ok((status, String::from_utf8_lossy(body).into(), stays_open)),
        Received::Part => Err(true),
        Received::Broken => Err(false),
    }
}

#[test]
fn an_answer_with_a_length_ends_there() {
    let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{BODY}", BODY.len());
    assert_eq!(received(&text, false), Ok((200, BODY.into(), true)));
    for end in 0..text.len() {
        assert_eq!(received(&text[..end], false), Err(true), "{end}");
        assert_eq!(received(&text[..end], true), Err(false), "{end}");
    }
    assert_eq!(received(&(text + "x"), false), Err(false));
}

#[test]
fn a_chunked_answer_is_joined() {
    let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
    assert_eq!(received(text, false), Ok((200, "abcde".into(), true)));
    for end in 0..text.len() {
        assert_eq!(received(&text[..end], false), Err(true), "{end}");
    }
    assert_eq!(received(&(text.to_owned() + "x"), false), Err(false));
    assert_eq!(received("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", false), Err(false));
    let huge = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabcd";
    assert_eq!(received(huge, false), Err(true));
}

#[test]
fn without_a_length_the_answer_ends_with_the_connection() {
    let text = "HTTP/1.1 502 Bad Gateway\r\n\r\nsorry";
    assert_eq!(received(text, false), Err(true));
    assert_eq!(received(text, true), Ok((502, "sorry".into(), false)));
}

#[test]
fn the_connection_field_and_the_version_tell_whether_it_stays_open() {
    let stays = |version: &str, field: &str| {
        received(&format!("HTTP/{version} 200 OK\r\nContent-Length: 0\r\n{field}\r\n"), false).unwrap().2
    };
    assert!(stays("1.1", ""));
    assert!(!stays("1.1", "Connection: close\r\n"));
    assert!(!stays("1.1", "connection: Keep-Alive, Close\r\n"));
    assert!(!stays("1.0", ""));
    assert!(stays("1.0", "Connection: keep-alive\r\n"));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), ended: bool) {
        receive(&bytes, ended, &mut Vec::new());
        let chunked = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", &bytes[..]].concat();
        receive(&chunked, ended, &mut Vec::new());
    }
}
