//! Which table a command reads, and how.

use anyhow::{Context, Result};
use clap::builder::PossibleValue;
use dataset::{ArrayNames, Format, TableInput};
use std::path::PathBuf;

/// Options of all commands that read a table.
#[derive(clap::Args, Debug)]
pub struct TableOptions {
    /// A table: CSV, JSON, JSON Lines, NumPy's npy and npz, Parquet or Arrow IPC, plain or compressed by gzip or zstd; `-` is
    /// stdin
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// What it is written in [default: what its first bytes say, for text also its name]
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormatArgument>,
    /// What separates the cells of CSV: a character, or `tab` [default: the one of `,`, `;` and tab that the header has]
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// The array of an npz archive that holds the rows [default: the only one of two dimensions]
    #[arg(long, value_name = "NAME")]
    matrix: Option<String>,
    /// The array of an npz archive with a value for each row [default: all of one dimension that are as long]
    #[arg(long, value_name = "NAME")]
    labels: Option<String>,
}

#[derive(Clone, Copy, Debug)]
struct FormatArgument(Format);

impl clap::ValueEnum for FormatArgument {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [FormatArgument; Format::ALL.len()] = {
            let mut all = [FormatArgument(Format::Csv); Format::ALL.len()];
            let mut which = 0;
            while which < all.len() {
                all[which].0 = Format::ALL[which];
                which += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

impl TableOptions {
    /// The table, bad rows refused or left out.
    pub fn input(&self, skip_bad: bool) -> TableInput {
        TableInput {
            format: self.format.map(|argument| argument.0),
            delimiter: self.delimiter,
            arrays: ArrayNames { matrix: self.matrix.clone(), labels: self.labels.clone() },
            skip_bad,
            ..TableInput::new(&self.file)
        }
    }

    /// Its name in messages.
    pub fn name(&self) -> String {
        if self.file.as_os_str() == "-" { "stdin".to_owned() } else { self.file.display().to_string() }
    }
}

fn delimiter(text: &str) -> Result<u8> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
        _ => None.context("it is one ASCII character, or `tab`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_one_character() {
        assert_eq!(
            [",", ";", "tab", "\\t", "|"].map(|text| delimiter(text).unwrap()),
            [b',', b';', b'\t', b'\t', b'|']
        );
        for text in ["", ",,", "\"", "\n", "ä"] {
            assert!(delimiter(text).is_err(), "{text:?}");
        }
    }
}
