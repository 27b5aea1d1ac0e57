//! Asks one part of the system whether it can answer: `GET /ready`.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// For one question; a part that takes longer is asked again.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Longest answer read.
const ANSWER_LIMIT_BYTES: u64 = 8 * 1024;

/// Where a part answers.
#[derive(Clone, Debug)]
pub enum Endpoint {
    /// A unix socket.
    Unix(PathBuf),
    /// A TCP address.
    Tcp(SocketAddr),
}

/// The body of a 2xx answer; `None` while there is no such answer.
pub fn ready(endpoint: &Endpoint) -> Option<String> {
    let answer = match endpoint {
        Endpoint::Unix(path) => UnixStream::connect(path).and_then(|stream| {
            stream.set_read_timeout(Some(TIMEOUT))?;
            stream.set_write_timeout(Some(TIMEOUT))?;
            ask(stream)
        }),
        Endpoint::Tcp(address) => TcpStream::connect_timeout(address, TIMEOUT).and_then(|stream| {
            stream.set_read_timeout(Some(TIMEOUT))?;
            stream.set_write_timeout(Some(TIMEOUT))?;
            ask(stream)
        }),
    };
    body_of_success(&answer.ok()?)
}

fn ask(mut stream: impl Read + Write) -> io::Result<String> {
    stream.write_all(b"GET /ready HTTP/1.1\r\nHost: fraudring\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(ANSWER_LIMIT_BYTES).read_to_string(&mut answer)?;
    Ok(answer)
}

fn body_of_success(answer: &str) -> Option<String> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?;
    (status.len() == 3 && status.starts_with('2')).then(|| body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn only_a_complete_2xx_answer_means_ready() {
        assert_eq!(body_of_success("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").as_deref(), Some("ok"));
        assert_eq!(body_of_success("HTTP/1.1 204 No Content\r\n\r\n").as_deref(), Some(""));
        assert_eq!(body_of_success("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\r\nno"), None);
        assert_eq!(body_of_success("HTTP/1.1 200 OK\r\nContent-Le"), None);
        assert_eq!(body_of_success(""), None);
    }

    #[test]
    fn an_endpoint_without_listener_is_not_ready() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        assert_eq!(ready(&Endpoint::Tcp(address)), None);
        assert_eq!(ready(&Endpoint::Unix("/nowhere/server.sock".into())), None);
    }

    #[test]
    fn the_question_is_asked_and_the_body_returned() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 1024];
            let read = stream.read(&mut head).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n{}").unwrap();
            String::from_utf8_lossy(&head[..read]).into_owned()
        });
        assert_eq!(ready(&Endpoint::Tcp(address)).as_deref(), Some("{}"));
        assert!(server.join().unwrap().starts_with("GET /ready HTTP/1.1\r\n"));
    }
}
