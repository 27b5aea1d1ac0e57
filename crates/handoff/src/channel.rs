//! Messages with a descriptor each, over `SEQPACKET` sockets. No call waits.

use crate::message::{HELLO_BYTES, Hello};
use crate::page::{Page, SERVERS};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags, SocketType,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

/// Connects to the server that listens at `path`. A server whose queue is full has not the time: `WouldBlock`.
///
/// # Errors
///
/// Nobody listens there, or another user does.
pub fn connect(path: &Path) -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
    rustix::net::connect(&socket, &SocketAddrUnix::new(path)?)?;
    if !runtime::peer::is_own_or_root(&socket)? && !runtime::peer::is_root() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "another user's process listens there"));
    }
    Ok(socket)
}

/// Sends a message with a descriptor; false if the receiver has no room for it now.
///
/// # Errors
///
/// The receiver is gone, or the kernel refuses: more descriptors are on their way than a process may have.
pub fn send(channel: impl AsFd, message: &[u8], descriptor: BorrowedFd<'_>) -> io::Result<bool> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let descriptors = [descriptor];
    let fits = control.push(SendAncillaryMessage::ScmRights(&descriptors));
    debug_assert!(fits, "the space is made for it");
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    match rustix::net::sendmsg(channel, &[IoSlice::new(message)], &mut control, flags) {
        Ok(_) => Ok(true),
        Err(Errno::WOULDBLOCK | Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Takes one message, its length and its descriptor; `None` if none is there. A length of 0 is the end. A message has no
/// descriptor if none came with it, or if this process may have no more.
///
/// # Errors
///
/// The message does not fit `room`, or what the kernel says.
pub fn receive(channel: impl AsFd, room: &mut [u8]) -> io::Result<Option<(usize, Option<OwnedFd>)>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let received = match rustix::net::recvmsg(channel, &mut [IoSliceMut::new(room)], &mut control, flags) {
        Ok(received) => received,
        Err(Errno::WOULDBLOCK | Errno::INTR) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut descriptor = None;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(mut descriptors) = message {
            descriptor = descriptors.next();
        }
    }
    if received.flags.contains(ReturnFlags::TRUNC) {
        return Err(io::Error::other("a message was too long"));
    }
    Ok(Some((received.bytes, descriptor)))
}

/// Takes a balancer's first message: which report is this server's, and the page. `None` if it is not there yet.
///
/// # Errors
///
/// It is something else, or the page is not what it promises.
pub fn receive_hello(channel: impl AsFd) -> io::Result<Option<(usize, Page)>> {
    let mut room = [0; HELLO_BYTES];
    let Some((length, file)) = receive(channel, &mut room)? else { return Ok(None) };
    let (Some(hello), Some(file)) = (Hello::from_bytes(&room[..length]), file) else {
        return Err(io::Error::other("it does not speak as a balancer of this version does"));
    };
    let page = Page::open(file, hello.connections).map_err(io::Error::other)?;
    if hello.server as usize >= SERVERS {
        return Err(io::Error::other("it has more servers than a page has room for"));
    }
    Ok(Some((hello.server as usize, page)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    fn pair() -> (OwnedFd, OwnedFd) {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).unwrap()
    }

    #[test]
    fn a_descriptor_arrives_with_its_message() {
        let (near, far) = pair();
        let mut room = [0; 16];
        assert!(receive(&far, &mut room).unwrap().is_none());
        let (mut client, served) = UnixStream::pair().unwrap();
        assert!(send(&near, b"one", served.as_fd()).unwrap());
        drop(served);
        let (length, descriptor) = receive(&far, &mut room).unwrap().unwrap();
        assert_eq!(&room[..length], b"one");
        UnixStream::from(descriptor.unwrap()).write_all(b"hello").unwrap();
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
        drop(near);
        assert!(matches!(receive(&far, &mut room).unwrap(), Some((0, None))));
    }

    #[test]
    fn a_receiver_that_does_not_read_is_noticed() {
        let (near, far) = pair();
        let (client, _served) = UnixStream::pair().unwrap();
        let sent = (0..10_000).take_while(|_| send(&near, &[0; 12], client.as_fd()).unwrap()).count();
        assert!((16..10_000).contains(&sent), "{sent}");
        drop(far);
        assert!(send(&near, &[0; 12], client.as_fd()).is_err());
    }

    #[test]
    fn a_first_message_that_is_none_is_refused() {
        let (near, far) = pair();
        let (page, file) = Page::new(8).unwrap();
        let hello = |server| Hello { server, connections: page.connections() as u32 }.to_bytes();
        send(&near, &hello(2), file.as_fd()).unwrap();
        assert_eq!(receive_hello(&far).unwrap().unwrap().0, 2);
        assert!(receive_hello(&far).unwrap().is_none());
        for (message, what) in [(&hello(2)[1..], "cut"), (&hello(99)[..], "server"), (b"GET / HTTP/1.1\r\n", "text")] {
            send(&near, message, file.as_fd()).unwrap();
            assert!(receive_hello(&far).is_err(), "{what}");
        }
        rustix::net::send(&near, &hello(2), SendFlags::empty()).unwrap();
        assert!(receive_hello(&far).is_err(), "without a page");
    }
}
