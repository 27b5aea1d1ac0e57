//! People's own tables: every format read back as it was written, and everything that can be wrong with one.

mod bad_rows;
#[cfg(feature = "parquet")]
mod columnar;
mod formats;
mod json;
mod numpy;
mod separated;
mod survey;

use dataset::{Column, Summary, TableError, TableInput, TableSource, read_rows};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use rawzip::{CompressionMethod, ZipArchiveWriter};
use schema::{Kind, Value};
use std::error::Error;
use std::io::Write;

/// A value that outlives the row it was in.
#[derive(Clone, Debug, PartialEq)]
enum Held {
    Missing,
    Number(f64),
    Flag(bool),
    Text(String),
    Texts(Vec<String>),
}

impl From<&Value<'_>> for Held {
    fn from(value: &Value<'_>) -> Self {
        match value {
            Value::Missing => Self::Missing,
            Value::Number(number) => Self::Number(*number),
            Value::Flag(flag) => Self::Flag(*flag),
            Value::Text(text) => Self::Text((*text).to_owned()),
            Value::Texts(texts) => Self::Texts(texts.iter().map(|text| (*text).to_owned()).collect()),
        }
    }
}

fn input(bytes: impl AsRef<[u8]>) -> TableInput {
    TableInput::of(TableSource::Bytes(bytes.as_ref().into()))
}

fn skipping(bytes: impl AsRef<[u8]>) -> TableInput {
    TableInput { skip_bad: true, ..input(bytes) }
}

fn required(name: &str, kind: Kind) -> Column {
    Column { name: name.to_owned(), kind, required: true }
}

fn optional(name: &str, kind: Kind) -> Column {
    Column { required: false, ..required(name, kind) }
}

type Read = (Vec<Vec<Held>>, Summary);

/// All rows; their positions must be those that are not bad.
fn rows(input: &TableInput, columns: &[Column]) -> Result<Read, TableError> {
    let mut found = Vec::new();
    let mut last = None;
    let summary = read_rows(input, columns, &|_, _, _| {}, &mut |position, values| {
        assert!(last.is_none_or(|last| position > last), "positions grow");
        last = Some(position);
        found.push(values.iter().map(Held::from).collect());
        Ok(())
    })?;
    assert_eq!(summary.rows, found.len() as u64);
    assert!(last.is_none_or(|last| last < summary.rows + summary.bad));
    Ok((found, summary))
}

/// The error with all its causes, as commands print it.
fn message(error: &TableError) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(found) = cause {
        message += &format!(": {found}");
        cause = found.source();
    }
    message
}

#[track_caller]
fn refusal(input: &TableInput, columns: &[Column]) -> String {
    message(&rows(input, columns).expect_err("it is refused"))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// A `.npy` file of version 1.0.
fn npy(descr: &str, is_by_column: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if is_by_column { "True" } else { "False" };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    // the data begin at a multiple of 64 bytes
    let padding = (10 + header.len() + 1).next_multiple_of(64) - 10 - header.len() - 1;
    header += &" ".repeat(padding);
    header.push('\n');
    let length = u16::try_from(header.len()).unwrap();
    [&b"\x93NUMPY\x01\0"[..], &length.to_le_bytes(), header.as_bytes(), data].concat()
}

/// An `.npz` archive.
fn npz(members: &[(&str, &[u8])], is_compressed: bool) -> Vec<u8> {
    let method = if is_compressed { CompressionMethod::DEFLATE } else { CompressionMethod::STORE };
    let mut archive = ZipArchiveWriter::new(Vec::new());
    for (name, bytes) in members {
        let name = format!("{name}.npy");
        let (mut entry, config) = archive.new_file(&name).compression_method(method).start().unwrap();
        let descriptor = if is_compressed {
            let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::default()));
            writer.write_all(bytes).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap().1
        };
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap()
}
