//! What a table is read from, and how.

use std::path::PathBuf;
use std::sync::Arc;

/// The longest row of a text format, in bytes.
pub const MAX_ROW_BYTES: u64 = 16 << 20;
/// The most columns of a table.
pub const MAX_COLUMNS: u64 = 1 << 16;
/// The most bytes that are read as a whole: what must be searched (npz, Parquet, an Arrow file, numbers by column) and
/// comes compressed or from a pipe.
pub const MAX_WHOLE_BYTES: u64 = 2 << 30;

/// A table to read.
#[derive(Clone, Debug)]
pub struct TableInput {
    /// Where its bytes come from.
    pub source: TableSource,
    /// What it is; `None`: told by its first bytes, and where these are of text by its name.
    pub format: Option<Format>,
    /// What separates the cells of CSV; `None`: the one of `,`, `;` and tab that its header has most of.
    pub delimiter: Option<u8>,
    /// Which arrays of an `.npz` archive are meant.
    pub arrays: ArrayNames,
    /// Whether bad rows are counted and left out; otherwise the first one is an error.
    pub skip_bad: bool,
}

impl TableInput {
    /// A file, or stdin for `-`, read as what it looks like; bad rows are refused.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self::of(if path.as_os_str() == "-" { TableSource::Stdin } else { TableSource::Path(path) })
    }

    /// A source, read as what it looks like; bad rows are refused.
    pub fn of(source: TableSource) -> Self {
        Self { source, format: None, delimiter: None, arrays: ArrayNames::default(), skip_bad: false }
    }
}

/// Where the bytes of a table come from.
#[derive(Clone, Debug)]
pub enum TableSource {
    /// A file.
    Path(PathBuf),
    /// Standard input.
    Stdin,
    /// Memory.
    Bytes(Arc<[u8]>),
}

/// Which arrays of an `.npz` archive are meant, by their names in it.
#[derive(Clone, Debug, Default)]
pub struct ArrayNames {
    /// The matrix whose columns are `0`, `1`, ...; `None`: the only one of two dimensions.
    pub matrix: Option<String>,
    /// One value a row, a column of this name; `None`: all arrays of one dimension that are as long as the matrix.
    pub labels: Option<String>,
}

/// What a table is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A header and separated cells.
    Csv,
    /// One array of objects.
    Json,
    /// An object a line.
    JsonLines,
    /// One NumPy array.
    Npy,
    /// An archive of NumPy arrays.
    Npz,
    /// Apache Parquet.
    Parquet,
    /// The Arrow IPC format, as a file or as a stream.
    Arrow,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Csv, Self::Json, Self::JsonLines, Self::Npy, Self::Npz, Self::Parquet, Self::Arrow];

    /// Its name in options.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Npy => "npy",
            Self::Npz => "npz",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// What the ending of a file's name says, that of a compression left out.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let mut endings = name.rsplit('.').map(str::to_ascii_lowercase);
        let last = endings.next()?;
        let ending = if matches!(last.as_str(), "gz" | "zst" | "zstd") { endings.next()? } else { last };
        Some(match ending.as_str() {
            "csv" | "tsv" | "tab" => Self::Csv,
            "json" => Self::Json,
            "jsonl" | "ndjson" => Self::JsonLines,
            "npy" => Self::Npy,
            "npz" => Self::Npz,
            "parquet" | "pq" => Self::Parquet,
            "arrow" | "arrows" | "feather" | "ipc" => Self::Arrow,
            _ => return None,
        })
    }

    /// What the first bytes say; nothing of a text that does not begin like JSON.
    pub(super) fn of_bytes(head: &[u8]) -> Option<Self> {
        const MAGIC: [(&[u8], Format); 6] = [
            (b"\x93NUMPY", Format::Npy),
            (b"PK\x03\x04", Format::Npz),
            (b"PK\x05\x06", Format::Npz), // without a member
            (b"PAR1", Format::Parquet),
            (b"ARROW1", Format::Arrow),
            (b"\xff\xff\xff\xff", Format::Arrow),
        ];
        if let Some((_, format)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
            return Some(*format);
        }
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        match text.iter().find(|byte| !byte.is_ascii_whitespace())? {
            b'[' => Some(Self::Json),
            b'{' => Some(Self::JsonLines),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_format_behind_a_compression() {
        for (name, format) in [
            ("a.csv", Some(Format::Csv)),
            ("a.TSV.gz", Some(Format::Csv)),
            ("a.b.jsonl.zst", Some(Format::JsonLines)),
            ("a.npz", Some(Format::Npz)),
            ("a.feather", Some(Format::Arrow)),
            ("a.gz", None),
            ("csv", Some(Format::Csv)),
            ("data", None),
            ("", None),
        ] {
            assert_eq!(Format::of_name(name), format, "{name}");
        }
        for format in Format::ALL {
            assert_eq!(Format::of_name(&format!("x.{}", format.name())), Some(format));
        }
    }

    #[test]
    fn first_bytes_tell_the_format() {
        for (head, format) in [
            (&b"\x93NUMPY\x01"[..], Some(Format::Npy)),
            (b" \n [", Some(Format::Json)),
            (b"\xef\xbb\xbf{", Some(Format::JsonLines)),
            (b"a,b", None),
            (b"", None),
        ] {
            assert_eq!(Format::of_bytes(head), format);
        }
    }
}
