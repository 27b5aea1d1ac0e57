//! One question to a server, waited for: what is asked outside a run.

use crate::response::{Received, receive};
use crate::target::Endpoint;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Longest answer to a question for its status, head and body together.
const ANSWER_BYTES: usize = 8192;

/// What is asked, on a connection of its own.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The target, beginning with `/`.
    pub path: &'a str,
    /// Sent with its length if it is not empty.
    pub body: &'a [u8],
    /// Longest answer, head and body together.
    pub answer_bytes: usize,
    /// For connecting, and for each read and write.
    pub timeout: Duration,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeAnswer {
    /// Its status code.
    pub status: u16,
    /// Its body, without a chunked coding.
    pub body: Vec<u8>,
}

/// Status of the answer to `GET path`, on a connection of its own.
///
/// # Errors
/// No connection, or no whole answer of at most 8 KiB; connecting and each read and write may take `timeout`.
pub fn get_status(endpoint: &Endpoint, path: &str, timeout: Duration) -> io::Result<u16> {
    let question = Question { method: "GET", path, body: b"", answer_bytes: ANSWER_BYTES, timeout };
    Ok(ask(endpoint, &question)?.status)
}

/// The answer to a question.
///
/// # Errors
/// No connection, or no whole answer within the question's limits.
pub fn ask(endpoint: &Endpoint, question: &Question<'_>) -> io::Result<WholeAnswer> {
    let timeout = question.timeout;
    match endpoint {
        Endpoint::Unix(socket) => {
            let stream = UnixStream::connect(socket)?;
            stream.set_read_timeout(Some(timeout))?;
            stream.set_write_timeout(Some(timeout))?;
            ask_on(stream, question)
        }
        Endpoint::Tcp(address) => {
            let stream = TcpStream::connect_timeout(address, timeout)?;
            stream.set_read_timeout(Some(timeout))?;
            stream.set_write_timeout(Some(timeout))?;
            ask_on(stream, question)
        }
    }
}

fn ask_on(mut stream: impl Read + Write, question: &Question<'_>) -> io::Result<WholeAnswer> {
    let Question { method, path, body, answer_bytes, .. } = *question;
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let head = format!("{method} {path} HTTP/1.1\r\nHost: fraudring\r\nConnection: close\r\n{length}\r\n");
    stream.write_all(&[head.as_bytes(), body].concat())?;
    let (mut received, mut unchunked) = (Vec::new(), Vec::new());
    let mut buffer = [0; ANSWER_BYTES];
    loop {
        let count = stream.read(&mut buffer)?;
        received.extend_from_slice(&buffer[..count]);
        match receive(&received, count == 0, &mut unchunked) {
            Received::Whole { status, body, .. } => return Ok(WholeAnswer { status, body: body.to_vec() }),
            Received::Part if received.len() < answer_bytes => {}
            Received::Part | Received::Broken => return Err(ErrorKind::InvalidData.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    const TIMEOUT: Duration = Duration::from_secs(10);

    /// What a server that answers so was asked, and what the client made of it.
    fn asked(answer: &'static str) -> (String, io::Result<u16>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = Endpoint::Tcp(listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 1024];
            let read = stream.read(&mut head).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&head[..read]).into_owned()
        });
        let status = get_status(&endpoint, "/ready", TIMEOUT);
        (server.join().unwrap(), status)
    }

    #[test]
    fn the_status_is_that_of_the_whole_answer() {
        let (question, status) = asked("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        assert!(question.starts_with("GET /ready HTTP/1.1\r\n"), "{question}");
        assert_eq!(status.unwrap(), 200);
        assert_eq!(asked("HTTP/1.1 204 No Content\r\n\r\n").1.unwrap(), 204);
        assert_eq!(asked("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\r\nno").1.unwrap(), 503);
        assert_eq!(asked("HTTP/1.1 200 OK\r\n\r\n{}").1.unwrap(), 200);
    }

    #[test]
    fn half_an_answer_and_none_are_no_status() {
        for answer in
            ["", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", "no HTTP\r\n"]
        {
            assert!(asked(answer).1.is_err(), "{answer}");
        }
    }

    #[test]
    fn nobody_listening_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        assert!(get_status(&Endpoint::Tcp(address), "/ready", TIMEOUT).is_err());
        assert!(get_status(&Endpoint::Unix("/nowhere/server.sock".into()), "/ready", TIMEOUT).is_err());
    }
}
