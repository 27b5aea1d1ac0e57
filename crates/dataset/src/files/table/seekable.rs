//! Bytes that can be read at any place: of a file, or in memory.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Bytes that can be read at any place, by several readers at once.
#[derive(Clone)]
pub(super) enum Seekable {
    File { file: Arc<File>, length: u64 },
    Memory(Arc<Vec<u8>>),
}

impl Seekable {
    /// All of a file, whatever was read of it.
    pub(super) fn file(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self::File { file: Arc::new(file), length })
    }

    pub(super) fn length(&self) -> u64 {
        match self {
            Self::File { length, .. } => *length,
            Self::Memory(bytes) => bytes.len() as u64,
        }
    }

    /// Reads at `offset` as many bytes as there are, at most as many as `buffer` takes.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Self::File { file, .. } => file.read_at(buffer, offset),
            Self::Memory(bytes) => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                (&bytes[from..]).read(buffer)
            }
        }
    }

    /// Fills `buffer` from `offset` on.
    pub(super) fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.reader_at(offset).read_exact(buffer)
    }

    /// A reader of its own, from the first byte on.
    pub(super) fn reader(&self) -> SeekableReader {
        self.reader_at(0)
    }

    fn reader_at(&self, offset: u64) -> SeekableReader {
        SeekableReader { bytes: self.clone(), offset }
    }
}

/// Reads on from where it is.
#[derive(Clone)]
pub(super) struct SeekableReader {
    bytes: Seekable,
    offset: u64,
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
    use std::io::Write;

    #[test]
    fn a_file_and_memory_are_read_alike() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        for bytes in [Seekable::file(file).unwrap(), Seekable::Memory(Arc::new(b"0123456789".to_vec()))] {
            assert_eq!(bytes.length(), 10);
            let mut reader = bytes.reader();
            let mut text = String::new();
            reader.seek(SeekFrom::End(-3)).unwrap();
            reader.read_to_string(&mut text).unwrap();
            assert_eq!(text, "789");
            reader.seek(SeekFrom::Current(-9)).unwrap();
            assert!(reader.seek(SeekFrom::Current(-9)).is_err());
            let mut two = [0; 2];
            reader.read_exact(&mut two).unwrap();
            assert_eq!(&two, b"12");
            bytes.read_exact_at(&mut two, 8).unwrap();
            assert_eq!(&two, b"89");
            assert!(bytes.read_exact_at(&mut two, 9).is_err());
            assert!(bytes.read_exact_at(&mut two, u64::MAX).is_err());
        }
    }
}
