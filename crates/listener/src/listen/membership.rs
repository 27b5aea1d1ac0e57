//! How servers that share a port find out whether they serve the same index.
//!
//! Each sharer holds a name in the kernel's abstract namespace of Unix sockets, `fraudring-port-PORT-NUMBER` with the
//! lowest free number, and answers there with its address and its index's checksum. Names and ports have the same scope, the network
//! namespace; a name leaves no file and ends with its process. As each server answers for itself, no other has to take
//! over when one ends. Both sides check the other's user and ignore a different one.

use super::error::{PortError, Process};
use crate::limits;
use runtime::driver::{self, Socket};
use runtime::peer::{credentials, own_user};
use rustix::io::{Errno, retry_on_intr};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, Shutdown, SocketAddrUnix, SocketFlags, SocketType};
use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::UnixListener;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What every answer begins with; another form gets another number.
const GREETING: &str = "fraudring-1";

/// Held while a server looks whether it may listen on a port, so that those that start at once do it in turn.
pub struct Turn {
    _name: UnixListener,
}

impl Turn {
    /// Waits for those that came first.
    pub fn take(port: u16) -> Result<Self, PortError> {
        let end = Instant::now() + Duration::from_millis(limits::TURN_WAIT_MS);
        loop {
            match hold(&format!("fraudring-port-{port}-starting")) {
                Ok(name) => return Ok(Self { _name: name }),
                Err(error) if error.kind() != io::ErrorKind::AddrInUse => return Err(error.into()),
                Err(_) if Instant::now() >= end => return Err(PortError::NoTurn { port }),
                Err(_) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }
}

/// The name that a server holds among those that share its port. Dropping it shuts the socket down, so that it no
/// longer answers even while a ring still holds it open.
#[derive(Debug)]
pub struct Membership {
    name: UnixListener,
    announcement: Announcement,
}

/// What a member answers: its address and its index. It changes with the index.
#[derive(Clone, Debug)]
pub struct Announcement {
    address: SocketAddr,
    answer: Rc<RefCell<String>>,
}

impl Announcement {
    fn new(address: SocketAddr, index: &str) -> Self {
        let announcement = Self { address, answer: Rc::default() };
        announcement.change(index);
        announcement
    }

    /// From now on siblings get this index as the answer.
    pub fn change(&self, index: &str) {
        *self.answer.borrow_mut() = format!("{GREETING} {} {index}\n", self.address);
    }
}

impl Membership {
    /// Takes a name for a server that listens on `address`.
    ///
    /// # Errors
    ///
    /// The system refused a socket, or all names are taken.
    pub fn new(address: SocketAddr, index: &str) -> io::Result<Self> {
        for number in 0..limits::SHARERS {
            match hold(&member_name(address.port(), number)) {
                Ok(name) => return Ok(Self { name, announcement: Announcement::new(address, index) }),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other(format!("{} servers share the port already", limits::SHARERS)))
    }

    /// What it answers, to change it.
    pub fn announcement(&self) -> Announcement {
        self.announcement.clone()
    }

    /// Answers siblings until the membership is dropped. To be called on the running driver.
    ///
    /// # Errors
    ///
    /// The driver cannot register the socket.
    pub fn answering(&self) -> io::Result<impl Future<Output = ()> + use<>> {
        let name = Socket::new(OwnedFd::from(self.name.try_clone()?))?;
        let Announcement { answer, .. } = self.announcement.clone();
        Ok(async move {
            loop {
                // An error of the wait shows in the accept.
                let _ = name.readable().await;
                let answered = answer_one(&name, &answer.borrow());
                match answered {
                    // Servers start rarely. The pause keeps a client that asks without end from delaying requests.
                    Ok(()) => driver::sleep(1).await,
                    Err(Errno::INVAL) => return, // the membership was dropped
                    Err(_) => driver::sleep(limits::ACCEPT_BACKOFF_MS).await,
                }
            }
        })
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        // Fails only for what is no listener.
        let _ = rustix::net::shutdown(&self.name, Shutdown::Both);
    }
}

/// Whether a server of this user listens on `address` with the same `index`, and none with another.
pub fn confirm(address: SocketAddr, index: &str, patience: Duration) -> Result<(), PortError> {
    let mut is_confirmed = false;
    let mut elsewhere = None;
    for number in 0..limits::SHARERS {
        let Some(sibling) = ask(address.port(), number, patience)? else { continue };
        if sibling.address != address.to_string() {
            elsewhere = Some(sibling);
        } else if sibling.index == index {
            is_confirmed = true;
        } else {
            let (theirs, ours) = (sibling.index, index.to_owned());
            return Err(PortError::OtherIndex { address, theirs, process: sibling.process, ours });
        }
    }
    match elsewhere {
        _ if is_confirmed => Ok(()),
        Some(Sibling { address: theirs, process, .. }) => Err(PortError::OtherAddress { address, theirs, process }),
        None => Err(PortError::NotShared(address)),
    }
}

struct Sibling {
    address: String,
    index: String,
    process: Process,
}

/// `None` if nobody of this user holds the name, or the holder has just ended.
fn ask(port: u16, number: usize, patience: Duration) -> Result<Option<Sibling>, PortError> {
    let name = SocketAddrUnix::new_abstract_name(member_name(port, number).as_bytes()).map_err(io::Error::from)?;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
        .map_err(io::Error::from)?;
    for direction in [Timeout::Send, Timeout::Recv] {
        set_socket_timeout(&socket, direction, Some(patience)).map_err(io::Error::from)?;
    }
    // What a ring has left to do for this thread interrupts its waits.
    match retry_on_intr(|| rustix::net::connect(&socket, &name)) {
        Ok(()) => {}
        Err(Errno::CONNREFUSED) => return Ok(None),
        Err(Errno::AGAIN) => return Err(PortError::NoAnswer { port, process: Process(0) }),
        Err(error) => return Err(io::Error::from(error).into()),
    }
    let holder = credentials(&socket)?;
    if holder.uid() != own_user() {
        return Ok(None);
    }
    let mut bytes = [0; 256];
    let received = match retry_on_intr(|| rustix::net::recv(&socket, &mut bytes, RecvFlags::empty())) {
        Ok((0, _)) | Err(Errno::CONNRESET) => return Ok(None),
        Ok((count, _)) => std::str::from_utf8(&bytes[..count]).unwrap_or_default(),
        Err(_) => "",
    };
    let mut words = received.strip_suffix('\n').unwrap_or_default().split(' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(GREETING), Some(address), Some(index), None) => {
            Ok(Some(Sibling { address: address.to_owned(), index: index.to_owned(), process: Process(holder.pid()) }))
        }
        _ => Err(PortError::NoAnswer { port, process: Process(holder.pid()) }),
    }
}

fn answer_one(name: &Socket, answer: &str) -> Result<(), Errno> {
    // Not registered with the driver: nothing has to be waited for, and nothing is allocated.
    let asking = rustix::net::accept_with(name, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC)?;
    if credentials(&asking).is_ok_and(|peer| peer.uid() == own_user()) {
        // The answer fits the socket's buffer; a peer that has gone misses it.
        let _ = rustix::net::send(&asking, answer.as_bytes(), SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
    }
    Ok(())
}

fn hold(name: &str) -> io::Result<UnixListener> {
    UnixListener::bind_addr(&std::os::unix::net::SocketAddr::from_abstract_name(name)?)
}

fn member_name(port: u16, number: usize) -> String {
    format!("fraudring-port-{port}-{number}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::thread::JoinHandle;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// A port that nobody else has, for as long as the listener lives.
    fn place() -> (std::net::TcpListener, SocketAddr) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// Answers whoever asks next, and then lets the name go.
    fn answer_with(port: u16, number: usize, answer: String) -> JoinHandle<()> {
        let name = hold(&member_name(port, number)).unwrap();
        std::thread::spawn(move || {
            // Whoever does not believe the answer does not wait for it.
            let _ = name.accept().unwrap().0.write_all(answer.as_bytes());
        })
    }

    #[test]
    fn one_sibling_with_the_same_index_is_enough_and_one_with_another_is_too_many() {
        let (_listener, address) = place();
        assert!(matches!(confirm(address, "a", PATIENCE), Err(PortError::NotShared(_))));
        let asked = answer_with(address.port(), 3, format!("{GREETING} {address} a\n"));
        confirm(address, "a", PATIENCE).unwrap();
        asked.join().unwrap();
        answer_with(address.port(), 0, format!("{GREETING} {address} a\n"));
        answer_with(address.port(), limits::SHARERS - 1, format!("{GREETING} {address} b\n"));
        let error = confirm(address, "a", PATIENCE).unwrap_err().to_string();
        assert!(error.contains("another index (b,") && error.contains(&std::process::id().to_string()), "{error}");
    }

    #[test]
    fn a_sibling_at_another_address_is_named() {
        let (_listener, address) = place();
        let other = format!("0.0.0.0:{}", address.port());
        answer_with(address.port(), 0, format!("{GREETING} {other} a\n"));
        let error = confirm(address, "a", PATIENCE).unwrap_err().to_string();
        assert!(error.contains(&format!("shares tcp:{other}")), "{error}");
    }

    #[test]
    fn no_answer_and_a_strange_one_are_refused() {
        let (_listener, address) = place();
        let stopped = hold(&member_name(address.port(), 0)).unwrap();
        let asked = confirm(address, "a", Duration::from_millis(50));
        assert!(matches!(asked, Err(PortError::NoAnswer { .. })), "{asked:?}");
        drop(stopped);
        for strange in ["\n".into(), format!("{GREETING} {address} a"), format!("fraudring-2 {address} a\n")] {
            let answering = answer_with(address.port(), 0, strange);
            let asked = confirm(address, "a", PATIENCE);
            assert!(matches!(asked, Err(PortError::NoAnswer { .. })), "{asked:?}");
            answering.join().unwrap();
        }
    }

    #[test]
    fn a_member_that_left_is_not_waited_for_though_its_socket_is_still_open() {
        let (_listener, address) = place();
        let membership = Membership::new(address, "b").unwrap();
        let _held_by_a_ring = membership.name.try_clone().unwrap();
        drop(membership);
        assert!(matches!(confirm(address, "a", PATIENCE), Err(PortError::NotShared(_))));
        let next = Membership::new(address, "a").unwrap();
        assert_eq!(*next.announcement.answer.borrow(), format!("{GREETING} {address} a\n"));
    }

    /// Whoever holds a name first is asked, so it must not matter who.
    #[test]
    fn another_user_is_not_believed() {
        use rustix::thread::{Uid, set_thread_res_uid};
        if own_user() != 0 {
            eprintln!("skipped: only root can take the part of another user");
            return;
        }
        let (_listener, address) = place();
        let held = std::thread::spawn(move || {
            // Of this thread alone.
            let nobody = Uid::from_raw(65_534);
            set_thread_res_uid(nobody, nobody, nobody).unwrap();
            answer_with(address.port(), 0, format!("{GREETING} {address} a\n"))
        });
        let answering = held.join().unwrap();
        assert!(matches!(confirm(address, "a", PATIENCE), Err(PortError::NotShared(_))));
        answering.join().unwrap();
    }

    #[test]
    fn turns_are_taken_one_after_the_other() {
        let (_listener, address) = place();
        let first = Turn::take(address.port()).unwrap();
        let waiting = std::thread::spawn(move || Turn::take(address.port()).map(drop));
        std::thread::sleep(Duration::from_millis(30));
        assert!(!waiting.is_finished(), "the first has not ended its turn");
        drop(first);
        waiting.join().unwrap().unwrap();
    }
}
