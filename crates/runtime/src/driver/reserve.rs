//! Lets the runtime allocate before serving what it would allocate while serving.
//!
//! It keeps operations of the ring in pages of doubling size, makes the next page when all are full, and gives the last
//! one back when it is found empty. So pages are filled until those made hold all waits that there can be, and the last
//! page keeps one wait that never ends: it stays, and with it every page before.
//!
//! Its queue of ready tasks has room for 4,096. Room for more would cost half a megabyte to make, and would be needed
//! only where more connections are ready at once: there it grows, once.

use super::socket::Socket;
use std::future::{Future, poll_fn};
use std::io;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

/// Operations that the first page holds.
const FIRST_PAGE: usize = 64;
/// Holes in earlier pages are filled again, and an empty last page is looked for, once in so many operations: this many
/// places may be neither in use nor found.
const OPERATIONS_BETWEEN_COMPACTIONS: usize = 2_048;
/// Waits that end together: no more than the completion queue has entries.
const WAITS_AT_ONCE: usize = super::RING_ENTRIES as usize;

/// Makes room for a wait of each of `tasks`.
///
/// # Errors
///
/// No descriptors for the sockets that are waited on meanwhile.
pub async fn reserve(tasks: usize) -> io::Result<()> {
    // The waits of epoll are made when a socket is registered, as a part of accepting a connection.
    if monoio::utils::is_legacy() {
        return Ok(());
    }
    let (mut left, mut page) = (0, FIRST_PAGE);
    while left + page < tasks + OPERATIONS_BETWEEN_COMPACTIONS {
        left += page;
        page *= 2;
    }
    let mut batches = Vec::new();
    while left > 0 {
        let batch = Batch::begin(left.min(WAITS_AT_ONCE)).await?;
        left -= batch.waits.len();
        batches.push(batch);
    }
    let last = Batch::begin(1).await?;
    for batch in batches {
        batch.end().await?;
    }
    // Its page stays as long as it does: until the process ends.
    std::mem::forget(last);
    Ok(())
}

/// Waits on one socket.
struct Batch {
    waits: Vec<Pin<Box<dyn Future<Output = io::Result<()>>>>>,
    peer: UnixStream,
}

impl Batch {
    async fn begin(count: usize) -> io::Result<Self> {
        let (near, peer) = UnixStream::pair()?;
        let near = Rc::new(Socket::new(near.into())?);
        let mut batch = Self { waits: Vec::with_capacity(count), peer };
        for _ in 0..count {
            let near = near.clone();
            batch.waits.push(Box::pin(async move { near.inner.readable(false).await }));
        }
        poll_fn(|context| {
            for wait in &mut batch.waits {
                // Nothing has come yet.
                let _ = wait.as_mut().poll(context);
            }
            Poll::Ready(())
        })
        .await;
        Ok(batch)
    }

    async fn end(self) -> io::Result<()> {
        // The other side ends, and so does every wait for what it might send.
        drop(self.peer);
        for wait in self.waits {
            wait.await?;
        }
        Ok(())
    }
}
