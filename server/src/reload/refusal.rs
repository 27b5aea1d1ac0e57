//! Why what is published does not answer.

use super::shape::OtherSchema;
use crate::failure::Failure;
use index::OpenError;
use index::format::FormatError;
use index::knn::RowImageError;
use scoring::{ImageError, RowsError};
use shm_loader::AttachError;
use std::path::Path;

/// Why what is published was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nothing is published, or it cannot be mapped, or must not.
    #[error(transparent)]
    NotAttached(#[from] AttachError),
    /// It is not sound.
    #[error(transparent)]
    Invalid(#[from] ImageError),
    /// It is sound, and not for the requests that are answered here.
    #[error(transparent)]
    OtherSchema(#[from] OtherSchema),
    /// It was sound, and was not any more when it was warmed up, or while it was checked.
    #[error("it changed while it was checked")]
    Changed,
}

/// Kinds of refusals, to be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Reason {
    /// The folder or the file could be changed by others.
    NotTrusted,
    /// It cannot be opened or mapped.
    Unreadable,
    /// It is an index of a format that this program does not read.
    OtherFormat,
    /// It is no index, or a damaged one.
    Damaged,
    /// The rules, or the schema, in it are none.
    BadRules,
    /// It changed while it was checked.
    Changed,
    /// It is for other requests or answers than those of this server.
    OtherSchema,
}

impl Reason {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::NotTrusted,
        Self::Unreadable,
        Self::OtherFormat,
        Self::Damaged,
        Self::BadRules,
        Self::Changed,
        Self::OtherSchema,
    ];

    /// As logs and metrics have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotTrusted => "not_trusted",
            Self::Unreadable => "unreadable",
            Self::OtherFormat => "other_format",
            Self::Damaged => "damaged",
            Self::BadRules => "bad_rules",
            Self::Changed => "changed",
            Self::OtherSchema => "other_schema",
        }
    }
}

impl Refusal {
    /// `None` if there is nothing that could be refused.
    pub fn reason(&self) -> Option<Reason> {
        Some(match self {
            Self::NotAttached(AttachError::NoSegment { .. }) => return None,
            Self::NotAttached(
                AttachError::OtherOwner { .. } | AttachError::WritableByOthers { .. } | AttachError::Folder(_),
            ) => Reason::NotTrusted,
            Self::NotAttached(_) => Reason::Unreadable,
            Self::Invalid(ImageError::Index(OpenError::Format(FormatError::UnsupportedVersion { .. }))) => {
                Reason::OtherFormat
            }
            Self::Invalid(ImageError::Rows(RowsError::Index(RowImageError::Format(
                FormatError::UnsupportedVersion { .. },
            )))) => Reason::OtherFormat,
            Self::Invalid(ImageError::Index(_) | ImageError::Rows(RowsError::Index(_) | RowsError::Ids(_))) => {
                Reason::Damaged
            }
            Self::Invalid(ImageError::Rules(_) | ImageError::Rows(_)) => Reason::BadRules,
            Self::OtherSchema(_) => Reason::OtherSchema,
            Self::Changed => Reason::Changed,
        })
    }

    /// Whether the file itself is at fault, so that it need not be looked at again until it is another one.
    pub fn is_of_the_file(&self) -> bool {
        !matches!(self, Self::NotAttached(_))
    }

    /// The same as the reason why a server does not start.
    pub fn into_failure(self, dir: &Path) -> Failure {
        let dir = dir.to_path_buf();
        match self {
            Self::NotAttached(error) => Failure::NoIndex(error),
            Self::Invalid(error) => Failure::InvalidIndex { dir, error },
            Self::OtherSchema(error) => Failure::OtherSchema { dir, error },
            Self::Changed => Failure::ChangedIndex { dir },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_stands_at_its_number_and_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.name()).collect();
        assert_eq!(names.len(), Reason::ALL.len());
        assert!((0..).zip(Reason::ALL).all(|(number, reason)| reason as usize == number));
    }
}
