//! An HTTP client that sends exactly the bytes it is told to.

use crate::wait::PATIENCE;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// A connected socket of either family.
pub trait Stream: Read + Write + Send {
    /// The same socket once more.
    fn again(&self) -> Box<dyn Stream>;
    /// Nothing more will be sent.
    fn shutdown_write(&mut self);
    /// How long a write may take.
    fn limit_writing(&self, time: Duration);
}

impl Stream for TcpStream {
    fn again(&self) -> Box<dyn Stream> {
        Box::new(self.try_clone().unwrap())
    }

    fn shutdown_write(&mut self) {
        // The server may have closed already.
        let _ = self.shutdown(Shutdown::Write);
    }

    fn limit_writing(&self, time: Duration) {
        self.set_write_timeout(Some(time)).unwrap();
    }
}

impl Stream for UnixStream {
    fn again(&self) -> Box<dyn Stream> {
        Box::new(self.try_clone().unwrap())
    }

    fn shutdown_write(&mut self) {
        // The server may have closed already.
        let _ = self.shutdown(Shutdown::Write);
    }

    fn limit_writing(&self, time: Duration) {
        self.set_write_timeout(Some(time)).unwrap();
    }
}

/// A connection to a server; nothing is sent or read that a test does not ask for.
///
/// # Panics
///
/// Whatever a socket fails to do within [`PATIENCE`] and no method returns as an error fails the test.
pub struct Client {
    stream: Box<dyn Stream>,
    unread: Vec<u8>,
}

/// One answer, checked to be whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Of the status line.
    pub status: u16,
    /// All lines before the body, with the empty one.
    pub head: String,
    /// Without its framing.
    pub body: String,
}

impl Client {
    /// To `unix:PATH` or `tcp:HOST:PORT`.
    pub fn connect(address: &str) -> Self {
        Self::try_connect(address).unwrap()
    }

    /// [`connect`](Self::connect) to a server that may not be there.
    ///
    /// # Errors
    ///
    /// Nobody listens, or the kernel has no socket left.
    pub fn try_connect(address: &str) -> io::Result<Self> {
        let stream: Box<dyn Stream> = match address.split_once(':').unwrap() {
            ("unix", path) => return Self::over(UnixStream::connect(path)?),
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

    /// Over a socket that is connected already.
    ///
    /// # Errors
    ///
    /// The kernel refuses a time-out.
    pub fn over(stream: UnixStream) -> io::Result<Self> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream: Box::new(stream), unread: Vec::new() })
    }

    /// Sends all of it.
    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Both directions by themselves, for a thread each.
    pub fn split(self) -> (Box<dyn Stream>, Box<dyn Stream>) {
        (self.stream.again(), self.stream)
    }

    /// Sends bytes that the server may refuse to take.
    ///
    /// # Errors
    ///
    /// It has closed.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref())
    }

    /// Reads one answer.
    #[track_caller]
    pub fn answer(&mut self) -> Answer {
        let answer = self.answer_with(body_bytes);
        answer.must_be_well_formed();
        answer
    }

    /// Reads one answer, and throws `100 Continue` before it away.
    #[track_caller]
    pub fn final_answer(&mut self) -> Answer {
        match self.answer() {
            Answer { status: 100, .. } => self.answer(),
            answer => answer,
        }
    }

    /// Reads the answer to HEAD, which has no body whatever its fields say.
    #[track_caller]
    pub fn answer_to_head(&mut self) -> Answer {
        self.answer_with(|_| 0)
    }

    /// Reads one answer of any form, if another comes before the other side closes.
    #[track_caller]
    pub fn next_answer(&mut self, is_to_head: bool) -> Option<Answer> {
        if self.unread.is_empty() && self.read_more() == 0 {
            return None;
        }
        Some(self.answer_with(|head| if is_to_head { 0 } else { body_bytes(head) }))
    }

    /// Sends what the server takes in that time.
    pub fn send_within(&mut self, bytes: impl AsRef<[u8]>, time: Duration) {
        self.stream.limit_writing(time);
        let _ = self.stream.write_all(bytes.as_ref());
        self.stream.limit_writing(PATIENCE);
    }

    /// Nothing more will be sent.
    pub fn end_output(&mut self) {
        self.stream.shutdown_write();
    }

    #[track_caller]
    fn answer_with(&mut self, body_bytes: impl Fn(&str) -> usize) -> Answer {
        let head_bytes = loop {
            if let Some(end) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(self.read_more() > 0, "closed within a head: {:?}", String::from_utf8_lossy(&self.unread));
        };
        let head = String::from_utf8(self.unread.drain(..head_bytes).collect()).unwrap();
        let length = body_bytes(&head);
        while self.unread.len() < length {
            assert!(self.read_more() > 0, "closed within a body after {head}");
        }
        let body = String::from_utf8(self.unread.drain(..length).collect()).unwrap();
        Answer { status: head[9..12].parse().unwrap(), head, body }
    }

    /// Sends a request and reads its answer.
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
            assert_eq!(field(&self.head, "Content-Type"), Some("application/problem+json"), "{}", self.head);
            let problem: serde_json::Value = serde_json::from_str(&self.body).unwrap();
            assert_eq!(problem["status"], self.status);
            assert!(problem["title"].is_string() && !problem["detail"].as_str().unwrap().is_empty());
        }
    }

    /// In the form of RFC 9457.
    pub fn is_problem(&self) -> bool {
        field(&self.head, "Content-Type") == Some("application/problem+json")
    }

    /// Whether it is the connection's last.
    pub fn closes(&self) -> bool {
        field(&self.head, "Connection") == Some("close")
    }
}

fn body_bytes(head: &str) -> usize {
    field(head, "Content-Length").map_or(0, |length| length.parse().unwrap())
}

/// The value of a field; a balancer may write its name in small letters.
fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
