//! Archives of NumPy arrays (`.npz`): a matrix whose columns are numbered, and arrays of one value a row beside it.

use super::cell::Cell;
use super::error::TableError;
use super::input::ArrayNames;
use super::npy::{Array, Data, Header, RowBytes, whole_columns};
use super::open::Opened;
use super::rows::Rows;
use super::seekable::Seekable;
use super::selection::Wanted;
use flate2::read::DeflateDecoder;
use rawzip::{
    CompressionMethod, ErrorKind as ZipErrorKind, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipArchiveEntryWayfinder,
    ZipFileHeaderRecord, ZipLocator,
};
use std::io::Read;

const ENDING: &str = ".npy";
/// An archive with more arrays is not looked through.
const MAX_ARRAYS: usize = 1 << 10;
/// Names that a message lists.
const LISTED_ARRAYS: usize = 20;

/// An archive whose arrays were chosen.
pub(super) struct NpzTable {
    archive: ZipArchive<Seekable>,
    matrix: Member,
    /// Arrays of one value a row, each a column behind those of the matrix.
    beside: Vec<Member>,
    names: Vec<String>,
}

/// An array that is read.
#[derive(Clone)]
struct Member {
    name: String,
    stored: Stored,
    array: Array,
}

/// Where the bytes of a file of the archive are, and how.
#[derive(Clone, Copy)]
struct Stored {
    entry: ZipArchiveEntryWayfinder,
    is_deflated: bool,
}

/// An array of the archive, of any type and shape.
struct Found {
    name: String,
    stored: Stored,
    header: Header,
}

impl NpzTable {
    pub(super) fn open(opened: Opened, names: &ArrayNames) -> Result<Self, TableError> {
        let bytes = opened.into_seekable("an .npz archive")?;
        let length = bytes.length();
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        let archive =
            ZipLocator::new().locate_in_reader(bytes, &mut buffer, length).map_err(|(_, error)| damaged(error))?;
        let found = found(&archive, &mut buffer)?;
        let matrix = matrix(&found, names.matrix.as_deref())?;
        let beside = beside(&found, &matrix, names.labels.as_deref())?;
        let mut columns = matrix.array.column_names();
        columns.extend(beside.iter().map(|member| member.name.clone()));
        Ok(Self { archive, matrix, beside, names: columns })
    }

    /// The numbers of the matrix's columns, then the names of the arrays beside it.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Those of the matrix: what stands beside it are labels and identifiers.
    pub(super) fn number_columns(&self) -> Vec<usize> {
        let array = &self.matrix.array;
        if array.element.is_number() { (0..array.columns).collect() } else { Vec::new() }
    }

    /// Reads all rows.
    pub(super) fn read(self, wanted: Wanted<'_>, rows: &mut Rows<'_>) -> Result<(), TableError> {
        let Self { archive, matrix, beside, names } = self;
        let positions = wanted.positions(&names)?;
        let columns = matrix.array.columns;
        rows.announce(matrix.array.rows);
        let members: Vec<Member> = std::iter::once(matrix).chain(beside).collect();
        let mut arrays = Vec::new();
        for member in &members {
            arrays.push(open_array(&archive, member)?);
        }
        // of what is wanted: which array, and which column of it
        let places: Vec<Option<(usize, usize)>> = positions
            .iter()
            .map(|place| place.map(|place| if place < columns { (0, place) } else { (place - columns + 1, 0) }))
            .collect();
        while !rows.is_full() {
            let mut row = Vec::with_capacity(arrays.len());
            for array in &mut arrays {
                row.extend(array.next()?);
            }
            if row.len() < members.len() {
                break;
            }
            let cells = places.iter().map(|place| match place {
                Some((which, column)) => members[*which].array.cell(row[*which], *column),
                None => Cell::Absent,
            });
            rows.give(None, &mut cells.collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

/// The rows of an array in the archive.
fn open_array<'a>(archive: &'a ZipArchive<Seekable>, member: &Member) -> Result<RowBytes<'a>, TableError> {
    let mut source = member.stored.open(archive)?;
    Header::read(&mut source)?;
    let array = member.array.clone();
    let data = if array.is_by_column { whole_columns(source, &array)? } else { Data::Rows(source) };
    Ok(RowBytes::new(array, data))
}

/// All arrays of an archive.
fn found(archive: &ZipArchive<Seekable>, buffer: &mut [u8]) -> Result<Vec<Found>, TableError> {
    let mut found = Vec::new();
    let mut entries = archive.entries(buffer);
    let mut count = 0;
    while let Some(entry) = entries.next_entry().map_err(damaged)? {
        count += 1;
        if count > MAX_ARRAYS {
            return Err(form(format!("it holds more than {MAX_ARRAYS} files")));
        }
        let name = std::str::from_utf8(entry.file_path().as_bytes()).map_err(|error| form(error.to_string()))?;
        let Some(name) = name.strip_suffix(ENDING) else { continue };
        let stored = Stored::of(&entry, name)?;
        // what has no such header is a member that was not asked for
        if let Ok((header, _)) = Header::read(&mut stored.open(archive)?) {
            found.push(Found { name: name.to_owned(), stored, header });
        }
    }
    Ok(found)
}

impl Stored {
    fn of(entry: &ZipFileHeaderRecord<'_>, name: &str) -> Result<Self, TableError> {
        if entry.flags().is_encrypted() {
            return Err(form(format!("the array `{name}` is encrypted")));
        }
        let is_deflated = match entry.compression_method() {
            CompressionMethod::STORE => false,
            CompressionMethod::DEFLATE => true,
            other => return Err(form(format!("the array `{name}` is compressed as NumPy does not ({other})"))),
        };
        Ok(Self { entry: entry.wayfinder(), is_deflated })
    }

    /// The file's bytes, with its length and checksum compared at their end.
    fn open<'a>(&self, archive: &'a ZipArchive<Seekable>) -> Result<Box<dyn Read + 'a>, TableError> {
        let entry = archive.get_entry(self.entry).map_err(damaged)?;
        Ok(if self.is_deflated {
            Box::new(entry.verifying_reader(DeflateDecoder::new(entry.reader())))
        } else {
            Box::new(entry.verifying_reader(entry.reader()))
        })
    }
}

/// The array of a name, or the only one with rows and columns.
fn matrix(found: &[Found], name: Option<&str>) -> Result<Member, TableError> {
    let mut matching = found.iter().filter(|array| match name {
        Some(name) => array.name == name,
        None => array.header.shape.len() == 2,
    });
    let problem = match (matching.next(), matching.next(), name) {
        (Some(array), None, _) => return array.member(),
        (None, _, Some(name)) => format!("there is no array `{name}`"),
        (None, _, None) => "there is no array of rows and columns".to_owned(),
        (Some(_), Some(_), _) => "there are several arrays of rows and columns, name one".to_owned(),
    };
    Err(TableError::Arrays { problem, there: listed(found) })
}

/// The array of a name, or all that have one value for each row of the matrix.
fn beside(found: &[Found], matrix: &Member, name: Option<&str>) -> Result<Vec<Member>, TableError> {
    let is_beside = |array: &&Found| array.header.shape[..] == [matrix.array.rows] && array.name != matrix.name;
    let Some(name) = name else {
        // those of a type that is not read are no columns
        return Ok(found.iter().filter(is_beside).filter_map(|array| array.member().ok()).collect());
    };
    match found.iter().find(|array| array.name == name) {
        Some(array) if is_beside(&array) => Ok(vec![array.member()?]),
        Some(array) => Err(TableError::Arrays {
            problem: format!(
                "the array `{name}` has the shape {}, not one value for each of {} rows",
                array.header.shape_text(),
                matrix.array.rows
            ),
            there: listed(found),
        }),
        None => Err(TableError::Arrays { problem: format!("there is no array `{name}`"), there: listed(found) }),
    }
}

impl Found {
    fn member(&self) -> Result<Member, TableError> {
        Ok(Member { name: self.name.clone(), stored: self.stored, array: Array::new(&self.header)? })
    }
}

fn listed(found: &[Found]) -> String {
    let shown = found.iter().take(LISTED_ARRAYS).map(|array| format!("`{}` {}", array.name, array.header.shape_text()));
    let shown: Vec<String> = shown.collect();
    match (shown.len(), found.len().saturating_sub(LISTED_ARRAYS)) {
        (0, _) => "none".to_owned(),
        (_, 0) => shown.join(", "),
        (_, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

fn damaged(error: rawzip::Error) -> TableError {
    match error.into_kind() {
        ZipErrorKind::IO(error) => error.into(),
        other => form(other.to_string()),
    }
}

fn form(reason: String) -> TableError {
    TableError::Form { expected: "an .npz archive", reason }
}
