//! Text from files as people have them: the first bytes tell what a file is, not its name.
//!
//! gzip and zstd are decompressed; UTF-8 is read with and without a byte order mark. Any other compression or encoding
//! is refused by name, with the command that converts it.

mod gzip;
mod zstd;

use crate::error::DataError;
use serde::de::DeserializeOwned;
use std::io::{BufRead, BufReader, Cursor, Read};

const BUFFER_BYTES: usize = 1 << 17;
/// Enough of a file to tell what it is.
const HEAD_BYTES: u64 = 8;

pub(crate) const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// What is not read: its first bytes, its name, and the command that makes readable text of it. The first that fits counts.
const NOT_READ: [(&[u8], &str, &str); 12] = [
    (b"\xfd7zXZ\0", "compressed by xz", "xz -d"),
    (b"BZh", "compressed by bzip2", "bzip2 -d"),
    (b"\x04\x22\x4d\x18", "compressed by lz4", "lz4 -d"),
    (b"PK\x03\x04", "a ZIP archive", "unzip"),
    (b"\xff\xfe\0\0", "UTF-32 text", "iconv -f UTF-32 -t UTF-8"),
    (b"\0\0\xfe\xff", "UTF-32 text", "iconv -f UTF-32 -t UTF-8"),
    (b"\xff\xfe", "UTF-16 text", "iconv -f UTF-16 -t UTF-8"),
    (b"\xfe\xff", "UTF-16 text", "iconv -f UTF-16 -t UTF-8"),
    // without a mark: JSON begins with an ASCII character
    (b"\0[", "UTF-16 text", "iconv -f UTF-16BE -t UTF-8"),
    (b"\0{", "UTF-16 text", "iconv -f UTF-16BE -t UTF-8"),
    (b"[\0", "UTF-16 text", "iconv -f UTF-16LE -t UTF-8"),
    (b"{\0", "UTF-16 text", "iconv -f UTF-16LE -t UTF-8"),
];

/// The text of `source`, decompressed if it is compressed, without a byte order mark.
pub(crate) fn open<'a>(source: Box<dyn Read + 'a>) -> Result<Box<dyn BufRead + 'a>, DataError> {
    let Decompressed { head, source, .. } = decompress(source)?;
    text(&head, source)
}

/// What a source holds, once it is decompressed.
pub(crate) struct Decompressed<'a> {
    /// Its first bytes, at most [`HEAD_BYTES`].
    pub head: Vec<u8>,
    /// All of it, the first bytes included.
    pub source: Box<dyn BufRead + 'a>,
    /// Whether it was compressed.
    pub was_compressed: bool,
}

/// The bytes of `source`, decompressed if it is compressed.
pub(crate) fn decompress<'a>(source: Box<dyn Read + 'a>) -> Result<Decompressed<'a>, DataError> {
    let (head, source) = with_head(source)?;
    let decompressed: Box<dyn Read + 'a> = match head {
        head if head.starts_with(gzip::GZIP_MAGIC) => Box::new(gzip::Members::new(source)),
        head if zstd::is_frame(&head) => Box::new(zstd::Frames::new(source)),
        head => return Ok(Decompressed { head, source: Box::new(source), was_compressed: false }),
    };
    let (head, source) = with_head(decompressed)?;
    if head.starts_with(gzip::GZIP_MAGIC) || zstd::is_frame(&head) {
        return Err(DataError::NotRead { found: "compressed twice", convert: "gzip -d` or `zstd -d" });
    }
    Ok(Decompressed { head, source: Box::new(source), was_compressed: true })
}

/// Reads one JSON document of an `expected` shape from any source that holds text.
///
/// # Errors
/// [`DataError::Shape`] if the text is no `expected`; the errors of a source that cannot be read.
pub fn read_json<T: DeserializeOwned>(source: impl Read, expected: &'static str) -> Result<T, DataError> {
    serde_json::from_reader(open(Box::new(source))?).map_err(|source| match source {
        source if source.is_io() => DataError::Read(source.into()),
        source => DataError::Shape { expected, source },
    })
}

/// The first bytes, fewer only of a short source, and a reader that still gives them.
fn with_head<'a>(mut source: Box<dyn Read + 'a>) -> Result<(Vec<u8>, impl BufRead + 'a), DataError> {
    let mut head = Vec::new();
    source.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(DataError::Read)?;
    let whole = Cursor::new(head.clone()).chain(source);
    Ok((head, BufReader::with_capacity(BUFFER_BYTES, whole)))
}

/// The text of a `source` that begins with `head`, without a byte order mark; refuses what is known not to be UTF-8.
pub(crate) fn text<'a>(head: &[u8], mut source: Box<dyn BufRead + 'a>) -> Result<Box<dyn BufRead + 'a>, DataError> {
    if head.is_empty() {
        return Err(DataError::Empty);
    }
    if let Some(&(_, found, convert)) = NOT_READ.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Err(DataError::NotRead { found, convert });
    }
    if head.starts_with(UTF8_MARK) {
        source.read_exact(&mut [0; UTF8_MARK.len()]).map_err(DataError::Read)?;
    }
    Ok(source)
}
