//! An image of either kind: the contest's references with their rules, or rows with their schema.
//!
//! References are stored in format 2, rows in format 3; the header holds the version.

use std::fmt;
use std::sync::Arc;

use index::format::is_container;
use index::{Index, Info, InstructionSet};
use serde::Serialize;
use space::Progress;

use crate::generation::Generation;
use crate::image::{ImageError, decode_rules};
use crate::rows::{RowGeneration, RowsInfo, validate_rows, verified_rows};

/// An opened image of either kind.
#[derive(Clone)]
pub enum AnyGeneration {
    /// References of the contest's kind, with its rules.
    References(Arc<Generation>),
    /// Rows, with their schema.
    Rows(Arc<RowGeneration>),
}

/// What an image holds; serialized, it is the JSON that people's scripts read.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum ImageInfo {
    /// Of references.
    References(Info),
    /// Of rows.
    Rows(RowsInfo),
}

/// What an image holds, in short; [`Display`](fmt::Display) says it in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Contents {
    /// References of the contest's kind.
    References {
        /// How many.
        references: u32,
    },
    /// Rows of a schema.
    Rows {
        /// The schema's name.
        schema: String,
        /// Tells versions of a schema apart.
        fingerprint: String,
        /// How many.
        rows: u32,
        /// Values of each.
        dimensions: u32,
        /// Names of the labels.
        labels: Vec<String>,
        /// How the nearest are found.
        method: &'static str,
    },
}

impl AnyGeneration {
    /// Checks everything in the image that `owner` keeps, and answers with `kernel` from then on. What is refused is dropped. The
    /// bytes must begin at a multiple of 4 and must not change.
    ///
    /// # Errors
    ///
    /// What [`Generation::open`] and [`RowGeneration::open`] refuse.
    pub fn open(
        owner: impl AsRef<[u8]> + Send + Sync + 'static,
        kernel: InstructionSet,
        progress: &Progress<'_>,
    ) -> Result<Self, ImageError> {
        Ok(if is_container(owner.as_ref()) {
            Self::Rows(Arc::new(RowGeneration::open(owner, kernel, progress)?))
        } else {
            Self::References(Arc::new(Generation::open_telling(owner, kernel, progress)?))
        })
    }

    /// [`AnyGeneration::open`] for bytes that were checked before, by this very version.
    ///
    /// # Errors
    ///
    /// What [`Generation::open_verified`] and [`RowGeneration::open_verified`] refuse.
    pub fn open_verified(
        owner: impl AsRef<[u8]> + Send + Sync + 'static,
        kernel: InstructionSet,
    ) -> Result<Self, ImageError> {
        Ok(if is_container(owner.as_ref()) {
            Self::Rows(Arc::new(RowGeneration::open_verified(owner, kernel)?))
        } else {
            Self::References(Arc::new(Generation::open_verified(owner, kernel)?))
        })
    }

    /// How many generations were opened before it in this process: no other has the same.
    pub fn serial(&self) -> u64 {
        match self {
            Self::References(generation) => generation.serial(),
            Self::Rows(generation) => generation.serial(),
        }
    }

    /// What it holds.
    pub fn info(&self) -> ImageInfo {
        match self {
            Self::References(generation) => ImageInfo::References(generation.index().info()),
            Self::Rows(generation) => ImageInfo::Rows(generation.info()),
        }
    }
}

impl ImageInfo {
    /// Of an image of either kind, once everything in it is checked.
    ///
    /// # Errors
    ///
    /// As [`AnyGeneration::open`].
    pub fn check(image: &[u8], kernel: InstructionSet, progress: &Progress<'_>) -> Result<Self, ImageError> {
        if is_container(image) {
            return Ok(Self::Rows(validate_rows(image, kernel, progress)?));
        }
        let index = Index::open_telling(image, kernel, progress)?;
        decode_rules(&index)?;
        Ok(Self::References(index.info()))
    }

    /// [`ImageInfo::check`] for bytes that were checked before, by this very version.
    ///
    /// # Errors
    ///
    /// As [`AnyGeneration::open_verified`].
    pub fn of_verified(image: &[u8], kernel: InstructionSet) -> Result<Self, ImageError> {
        if is_container(image) {
            return Ok(Self::Rows(verified_rows(image, kernel)?));
        }
        Ok(Self::References(Index::check_verified(image, kernel)?.over(image)?.info()))
    }

    /// XXH3-64 of the image in hexadecimal.
    pub fn checksum(&self) -> &str {
        match self {
            Self::References(info) => &info.checksum,
            Self::Rows(info) => &info.index.checksum,
        }
    }

    /// Bytes of the image.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::References(info) => info.bytes,
            Self::Rows(info) => info.index.bytes,
        }
    }

    /// The kernel that answers.
    pub fn kernel(&self) -> &'static str {
        match self {
            Self::References(info) => info.kernel,
            Self::Rows(info) => info.index.kernel,
        }
    }

    /// The same in short.
    pub fn contents(&self) -> Contents {
        match self {
            Self::References(info) => Contents::References { references: info.references },
            Self::Rows(info) => Contents::Rows {
                schema: info.schema.clone(),
                fingerprint: info.fingerprint.clone(),
                rows: info.index.rows,
                dimensions: info.index.dimensions,
                labels: info.label_names.clone(),
                method: info.index.method,
            },
        }
    }
}

impl Contents {
    /// How many references or rows.
    pub fn count(&self) -> u32 {
        match self {
            Self::References { references } => *references,
            Self::Rows { rows, .. } => *rows,
        }
    }

    /// How many references, if it holds references.
    pub fn references(&self) -> Option<u32> {
        match self {
            Self::References { references } => Some(*references),
            Self::Rows { .. } => None,
        }
    }

    /// How many rows, if it holds rows.
    pub fn rows(&self) -> Option<u32> {
        match self {
            Self::References { .. } => None,
            Self::Rows { rows, .. } => Some(*rows),
        }
    }

    /// The schema's name, if it holds rows.
    pub fn schema(&self) -> Option<&str> {
        match self {
            Self::References { .. } => None,
            Self::Rows { schema, .. } => Some(schema),
        }
    }
}

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::References { references } => write!(f, "{references} references"),
            Self::Rows { schema, rows, dimensions, labels, method, .. } => {
                write!(f, "{rows} rows of {schema}, {dimensions} dimensions, {} labels, {method}", labels.len())
            }
        }
    }
}
