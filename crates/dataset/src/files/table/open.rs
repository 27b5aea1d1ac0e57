//! Opens a table: what it is, and its bytes as its reader needs them.

use super::error::TableError;
use super::input::{Format, MAX_WHOLE_BYTES, TableInput, TableSource};
use super::seekable::Seekable;
use crate::files::source::{self, Decompressed};
use std::fs::File;
use std::io::{BufRead, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

/// How much of a text is looked at before it is read, to tell its columns.
pub(super) const SAMPLE_BYTES: u64 = 256 << 10;

/// A table whose format is known.
pub(super) struct Opened {
    pub format: Format,
    /// How its decompressed bytes begin.
    pub sample: Vec<u8>,
    /// All of them, those of the sample included.
    pub stream: Box<dyn BufRead>,
    /// The file, if its bytes are as they are in it.
    plain: Option<File>,
}

impl Opened {
    pub(super) fn new(input: &TableInput) -> Result<Self, TableError> {
        let (bytes, file): (Box<dyn Read>, Option<File>) = match &input.source {
            TableSource::Stdin => (Box::new(std::io::stdin()), None),
            TableSource::Bytes(bytes) => (Box::new(Cursor::new(bytes.clone())), None),
            TableSource::Path(path) => {
                let (file, again) = open_file(path)?;
                (Box::new(file), again)
            }
        };
        let Decompressed { source: mut stream, was_compressed, .. } = source::decompress(bytes)?;
        let mut sample = Vec::new();
        stream.by_ref().take(SAMPLE_BYTES).read_to_end(&mut sample)?;
        let format = input.format.or_else(|| recognised(&sample, &input.source)).unwrap_or(Format::Csv);
        let stream = Box::new(Cursor::new(sample.clone()).chain(stream));
        Ok(Self { format, sample, stream, plain: file.filter(|_| !was_compressed) })
    }

    /// The text, checked to be one by its first bytes, without a byte order mark in it or in the sample.
    pub(super) fn into_text(self) -> Result<(Box<dyn BufRead>, Vec<u8>), TableError> {
        let Self { sample, stream, .. } = self;
        let text = source::text(&sample, stream)?;
        let marked = sample.strip_prefix(source::UTF8_MARK).map(<[u8]>::to_vec);
        Ok((text, marked.unwrap_or(sample)))
    }

    /// The bytes where they can be read at any place: in the file, or in memory.
    pub(super) fn into_seekable(self, what: &'static str) -> Result<Seekable, TableError> {
        match self.plain {
            Some(file) => Ok(Seekable::file(file)?),
            None => Ok(Seekable::Memory(Arc::new(read_whole(self.stream, what)?))),
        }
    }

    /// Whether it is a file whose bytes are not compressed.
    pub(super) fn is_plain_file(&self) -> bool {
        self.plain.is_some()
    }
}

/// The file, and once more if it can be read at any place.
fn open_file(path: &Path) -> Result<(File, Option<File>), TableError> {
    let opened = File::open(path).and_then(|file| {
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(std::io::ErrorKind::IsADirectory.into());
        }
        let again = if metadata.is_file() { Some(file.try_clone()?) } else { None };
        Ok((file, again))
    });
    opened.map_err(|source| TableError::Open { path: path.to_owned(), source })
}

/// First bytes count, but text of a file named as CSV may begin in any way.
fn recognised(sample: &[u8], source: &TableSource) -> Option<Format> {
    let by_name = match source {
        TableSource::Path(path) => path.file_name().and_then(|name| Format::of_name(&name.to_string_lossy())),
        TableSource::Stdin | TableSource::Bytes(_) => None,
    };
    match (Format::of_bytes(sample), by_name) {
        (Some(Format::Json | Format::JsonLines), Some(Format::Csv)) => Some(Format::Csv),
        (Some(format), _) => Some(format),
        (None, by_name) => by_name,
    }
}

/// All bytes of a stream, if they are not too many to hold.
pub(super) fn read_whole(stream: impl Read, what: &'static str) -> Result<Vec<u8>, TableError> {
    let mut bytes = Vec::new();
    stream.take(MAX_WHOLE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_WHOLE_BYTES {
        let advice = "decompress it, and give its name instead of a pipe";
        return Err(TableError::TooLongForMemory { what, limit: MAX_WHOLE_BYTES, advice });
    }
    Ok(bytes)
}
