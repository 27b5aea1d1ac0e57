//! A client that sends exactly the bytes it is told to.

use super::PATIENCE;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

pub struct Client {
    stream: Box<dyn Stream>,
    unread: Vec<u8>,
}

/// One answer, checked to be whole.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Client {
    /// `unix:PATH` or `tcp:HOST:PORT`
    pub fn connect(address: &str) -> Self {
        Self::try_connect(address).unwrap()
    }

    pub fn try_connect(address: &str) -> io::Result<Self> {
        let stream: Box<dyn Stream> = match address.split_once(':').unwrap() {
            ("unix", path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                Box::new(stream)
            }
            (_, host) => {
                let stream = TcpStream::connect(host)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                stream.set_nodelay(true)?;
                Box::new(stream)
            }
        };
        Ok(Self { stream, unread: Vec::new() })
    }

    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// For bytes that the server may refuse to take.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref())
    }

    /// Reads one answer.
    #[track_caller]
    pub fn answer(&mut self) -> Answer {
        let head_bytes = loop {
            if let Some(end) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(self.read_more() > 0, "closed within a head: {:?}", String::from_utf8_lossy(&self.unread));
        };
        let head = String::from_utf8(self.unread.drain(..head_bytes).collect()).unwrap();
        let length =
            head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).map_or(0, |n| n.parse().unwrap());
        while self.unread.len() < length {
            assert!(self.read_more() > 0, "closed within a body after {head}");
        }
        let body = String::from_utf8(self.unread.drain(..length).collect()).unwrap();
        let answer = Answer { status: head[9..12].parse().unwrap(), head, body };
        answer.must_be_well_formed();
        answer
    }

    #[track_caller]
    pub fn ask(&mut self, request: impl AsRef<[u8]>) -> Answer {
        self.send(request);
        self.answer()
    }

    /// Nothing more comes, and the server closes.
    #[track_caller]
    pub fn must_be_closed(&mut self) {
        assert_eq!(self.read_more(), 0, "{:?}", String::from_utf8_lossy(&self.unread));
        assert!(self.unread.is_empty());
    }

    /// 0 at the end, however it came.
    fn read_more(&mut self) -> usize {
        let mut bytes = [0; 65536];
        match self.stream.read(&mut bytes) {
            Ok(count) => {
                self.unread.extend_from_slice(&bytes[..count]);
                count
            }
            // The loader's ring, used by this process before, interrupts its threads.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => self.read_more(),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => 0,
            Err(error) => panic!("nothing came: {error}"),
        }
    }
}

impl Answer {
    #[track_caller]
    fn must_be_well_formed(&self) {
        assert!(self.head.starts_with("HTTP/1.1 "), "{}", self.head);
        if self.status >= 400 {
            assert!(self.head.contains("Content-Type: application/problem+json\r\n"), "{}", self.head);
            let problem: serde_json::Value = serde_json::from_str(&self.body).unwrap();
            assert_eq!(problem["status"], self.status);
            assert!(problem["title"].is_string() && !problem["detail"].as_str().unwrap().is_empty());
        }
    }

    pub fn closes(&self) -> bool {
        self.head.contains("Connection: close\r\n")
    }
}
