//! gzip, as `gzip -d` reads it: members one after another, and zeros behind the last.

use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, ErrorKind, Read};

/// What every such file begins with.
pub(super) const GZIP_MAGIC: &[u8] = b"\x1f\x8b";

/// The text of all members of a gzip file, one after another.
pub(super) struct Members<R> {
    /// `None` behind the last.
    member: Option<GzDecoder<R>>,
    is_first: bool,
}

impl<R: BufRead> Members<R> {
    /// `source` begins with the first member.
    pub(super) fn new(source: R) -> Self {
        Self { member: Some(GzDecoder::new(source)), is_first: true }
    }

    fn open_next(&mut self) -> io::Result<()> {
        if let Some(mut source) = self.member.take().map(GzDecoder::into_inner)
            && is_another(&mut source)?
        {
            self.member = Some(GzDecoder::new(source));
            self.is_first = false;
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            match member.read(buffer) {
                Ok(0) if !buffer.is_empty() => self.open_next()?,
                Ok(length) => return Ok(length),
                Err(error) => {
                    let is_header = member.header().is_none();
                    return Err(named(error, is_header && !self.is_first));
                }
            }
        }
        Ok(0)
    }
}

/// Whether another member follows the one that has ended, and not the end of the file, with zeros before it or not.
fn is_another(source: &mut impl BufRead) -> io::Result<bool> {
    let mut is_padded = false;
    loop {
        let bytes = match source.fill_buf() {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        match bytes.get(zeros) {
            None if zeros == 0 => return Ok(false),
            None => is_padded = true,
            Some(first) if *first == GZIP_MAGIC[0] && zeros == 0 && !is_padded => return Ok(true),
            Some(_) => return Err(garbage()),
        }
        source.consume(zeros);
    }
}

/// What a decoder's error means for a file; errors of the source keep their own words.
fn named(error: io::Error, is_later_header: bool) -> io::Error {
    match error.kind() {
        ErrorKind::UnexpectedEof => io::Error::new(error.kind(), "the gzip data is cut off: the file is not whole"),
        ErrorKind::InvalidInput | ErrorKind::InvalidData if is_later_header => garbage(),
        ErrorKind::InvalidInput | ErrorKind::InvalidData => {
            io::Error::new(error.kind(), format!("the gzip data is damaged: {error}"))
        }
        _ => error,
    }
}

fn garbage() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "behind the end of the gzip data stand other bytes: cut them off")
}
