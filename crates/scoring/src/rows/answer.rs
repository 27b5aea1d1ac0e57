//! What the nearest rows say.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// One of the nearest rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LabelledNeighbour<'a> {
    /// Its number, counted from 0 in the order read.
    pub row: u32,
    /// Its name, if rows have names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    /// Its label, if rows have labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<&'a str>,
    /// Squared, with weights, of the values given.
    pub distance: f64,
}

/// The nearest rows, and how their labels are shared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RowAnswer<'a> {
    /// Nearest first, ties by the lower row.
    pub neighbours: Vec<LabelledNeighbour<'a>>,
    /// The most frequent label, ties by the schema's order; `None` without labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<&'a str>,
    /// The share of each label, in the schema's order; empty without labels.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_map")]
    pub shares: Vec<(&'a str, f64)>,
}

/// Writes labels and their shares as an object.
pub(super) fn as_map<S: Serializer>(shares: &[(&str, f64)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(shares.len()))?;
    for (label, share) in shares {
        map.serialize_entry(label, share)?;
    }
    map.end()
}

impl<'a> RowAnswer<'a> {
    pub(super) fn new(neighbours: Vec<LabelledNeighbour<'a>>, names: &'a [String]) -> Self {
        let count = |name: &str| neighbours.iter().filter(|neighbour| neighbour.label == Some(name)).count();
        let counts: Vec<_> = names.iter().map(|name| (name.as_str(), count(name))).collect();
        // The last of the greatest of all in reverse is the first.
        let label = counts.iter().rev().max_by_key(|(_, count)| *count).map(|(name, _)| *name);
        let all = neighbours.len() as f64;
        let shares = counts.iter().map(|(name, count)| (*name, *count as f64 / all)).collect();
        Self { neighbours, label, shares }
    }
}
