//! Reads bytes that can be read at any place one after another, as the crates of Parquet and Arrow ask for them.

use super::seekable::Seekable;
use rawzip::ReaderAt;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

/// Reads on from where it is.
pub(super) struct SeekableReader {
    bytes: Seekable,
    offset: u64,
}

impl SeekableReader {
    /// Begins at `offset`.
    pub(super) const fn new(bytes: Seekable, offset: u64) -> Self {
        Self { bytes, offset }
    }
}

impl Read for SeekableReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.bytes.read_at(buffer, self.offset)?;
        self.offset += length as u64;
        Ok(length)
    }
}

impl Seek for SeekableReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(distance) => self.bytes.length().checked_add_signed(distance),
            SeekFrom::Current(distance) => self.offset.checked_add_signed(distance),
        };
        self.offset = target.ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))?;
        Ok(self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_reader_goes_to_any_place() {
        let mut reader = SeekableReader::new(Seekable::Memory(Arc::new(b"0123456789".to_vec())), 1);
        let mut two = [0; 2];
        reader.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"12");
        let mut text = String::new();
        reader.seek(SeekFrom::End(-3)).unwrap();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "789");
        reader.seek(SeekFrom::Current(-9)).unwrap();
        assert!(reader.seek(SeekFrom::Current(-9)).is_err());
    }
}
