//! Bytes that can be read at any place: of a file, or in memory.

use rawzip::ReaderAt;
use std::fs::File;
use std::io::{self, Read};
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
}

impl ReaderAt for Seekable {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Self::File { file, .. } => file.read_at(buffer, offset),
            Self::Memory(bytes) => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                (&bytes[from..]).read(buffer)
            }
        }
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
            let mut two = [0; 2];
            bytes.read_exact_at(&mut two, 8).unwrap();
            assert_eq!(&two, b"89");
            assert!(bytes.read_exact_at(&mut two, 9).is_err());
            assert!(bytes.read_exact_at(&mut two, 10).is_err());
            assert!(bytes.read_exact_at(&mut two, 1 << 62).is_err());
        }
    }
}
