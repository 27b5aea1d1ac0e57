//! Moves a file's bytes into a segment through a few small buffers: io_uring reads ahead while `write` copies.
//!
//! Without the feature `ring` every file is read by plain reads.
//!
//! Writing goes through `write(2)` and not through a mapping, which would take a page fault for every 4 KiB.

mod plain;
#[cfg(feature = "ring")]
mod ring;
mod sink;

pub use sink::CopyError;
pub(crate) use sink::Sink;

use std::io;

/// How the file is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Reader {
    /// io_uring, or plain reads where io_uring is refused (by a sysctl, a seccomp profile, an old kernel).
    #[cfg_attr(not(feature = "ring"), value(help = "Plain reads: this program is built without io_uring"))]
    #[default]
    Auto,
    /// io_uring or an error.
    #[cfg_attr(not(feature = "ring"), value(skip))]
    IoUring,
    /// Plain reads only.
    Plain,
}

/// What the bytes were read with.
#[derive(Debug)]
pub(crate) struct Used {
    /// `io_uring` or `plain`
    pub(crate) reader: &'static str,
    /// why io_uring was not used although it might have been
    pub(crate) refused: Option<io::Error>,
}

/// Copies the first `sink.total` bytes of the sink's source.
pub(crate) fn copy(reader: Reader, sink: &mut Sink<'_>) -> Result<Used, CopyError> {
    let refused = match reader {
        Reader::Plain => None,
        #[cfg(not(feature = "ring"))]
        Reader::Auto => None,
        #[cfg(not(feature = "ring"))]
        Reader::IoUring => return Err(CopyError::RingRefused(io::ErrorKind::Unsupported.into())),
        #[cfg(feature = "ring")]
        Reader::Auto | Reader::IoUring => match ring::copy(sink) {
            Ok(()) => return Ok(Used { reader: "io_uring", refused: None }),
            Err(ring::Failure::Copy(error)) => return Err(error),
            Err(ring::Failure::Refused(error)) if reader == Reader::IoUring => {
                return Err(CopyError::RingRefused(error));
            }
            Err(ring::Failure::Refused(error)) => Some(error),
        },
    };
    plain::copy(sink)?;
    Ok(Used { reader: "plain", refused })
}

#[cfg(test)]
mod tests {
    use super::sink::BUFFER_BYTES;
    use super::*;
    use std::fs::{File, OpenOptions};
    use std::sync::atomic::AtomicBool;

    fn copy_to(target: &File, total: u64) -> Result<Used, CopyError> {
        let never = AtomicBool::new(false);
        let source = File::open("/proc/self/exe").unwrap();
        copy(Reader::Auto, &mut Sink::new(&source, target, total, &never, &|_, _, _| ()))
    }

    #[test]
    fn a_device_that_is_full_is_no_room() {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let error = copy_to(&full, 5_000).unwrap_err();
        assert!(matches!(error, CopyError::NoRoom { written: 0, total: 5_000 }), "{error:?}");
    }

    #[test]
    fn a_file_that_ends_early_is_truncated_at_its_length() {
        let length = std::fs::metadata("/proc/self/exe").unwrap().len();
        let null = OpenOptions::new().write(true).open("/dev/null").unwrap();
        let error = copy_to(&null, length + 3 * BUFFER_BYTES as u64).unwrap_err();
        assert!(matches!(error, CopyError::Truncated { got, .. } if got == length), "{error:?}");
    }
}
