//! What the fuzzers call: any bytes in, no panic, and the same verdict however the bytes were cut.
//!
//! The workspace `fuzz` gives these random bytes; the tests below give them the committed ones. Cuts are drawn from the
//! bytes themselves, so that a request is a good input as it stands.

use crate::chunked::{Decoded, Decoder};
use crate::head::{self, Parsed};
use crate::limits::Limits;
use crate::status::Refusal;

/// Small, so that short inputs reach them.
pub const LIMITS: Limits = Limits { head_bytes: 1024, body_bytes: 2048, ..Limits::DEFAULT };

/// Two positions in `bytes`, in order; the same bytes, the same positions.
pub fn cuts(bytes: &[u8]) -> [usize; 2] {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let at = |part: u64| (part as usize) % (bytes.len() + 1);
    let (first, second) = (at(hash >> 40), at(hash & 0xff_ffff));
    [first.min(second), first.max(second)]
}

/// A request head.
pub fn head(bytes: &[u8]) {
    let mut lists = [(); 5].map(|()| head::field_list());
    let [whole_list, again_list, piece_lists @ ..] = &mut lists;
    let whole = head::parse(bytes, 0, LIMITS.head_bytes, whole_list);
    if let Parsed::Complete(head) = whole {
        assert!(head.bytes <= bytes.len() && bytes[..head.bytes].ends_with(b"\r\n\r\n"));
        let again = head::parse(&bytes[..head.bytes], 0, LIMITS.head_bytes, again_list);
        assert_eq!(again, whole, "what follows must not matter");
    }
    let mut seen = 0;
    let mut in_pieces = Parsed::Incomplete;
    for (cut, list) in cuts(bytes).into_iter().chain([bytes.len()]).zip(piece_lists) {
        if in_pieces == Parsed::Incomplete {
            in_pieces = head::parse(&bytes[..cut], seen, LIMITS.head_bytes, list);
            seen = cut;
        }
    }
    assert_eq!(in_pieces, whole, "cut at {:?}", cuts(bytes));
}

/// A request body under the chunked coding.
pub fn chunked(bytes: &[u8]) {
    assert_eq!(decode(bytes, &cuts(bytes)), decode(bytes, &[]), "cut at {:?}", cuts(bytes));
}

/// Body and what follows it, `None` if it does not end.
type BodyAndRest = Option<(Vec<u8>, Vec<u8>)>;

fn decode(bytes: &[u8], cuts: &[usize]) -> Result<BodyAndRest, Refusal> {
    let mut decoder = Decoder::new(LIMITS.body_bytes);
    let (mut buffer, mut from) = (Vec::new(), 0);
    for &cut in cuts.iter().chain([&bytes.len()]) {
        buffer.extend_from_slice(&bytes[from..cut]);
        from = cut;
        match decoder.decode(&mut buffer)? {
            Decoded::Incomplete { kept } => buffer.truncate(kept),
            Decoded::Complete { body, kept } => {
                buffer.truncate(kept);
                let mut rest = buffer.split_off(body);
                rest.extend_from_slice(&bytes[from..]);
                return Ok(Some((buffer, rest)));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Gives every committed file of this folder to `target`.
    fn replay(folder: &str, target: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
        let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!files.is_empty(), "{folder:?} must hold a corpus");
        for file in files {
            eprintln!("{}", file.display()); // shown when it fails
            target(&std::fs::read(file).unwrap());
        }
    }

    #[test]
    fn the_corpus_of_heads_is_replayed() {
        replay("fuzz/corpus/head", head);
    }

    #[test]
    fn the_corpus_of_bodies_is_replayed() {
        replay("fuzz/corpus/body", chunked);
    }
}
