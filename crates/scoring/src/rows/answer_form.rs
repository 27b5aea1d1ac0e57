//! How an answer is written as JSON: what its schema asks for, prepared once for each generation.

use index::knn::{Found, RowIndex};
use schema::{AnswerKind, SchemaFile};

use super::ids::ids;

/// The longest id of a payload that an answer repeats, in bytes.
pub const MAX_ECHOED_ID_BYTES: usize = 256;

/// Writes the answers of one generation.
pub struct AnswerForm {
    kind: Kind,
    echoes_id: bool,
    lists_neighbours: bool,
    /// How many rows answer: the schema's `k`, or all rows if there are fewer.
    k: usize,
    /// By number, in quotes.
    labels: Box<[Box<[u8]>]>,
    /// By how many of the `k` rows have a label, their share.
    shares: Box<[Box<[u8]>]>,
    max_bytes: usize,
}

/// What an answer says of labels.
enum Kind {
    Neighbours,
    Shares,
    Threshold {
        label: u8,
        /// In quotes.
        score_key: Box<[u8]>,
        /// In quotes.
        decision_key: Box<[u8]>,
        /// The decision is true if fewer rows have the label.
        below: usize,
    },
}

/// Bytes of the longest number that an answer holds: an f64 in its shortest form.
const MAX_NUMBER_BYTES: usize = 25;
/// Keys, brackets and commas of an answer without those of a neighbour or a label.
const MAX_FRAME_BYTES: usize = 64;
/// Those of a neighbour, its row's number among them.
const MAX_NEIGHBOUR_FRAME_BYTES: usize = r#"{"row":4294967295,"id":,"label":,"distance":},"#.len();
/// A byte of a text as JSON has it at most: `\u001f`.
const MAX_ESCAPED_BYTE: usize = 6;

impl AnswerForm {
    pub(super) fn of(schema: &SchemaFile, index: &RowIndex<'_>) -> Self {
        let k = schema.k().min(index.shape().rows as usize);
        let names = schema.labels().map_or(&[][..], |labels| &labels.names);
        let share = |count: usize| count as f64 / k as f64;
        let kind = match &schema.answer().kind {
            AnswerKind::Neighbours => Kind::Neighbours,
            AnswerKind::Shares => Kind::Shares,
            AnswerKind::Threshold { label, score_key, decision_key, threshold } => Kind::Threshold {
                label: *label,
                score_key: quoted(score_key),
                decision_key: quoted(decision_key),
                below: (0..=k).take_while(|count| share(*count) < *threshold).count(),
            },
        };
        let mut form = Self {
            lists_neighbours: schema.answer().neighbours || matches!(kind, Kind::Neighbours),
            kind,
            echoes_id: schema.answer().echo_id,
            k,
            labels: names.iter().map(|name| quoted(name)).collect(),
            shares: (0..=k).map(|count| number(share(count))).collect(),
            max_bytes: 0,
        };
        form.max_bytes = form.longest(index);
        form
    }

    /// How many rows answer.
    pub fn k(&self) -> usize {
        self.k
    }

    /// No answer has more bytes.
    pub fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// Whether an answer begins with the payload's id.
    pub fn echoes_id(&self) -> bool {
        self.echoes_id
    }

    /// Whether an answer holds the nearest rows themselves.
    pub fn lists_neighbours(&self) -> bool {
        self.lists_neighbours
    }

    /// Begins an answer in `out`; `id` is the payload's.
    pub(super) fn begin(&self, id: Option<&str>, out: &mut Vec<u8>) {
        out.clear();
        out.push(b'{');
        if let Some(id) = id.filter(|_| self.echoes_id) {
            out.extend_from_slice(b"\"id\":");
            write_json(out, id);
            out.push(b',');
        }
    }

    /// Writes the rest of the answer behind what [`AnswerForm::begin`] has written: `counts` has how many of the nearest rows have
    /// each label, and `found` these rows if [`AnswerForm::lists_neighbours`]. Returns the number of the most frequent label, ties
    /// by the schema's order.
    pub(super) fn finish(
        &self,
        index: &RowIndex<'_>,
        counts: &[u32],
        found: &[Found],
        out: &mut Vec<u8>,
    ) -> Option<u8> {
        // The last of the greatest of all in reverse is the first.
        let label = (0..counts.len()).rev().max_by_key(|label| counts[*label]);
        match &self.kind {
            Kind::Neighbours => write_k(self.k, out),
            Kind::Shares => {
                out.extend_from_slice(b"\"label\":");
                out.extend_from_slice(label.map_or(&b"null"[..], |label| &self.labels[label]));
                out.extend_from_slice(b",\"shares\":{");
                for (place, (name, count)) in self.labels.iter().zip(counts).enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    out.extend_from_slice(name);
                    out.push(b':');
                    out.extend_from_slice(&self.shares[*count as usize]);
                }
                out.extend_from_slice(b"},");
                write_k(self.k, out);
            }
            Kind::Threshold { label, score_key, decision_key, below } => {
                let count = counts[usize::from(*label)] as usize;
                out.extend_from_slice(decision_key);
                out.extend_from_slice(if count < *below { &b":true,"[..] } else { b":false," });
                out.extend_from_slice(score_key);
                out.push(b':');
                out.extend_from_slice(&self.shares[count]);
            }
        }
        if self.lists_neighbours {
            self.write_neighbours(index, found, out);
        }
        out.push(b'}');
        debug_assert!(out.len() <= self.max_bytes, "{} bytes, at most {}", out.len(), self.max_bytes);
        label.map(|label| label as u8)
    }

    fn write_neighbours(&self, index: &RowIndex<'_>, found: &[Found], out: &mut Vec<u8>) {
        let ids = ids(index);
        out.extend_from_slice(b",\"neighbours\":[");
        for (place, found) in found.iter().enumerate() {
            out.extend_from_slice(if place > 0 { &b",{\"row\":"[..] } else { b"{\"row\":" });
            write_json(out, &found.row);
            if let Some(ids) = ids {
                out.extend_from_slice(b",\"id\":");
                write_json(out, ids.get(found.row).unwrap_or_default());
            }
            if let Some(label) = index.label(found.row) {
                out.extend_from_slice(b",\"label\":");
                out.extend_from_slice(&self.labels[usize::from(label)]);
            }
            out.extend_from_slice(b",\"distance\":");
            write_number(out, found.distance);
            out.push(b'}');
        }
        out.push(b']');
    }

    /// Bytes of the longest answer.
    fn longest(&self, index: &RowIndex<'_>) -> usize {
        let longest_label = self.labels.iter().map(|name| name.len()).max().unwrap_or(0);
        let longest_share = self.shares.iter().map(|share| share.len()).max().unwrap_or(0);
        let id = if self.echoes_id { MAX_ESCAPED_BYTE * MAX_ECHOED_ID_BYTES } else { 0 };
        let labels: usize = match &self.kind {
            Kind::Neighbours => 0,
            Kind::Shares => {
                let shares = self.labels.iter().map(|name| name.len() + longest_share + 2);
                longest_label + shares.sum::<usize>()
            }
            Kind::Threshold { score_key, decision_key, .. } => score_key.len() + decision_key.len() + longest_share,
        };
        let neighbours = if self.lists_neighbours {
            self.k * (MAX_NEIGHBOUR_FRAME_BYTES + longest_id(index) + longest_label + MAX_NUMBER_BYTES)
        } else {
            0
        };
        MAX_FRAME_BYTES + id + labels + neighbours
    }
}

/// Bytes of the longest name of a row, in quotes.
fn longest_id(index: &RowIndex<'_>) -> usize {
    let Some(ids) = ids(index) else { return 0 };
    let escaped = |text: &str| -> usize {
        let escaped = text.bytes().map(|byte| match byte {
            b'"' | b'\\' => 2,
            byte if byte < b' ' => MAX_ESCAPED_BYTE,
            _ => 1,
        });
        escaped.sum()
    };
    (0..index.shape().rows).map(|row| escaped(ids.get(row).unwrap_or_default())).max().unwrap_or(0) + 2
}

fn quoted(text: &str) -> Box<[u8]> {
    let mut out = Vec::new();
    write_json(&mut out, text);
    out.into()
}

fn number(value: f64) -> Box<[u8]> {
    let mut out = Vec::new();
    write_number(&mut out, value);
    out.into()
}

fn write_k(k: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"k\":");
    write_json(out, &k);
}

/// The shortest text that is read as the same number; a whole one is written without a fraction.
fn write_number(out: &mut Vec<u8>, value: f64) {
    /// Below it, a whole number is the same as i64 and as f64.
    const ALL_EXACT: f64 = (1_u64 << 53) as f64;
    if value.fract() == 0.0 && value.abs() < ALL_EXACT {
        write_json(out, &(value as i64));
    } else {
        write_json(out, &value);
    }
}

/// Texts and numbers; allocates nothing but what `out` has no room for.
fn write_json(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    serde_json::to_writer(&mut *out, value).expect("texts and numbers can be written to memory");
}
