//! What a failed parse of JSON says about the body: the cold second look.
use simd_json::{Error, ErrorType, Node};

use crate::depth::MAX_DEPTH;
use crate::error::{PayloadError, SyntaxFault};

/// The longest path of keys that leads to a field.
pub(crate) const MAX_PATH_KEYS: usize = 8;

/// `body` as it came, `structurals` the places of its brackets, commas, colons and beginnings of values, `nodes` the
/// tape up to the fault; `field_at` knows the field under a path of keys.
#[cold]
pub(crate) fn diagnose<F>(
    error: &Error,
    body: &[u8],
    structurals: &[u32],
    nodes: &[Node<'_>],
    field_at: impl Fn(&[&str]) -> Option<F>,
) -> PayloadError<F> {
    // The first pass over the body reports neither place nor character.
    if error.character().is_none() {
        return match error.error() {
            ErrorType::Eof => PayloadError::Empty,
            ErrorType::InputTooLarge => PayloadError::TooLong,
            ErrorType::InvalidUtf8 => not_utf8(body),
            _ => broken_string(body),
        };
    }
    let at = error.index();
    let fault = match error.error() {
        ErrorType::DepthLimitExceeded => return PayloadError::TooDeep { at },
        ErrorType::InvalidNumber if is_infinite(body, structurals, at) => {
            let field = with_path(at, body, structurals, nodes, field_at);
            return field.map_or(PayloadError::NumberOutOfRange { at }, PayloadError::OutOfRange);
        }
        ErrorType::TrailingData => return trailing(structurals, at),
        ErrorType::InternalError if document_is_complete(nodes) => return trailing(structurals, at),
        ErrorType::InvalidEscape
        | ErrorType::InvalidUnicodeEscape
        | ErrorType::InvalidUnicodeCodepoint
        | ErrorType::InvalidUtf8 => {
            // Its place is counted from the string's.
            let at = string_at(nodes.len(), body, structurals, nodes);
            return PayloadError::NotJson { fault: SyntaxFault::BadEscape, at };
        }
        ErrorType::Syntax => SyntaxFault::Truncated,
        ErrorType::InvalidNumber => SyntaxFault::MalformedNumber,
        ErrorType::ExpectedArrayContent => SyntaxFault::ExpectedArrayContent,
        ErrorType::ExpectedObjectContent => SyntaxFault::ExpectedObjectContent,
        ErrorType::ExpectedObjectKey => SyntaxFault::ExpectedKey,
        ErrorType::ExpectedObjectColon => SyntaxFault::ExpectedColon,
        ErrorType::InternalError | ErrorType::ExpectedTrue | ErrorType::ExpectedFalse | ErrorType::ExpectedNull => {
            SyntaxFault::ExpectedValue
        }
        _ => SyntaxFault::Other,
    };
    PayloadError::NotJson { fault, at }
}

fn not_utf8<F>(body: &[u8]) -> PayloadError<F> {
    let at = std::str::from_utf8(body).err().map_or(0, |error| error.valid_up_to());
    PayloadError::NotUtf8 { at }
}

/// A control character within a string, or else the string that does not end.
fn broken_string<F>(body: &[u8]) -> PayloadError<F> {
    let mut start = None;
    let mut bytes = body.iter().enumerate();
    while let Some((at, &byte)) = bytes.next() {
        match byte {
            b'\\' => _ = bytes.next(),
            b'"' => start = if start.is_none() { Some(at) } else { None },
            0..0x20 if start.is_some() => {
                return PayloadError::NotJson { fault: SyntaxFault::ControlCharacter, at };
            }
            _ => {}
        }
    }
    PayloadError::NotJson { fault: SyntaxFault::UnterminatedString, at: start.unwrap_or(0) }
}

/// Whether the number that begins at `at` is well formed but beyond f64; if it is malformed, `at` is where it breaks.
fn is_infinite(body: &[u8], structurals: &[u32], at: usize) -> bool {
    if structurals.binary_search_by_key(&at, |&place| place as usize).is_err() {
        return false;
    }
    let is_part = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    let length = body[at..].iter().take_while(is_part).count();
    let number = std::str::from_utf8(&body[at..at + length]).unwrap_or_default();
    number.parse::<f64>().is_ok_and(f64::is_infinite)
}

/// Whether a JSON object ended, and the fault lies behind it.
fn document_is_complete(nodes: &[Node<'_>]) -> bool {
    matches!(nodes.first(), Some(Node::Object { count, .. } | Node::Array { count, .. }) if 1 + count == nodes.len())
}

/// `last`: where the last token of the document begins.
fn trailing<F>(structurals: &[u32], last: usize) -> PayloadError<F> {
    let next = structurals.partition_point(|&place| place as usize <= last);
    PayloadError::TrailingBytes { at: structurals.get(next).map_or(last, |&place| place as usize) }
}

/// Where the string begins that stands at `node` on the tape, or that follows those on it.
#[cold]
pub(crate) fn string_at(node: usize, body: &[u8], structurals: &[u32], nodes: &[Node<'_>]) -> usize {
    let before = nodes[..node].iter().filter(|node| matches!(node, Node::String(_))).count();
    let mut strings = structurals.iter().map(|&place| place as usize).filter(|&place| body[place] == b'"');
    strings.nth(before).unwrap_or(0)
}

/// The field whose value begins at `at`: what `field_at` says of the keys that lead there.
fn with_path<F>(
    at: usize,
    body: &[u8],
    structurals: &[u32],
    nodes: &[Node<'_>],
    field_at: impl Fn(&[&str]) -> Option<F>,
) -> Option<F> {
    // The tape gives the strings unescaped, in the order of their quotes.
    let mut strings = nodes.iter().filter_map(|node| match node {
        Node::String(text) => Some(*text),
        _ => None,
    });
    let mut depth = 0;
    let mut is_object = [false; MAX_DEPTH + 1];
    let mut keys = [""; 1 + MAX_PATH_KEYS];
    let mut key_follows = false;
    for place in structurals.iter().map(|&place| place as usize).take_while(|&place| place < at) {
        match body[place] {
            opening @ (b'{' | b'[') => {
                depth += 1;
                is_object[depth] = opening == b'{';
                key_follows = is_object[depth];
            }
            b'}' | b']' => depth -= 1,
            b',' => key_follows = is_object[depth],
            b':' => key_follows = false,
            b'"' => {
                let text = strings.next()?;
                if key_follows && depth < keys.len() {
                    keys[depth] = text;
                }
            }
            _ => {}
        }
    }
    let leads_there = (1..keys.len()).contains(&depth) && is_object[1..=depth].iter().all(|is_object| *is_object);
    if leads_there { field_at(&keys[1..=depth]) } else { None }
}
