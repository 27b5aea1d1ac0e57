//! What clients were promised by the first image, and whether a later one keeps it.

use crate::limits::{MAX_ANSWER_BYTES, answer_room};
use schema::SchemaFile;
use scoring::{AnyGeneration, RowGeneration};

/// What all images of a running server have in common.
#[derive(Clone, Debug)]
pub enum Shape {
    /// They are the contest's references.
    References,
    /// They are rows of a schema of one name and one form of answers.
    Rows {
        /// Of the first image.
        schema: Box<SchemaFile>,
        /// Bytes reserved for the longest answer.
        answer_room: usize,
    },
}

/// An image that is sound, and for other requests or answers than those that are served. Says what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OtherSchema(String);

impl Shape {
    /// That of the first image.
    pub fn of(generation: &AnyGeneration) -> Self {
        match generation {
            AnyGeneration::References(_) => Self::References,
            AnyGeneration::Rows(rows) => Self::Rows {
                schema: Box::new(rows.plan().schema().clone()),
                answer_room: answer_room(rows.answer_form().max_bytes()),
            },
        }
    }

    /// Whether `next` may answer in the place of what has this shape; without one, whether it may be the first.
    ///
    /// # Errors
    ///
    /// What is other, in words.
    pub fn check(shape: Option<&Self>, next: &AnyGeneration) -> Result<(), OtherSchema> {
        let room = match shape {
            Some(Self::Rows { answer_room, .. }) => *answer_room,
            _ => MAX_ANSWER_BYTES,
        };
        if let AnyGeneration::Rows(rows) = next {
            let longest = rows.answer_form().max_bytes();
            if longest > room {
                return Err(OtherSchema(format!("an answer can have {longest} bytes, there is room for {room}")));
            }
        }
        match (shape, next) {
            (None, _) | (Some(Self::References), AnyGeneration::References(_)) => Ok(()),
            (Some(Self::Rows { schema, .. }), AnyGeneration::Rows(rows)) => same_answers(schema, rows),
            (Some(Self::References), AnyGeneration::Rows(rows)) => Err(OtherSchema(format!(
                "it holds rows of the schema {}, and this server answers by the contest's references",
                rows.plan().schema().name()
            ))),
            (Some(Self::Rows { schema, .. }), AnyGeneration::References(_)) => Err(OtherSchema(format!(
                "it holds the contest's references, and this server answers by rows of the schema {}",
                schema.name()
            ))),
        }
    }
}

fn same_answers(served: &SchemaFile, next: &RowGeneration) -> Result<(), OtherSchema> {
    let next = next.plan().schema();
    if next.name() != served.name() {
        return Err(OtherSchema(format!(
            "its schema is {}, and this server answers by {}",
            next.name(),
            served.name()
        )));
    }
    let names = |schema: &SchemaFile| schema.labels().map(|labels| labels.names.clone());
    for (what, is_same) in [
        ("labels", names(next) == names(served)),
        ("form of answers", next.answer() == served.answer()),
        ("names of rows", next.row_id().is_some() == served.row_id().is_some()),
    ] {
        if !is_same {
            return Err(OtherSchema(format!(
                "its schema {} has other {what} than the one that is served",
                next.name()
            )));
        }
    }
    Ok(())
}
