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

/// True if the answer is a 2xx.
pub fn ready(endpoint: &Endpoint) -> bool {
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
    answer.is_ok_and(|answer| is_success(&answer))
}

fn ask(mut stream: impl Read + Write) -> io::Result<String> {
    stream.write_all(b"GET /ready HTTP/1.1\r\nHost: fraudring\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(ANSWER_LIMIT_BYTES).read_to_string(&mut answer)?;
    Ok(answer)
}

fn is_success(answer: &str) -> bool {
    let status = answer.split_once("\r\n\r\n").and_then(|(head, _)| head.split(' ').nth(1));
    status.is_some_and(|status| status.len() == 3 && status.starts_with('2'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn only_a_complete_2xx_answer_means_ready() {
        assert!(is_success("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
        assert!(is_success("HTTP/1.1 204 No Content\r\n\r\n"));
        assert!(!is_success("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\r\nno"));
        assert!(!is_success("HTTP/1.1 200 OK\r\nContent-Le"));
        assert!(!is_success(""));
    }

    #[test]
    fn an_endpoint_without_listener_is_not_ready() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        assert!(!ready(&Endpoint::Tcp(address)));
        assert!(!ready(&Endpoint::Unix("/nowhere/server.sock".into())));
    }

    #[test]
    fn the_question_is_asked_for_ready() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 1024];
            let read = stream.read(&mut head).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n{}").unwrap();
            String::from_utf8_lossy(&head[..read]).into_owned()
        });
        assert!(ready(&Endpoint::Tcp(address)));
        assert!(server.join().unwrap().starts_with("GET /ready HTTP/1.1\r\n"));
    }
}
