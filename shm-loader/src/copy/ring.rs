//! Reads ahead through tokio-uring: while one buffer is written, the others are being filled.

use super::sink::{BUFFER_BYTES, CopyError, Sink};
use runtime::probe;
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use tokio_uring::buf::BoundedBuf;
use tokio_uring::fs::File;

/// Buffers in flight, so at most 1 MiB in all.
const BUFFERS: usize = 4;
/// Entries of the ring: every buffer's read, and the close at the end.
const ENTRIES: u32 = 8;
const _: () = assert!(ENTRIES as usize > BUFFERS);

pub(super) enum Failure {
    /// Nothing was written: plain reads can start from the beginning.
    Refused(io::Error),
    /// Copying itself failed.
    Copy(CopyError),
}

pub(super) fn copy(sink: &mut Sink<'_>) -> Result<(), Failure> {
    // A ring that can be made may still refuse to be entered, and tokio-uring would wait for ever.
    probe::works(&probe::default_ring(), probe::READING).map_err(|found| refused(found.error))?;
    let file = sink.source.try_clone().map_err(refused)?;
    // not `tokio_uring::start`, which panics where this returns an error
    let runtime = tokio_uring::Runtime::new(tokio_uring::builder().entries(ENTRIES)).map_err(refused)?;
    match runtime.block_on(pump(Rc::new(File::from_std(file)), sink)) {
        // a kernel that does not know this read, or a policy against it; a bad disk fails plain reads as well
        Err(CopyError::Read { source, .. }) if sink.written == 0 => Err(Failure::Refused(source)),
        result => result.map_err(Failure::Copy),
    }
}

/// Too little locked memory looks like too little memory, and the limit is what can be changed.
fn refused(error: io::Error) -> Failure {
    Failure::Refused(match error.kind() {
        io::ErrorKind::OutOfMemory => io::Error::new(
            error.kind(),
            format!("{error}; the limit of locked memory may be too low: `ulimit -l` shows it in KiB, 8192 is enough"),
        ),
        _ => error,
    })
}

/// A read that the kernel works on: the result and its buffer.
type Filling = Pin<Box<dyn Future<Output = (io::Result<usize>, Vec<u8>)>>>;

async fn pump(file: Rc<File>, sink: &mut Sink<'_>) -> Result<(), CopyError> {
    let mut ahead = ReadAhead { file, in_flight: VecDeque::with_capacity(BUFFERS), next: 0 };
    for _ in 0..BUFFERS {
        ahead.start(vec![0; BUFFER_BYTES], sink);
    }
    let mut result = Ok(());
    while let Some((offset, wanted, filling)) = ahead.in_flight.pop_front() {
        let (read, buffer) = filling.await;
        if result.is_err() {
            continue; // the buffers that are still in flight have to come home
        }
        result = match read {
            Ok(got) if got == wanted => sink.write(&buffer[..got]),
            Ok(got) => Err(sink.truncated(offset + got as u64)),
            Err(source) => Err(CopyError::Read { offset, source }),
        };
        if result.is_ok() {
            ahead.start(buffer, sink);
        }
    }
    result
}

struct ReadAhead {
    file: Rc<File>,
    /// in the order of the file: offset, bytes wanted, the read
    in_flight: VecDeque<(u64, usize, Filling)>,
    /// where the next read begins
    next: u64,
}

impl ReadAhead {
    /// Starts the next read with this buffer, unless the file has been asked for whole.
    fn start(&mut self, buffer: Vec<u8>, sink: &Sink<'_>) {
        let (offset, wanted) = (self.next, sink.chunk_bytes(self.next));
        if wanted == 0 {
            return;
        }
        self.next += wanted as u64;
        let task = tokio_uring::spawn(fill(Rc::clone(&self.file), buffer, offset, wanted));
        let filling = async move { task.await.unwrap_or_else(|failure| (Err(io::Error::other(failure)), Vec::new())) };
        self.in_flight.push_back((offset, wanted, Box::pin(filling)));
    }
}

/// Fills the first `wanted` bytes of the buffer; fewer only where the file ends.
async fn fill(file: Rc<File>, mut buffer: Vec<u8>, offset: u64, wanted: usize) -> (io::Result<usize>, Vec<u8>) {
    let mut filled = 0;
    while filled < wanted {
        let (result, slice) = file.read_at(buffer.slice(filled..wanted), offset + filled as u64).await;
        buffer = slice.into_inner();
        match result {
            Ok(0) => break,
            Ok(got) => filled += got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (Err(error), buffer),
        }
    }
    (Ok(filled), buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_locked_memory_is_named() {
        let text = |number| match refused(io::Error::from_raw_os_error(number)) {
            Failure::Refused(error) => error.to_string(),
            Failure::Copy(error) => error.to_string(),
        };
        assert!(text(libc::ENOMEM).contains("ulimit -l"));
        assert!(!text(libc::EPERM).contains("ulimit"));
    }
}
