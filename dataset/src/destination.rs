//! Files that appear whole or not at all.

use crate::error::DataError;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

const BUFFER_BYTES: usize = 1 << 17;

/// Lets `write` fill the file `path`, compressed with gzip if its name ends with `.gz`.
///
/// The bytes go to a file beside it that takes its place when all of them are written; if `write` fails, what stood
/// there before still stands. A device or a pipe is written to directly.
pub fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<(), DataError>) -> Result<(), DataError> {
    let is_special = fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    if is_special {
        let file = File::options().write(true).open(path).map_err(|source| create_error(path, source))?;
        return write_whole(path, file, write);
    }
    // through a symbolic link the file it points to is replaced, not the link
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (aside, file) = Aside::create(&target).map_err(|source| create_error(path, source))?;
    write_whole(path, file, write)?;
    aside.publish(&target).map_err(|source| create_error(path, source))
}

fn create_error(path: &Path, source: io::Error) -> DataError {
    DataError::Create { path: path.to_owned(), source }
}

fn write_whole(
    name: &Path,
    file: File,
    write: impl FnOnce(&mut dyn Write) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let mut file = BufWriter::with_capacity(BUFFER_BYTES, file);
    if name.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz")) {
        let mut encoder = GzEncoder::new(&mut file, Compression::default());
        write(&mut encoder)?;
        encoder.finish().map_err(DataError::Write)?;
    } else {
        write(&mut file)?;
    }
    file.flush().map_err(DataError::Write)
}

/// A file that is removed again unless it is published.
struct Aside {
    path: PathBuf,
    is_published: bool,
}

impl Aside {
    fn create(target: &Path) -> io::Result<(Self, File)> {
        let mut name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_owned();
        name.push(format!(".{}.partial", std::process::id()));
        let path = target.with_file_name(name);
        let file = File::create(&path)?;
        Ok((Self { path, is_published: false }, file))
    }

    fn publish(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.is_published = true;
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if !self.is_published {
            // what failed before is the error to tell; a file that cannot be removed is only in the way
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::open;
    use std::io::Read;

    fn read(path: &Path) -> Vec<u8> {
        let mut bytes = Vec::new();
        open(File::open(path).unwrap()).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn write_hello(path: &Path) -> Result<(), DataError> {
        write_file(path, |out| out.write_all(b"hello").map_err(DataError::Write))
    }

    #[test]
    fn gz_in_the_name_compresses_and_reading_recognises_it() {
        let folder = tempfile::tempdir().unwrap();
        let (plain, packed) = (folder.path().join("a.json"), folder.path().join("a.json.gz"));
        write_hello(&plain).unwrap();
        write_hello(&packed).unwrap();
        assert_eq!(fs::read(&plain).unwrap(), b"hello");
        assert_eq!(fs::read(&packed).unwrap()[..2], [0x1f, 0x8b]);
        assert_eq!(read(&packed), b"hello");
        assert_eq!(read(&plain), b"hello");
    }

    #[test]
    fn failed_write_leaves_the_old_file_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write_hello(&path).unwrap();
        let failure = write_file(&path, |out| {
            out.write_all(b"half").map_err(DataError::Write)?;
            Err(DataError::Write(io::ErrorKind::StorageFull.into()))
        });
        assert!(matches!(failure, Err(DataError::Write(_))));
        assert_eq!(fs::read(&path).unwrap(), b"hello");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn missing_folder_is_named_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_hello(&folder.path().join("absent/a.json")).unwrap_err();
        assert!(error.to_string().contains("absent/a.json"), "{error}");
    }

    #[test]
    fn a_device_is_written_to_and_stays() {
        write_hello(Path::new("/dev/null")).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
