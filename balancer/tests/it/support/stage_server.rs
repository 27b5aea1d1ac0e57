//! A server that does what a test tells it: answers each line with its name, stands still, wakes up, stops, is gone.

use handoff::{Handed, Lease, Page, Report, Standing};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use testkit::wait::{PATIENCE, comes_true};

/// A server in a thread; gone when dropped.
pub struct StageServer {
    told: Arc<Told>,
    thread: Option<JoinHandle<()>>,
}

/// What it was told, and what it tells.
#[derive(Default)]
struct Told {
    /// Everything ends at once.
    ends: AtomicBool,
    /// Nothing is done, and no sign of life given.
    stands_still: AtomicBool,
    /// It reads, and does not answer.
    keeps_silent: AtomicBool,
    /// It takes nothing that is handed over.
    refuses: AtomicBool,
    standing: AtomicU64,
    /// Added to what it reports.
    further_open: AtomicU64,
    open: AtomicUsize,
    /// Connections that it found revoked.
    revoked: AtomicUsize,
    /// Those that it has read of and not answered.
    taken: AtomicUsize,
}

struct Session {
    stream: TcpStream,
    lease: Lease,
    is_taken: bool,
}

impl StageServer {
    pub fn start(name: &str, path: &Path) -> Self {
        let _ = std::fs::remove_file(path);
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let listener = rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).unwrap();
        rustix::net::bind(&listener, &SocketAddrUnix::new(path).unwrap()).unwrap();
        rustix::net::listen(&listener, 8).unwrap();
        let told = Arc::new(Told::default());
        told.standing.store(Standing::Ready as u64, Ordering::SeqCst);
        let (name, its) = (format!("{name}\n"), told.clone());
        let thread = std::thread::spawn(move || serve(&name, &listener, &its));
        Self { told, thread: Some(thread) }
    }

    pub fn stand_still(&self, stands_still: bool) {
        self.told.stands_still.store(stands_still, Ordering::SeqCst);
        // the turn that is under way
        std::thread::sleep(Duration::from_millis(20));
    }

    pub fn keep_silent(&self) {
        self.told.keeps_silent.store(true, Ordering::SeqCst);
    }

    pub fn refuse(&self) {
        self.told.refuses.store(true, Ordering::SeqCst);
    }

    pub fn stand(&self, standing: Standing) {
        self.told.standing.store(standing as u64, Ordering::SeqCst);
    }

    pub fn report_further_open(&self, connections: u64) {
        self.told.further_open.store(connections, Ordering::SeqCst);
    }

    #[track_caller]
    pub fn must_have(&self, open: usize) {
        let has = || self.told.open.load(Ordering::SeqCst) == open;
        assert!(comes_true(PATIENCE, has), "{} connections instead of {open}", self.open());
    }

    #[track_caller]
    pub fn must_have_taken(&self, taken: usize) {
        assert!(comes_true(PATIENCE, || self.told.taken.load(Ordering::SeqCst) == taken));
    }

    pub fn open(&self) -> usize {
        self.told.open.load(Ordering::SeqCst)
    }

    pub fn revoked(&self) -> usize {
        self.told.revoked.load(Ordering::SeqCst)
    }
}

impl Drop for StageServer {
    fn drop(&mut self) {
        self.told.ends.store(true, Ordering::SeqCst);
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || std::thread::panicking(), "the server failed");
    }
}

fn serve(name: &str, listener: &OwnedFd, told: &Told) {
    let mut channel: Option<OwnedFd> = None;
    let mut known: Option<(usize, Rc<Page>)> = None;
    let mut sessions: Vec<Session> = Vec::new();
    let mut beats = 0;
    while !told.ends.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(2));
        if told.stands_still.load(Ordering::SeqCst) {
            continue;
        }
        if let Ok(next) = rustix::net::accept_with(listener, SocketFlags::NONBLOCK) {
            (channel, known) = (Some(next), None);
        }
        match (&channel, &known) {
            (Some(channel), None) => {
                let hello = handoff::receive_hello(channel).unwrap();
                known = hello.map(|(number, page)| (number, Rc::new(page)));
            }
            (Some(channel), Some((number, page))) => {
                beats += 1;
                page.write_report(*number, report(told, beats));
                if !told.refuses.load(Ordering::SeqCst) {
                    take(channel, page, &mut sessions);
                }
            }
            (None, _) => {}
        }
        sessions.retain_mut(|session| session.turn(name, told));
        told.open.store(sessions.len(), Ordering::SeqCst);
        told.taken.store(sessions.iter().filter(|session| session.is_taken).count(), Ordering::SeqCst);
    }
}

fn report(told: &Told, beats: u64) -> Report {
    let standing = match told.standing.load(Ordering::SeqCst) {
        1 => Standing::Starting,
        2 => Standing::Ready,
        _ => Standing::Draining,
    };
    let open = told.open.load(Ordering::SeqCst) as u64 + told.further_open.load(Ordering::SeqCst);
    Report { beats, standing, open }
}

fn take(channel: &OwnedFd, page: &Rc<Page>, sessions: &mut Vec<Session>) {
    let mut room = [0; 16];
    while let Ok(Some((length @ 1.., Some(socket)))) = handoff::receive(channel, &mut room) {
        let handed = Handed::from_bytes(&room[..length]).unwrap();
        if let Some(lease) = Lease::begin(page.clone(), handed) {
            let stream = TcpStream::from(socket);
            stream.set_nonblocking(true).unwrap();
            sessions.push(Session { stream, lease, is_taken: false });
        }
    }
}

impl Session {
    /// False if it is over.
    fn turn(&mut self, name: &str, told: &Told) -> bool {
        if !self.lease.take() {
            told.revoked.fetch_add(1, Ordering::SeqCst);
            return false;
        }
        let mut room = [0; 1024];
        match self.stream.read(&mut room) {
            Ok(0) => {
                let _ = self.stream.shutdown(std::net::Shutdown::Both);
                return false;
            }
            Ok(count) => self.is_taken = !self.answer(&room[..count], name, told),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return false,
        }
        if !self.is_taken {
            self.lease.rest();
        }
        true
    }

    /// Whether nothing is left to be answered.
    fn answer(&mut self, bytes: &[u8], name: &str, told: &Told) -> bool {
        if told.keeps_silent.load(Ordering::SeqCst) {
            return false;
        }
        for _ in bytes.iter().filter(|&&byte| byte == b'\n') {
            self.stream.write_all(name.as_bytes()).unwrap();
        }
        bytes.ends_with(b"\n")
    }
}
