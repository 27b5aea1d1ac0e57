//! What the fuzzers call, beside those of the crate `http`: any bytes in, no panic, and the same verdict however the bytes
//! were cut.
//!
//! The crate `fuzz` gives these random bytes; the tests below give them the committed ones. Cuts are drawn from the
//! bytes themselves, so that a request is a good input as it stands.

use crate::service::{Common, FraudScore};
use http::Step;
use http::fuzzing::{LIMITS, cuts};
use http::simulator::Peer;
use index::format::{Header, checksum};
use index::{Index, InstructionSet, RuleSections};
use listener::{Phase, SharedPhase};
use schema::{Parser, Rules};
use scoring::{Generation, Scorer};
use space::{DIMENSIONS, Label, Point};
use std::cell::RefCell;
use std::mem::offset_of;
use std::rc::Rc;
use std::sync::Arc;

/// A request body as a payload, which the parser's short cut must read as its long way.
pub fn body(bytes: &[u8]) {
    thread_local!(static PARSER: RefCell<Parser> = RefCell::new(Parser::new(LIMITS.body_bytes)));
    PARSER.with_borrow_mut(|parser| {
        let any_form = format!("{:?}", parser.parse_any_form(bytes));
        let parsed = parser.parse(bytes);
        assert_eq!(format!("{parsed:?}"), any_form);
        match parsed {
            Ok(transaction) => drop(Rules::default().vectorize(&transaction)),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    });
}

/// All that a client sends, to a server with a real index; then it ends, or the time is up.
pub fn connection(bytes: &[u8]) {
    PEERS.with_borrow_mut(|[whole, in_pieces]| {
        whole.reconnect();
        in_pieces.reconnect();
        whole.send(bytes);
        let mut from = 0;
        for cut in cuts(bytes).into_iter().chain([bytes.len()]) {
            in_pieces.send(&bytes[from..cut]);
            from = cut;
        }
        assert_eq!(whole.step, in_pieces.step, "cut at {:?}", cuts(bytes));
        assert!(whole.final_responses() == in_pieces.final_responses(), "cut at {:?}", cuts(bytes));
        whole.end();
        in_pieces.expire();
        for peer in [whole, in_pieces] {
            assert!(matches!(peer.step, Step::Close | Step::Linger), "{:?}", peer.step);
            must_be_answers(str::from_utf8(&peer.final_responses()).expect("answers are text"));
        }
    });
}

/// Whole answers with known codes; bodies of answers to HEAD may be missing.
fn must_be_answers(mut text: &str) {
    const CODES: [&str; 12] = ["200", "400", "404", "405", "408", "413", "417", "431", "501", "503", "505", "100"];
    while !text.is_empty() {
        let (head, rest) = text.split_once("\r\n\r\n").expect("a whole head");
        assert!(head.starts_with("HTTP/1.1 ") && CODES.contains(&&head[9..12]), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let length: usize = length.expect("a length").parse().expect("a number");
        let has_body = rest.len() >= length && !rest.starts_with("HTTP/1.1 ");
        text = if has_body { &rest[length..] } else { rest };
    }
}

thread_local! {
    static IMAGE: Rc<[u8]> = small_image().into();
    static PEERS: RefCell<[Peer<FraudScore>; 2]> = RefCell::new([peer(), peer()]);
}

/// A client of a server with a small index.
fn peer() -> Peer<FraudScore> {
    let generation = Generation::open(small_image(), InstructionSet::detect()).expect("it was just built");
    let scorer = Scorer::new(Arc::new(generation), LIMITS.body_bytes);
    Peer::new(FraudScore::new(Common::new(Arc::new(SharedPhase::new(Phase::Ready))), scorer), &LIMITS)
}

fn small_image() -> Vec<u8> {
    let vector = |n: i16| Point::new(std::array::from_fn(|dimension| (n * 31 + dimension as i16 * 97) % 10_000));
    let vectors: Vec<Point> = (0..300).map(|n| vector(n).expect("in range")).collect();
    let labels: Vec<Label> = (0..300).map(|n| if n % 3 == 0 { Label::Fraud } else { Label::Legit }).collect();
    scoring::build(&vectors, &labels, &Rules::default(), &|_, _, _| {}).expect("enough vectors")
}

/// Images are mapped: they begin at a multiple of this at least.
const MAPPING: usize = 64;
/// A patch: where (4 bytes, little-endian), and what.
const PATCH_BYTES: usize = 5;

/// An index image with some bytes changed and its checksum made right again: refused, or safe to ask. A checksum is no
/// proof of good faith, so nothing that an image says may lead outside it.
pub fn index(patches: &[u8]) {
    let original = IMAGE.with(Rc::clone);
    let mut memory = vec![0; original.len() + MAPPING];
    let start = memory.as_ptr().align_offset(MAPPING);
    let image = &mut memory[start..][..original.len()];
    image.copy_from_slice(&original);
    for patch in patches.chunks_exact(PATCH_BYTES).take(64) {
        let at = u32::from_le_bytes([patch[0], patch[1], patch[2], patch[3]]) as usize % image.len();
        image[at] = patch[4];
    }
    let is_cut = !patches.len().is_multiple_of(PATCH_BYTES);
    let length = image.len() - if is_cut { patches.len() % image.len() } else { 0 };
    let image = &mut image[..length];
    let sum = checksum(image);
    let at = offset_of!(Header, checksum);
    if let Some(field) = image.get_mut(at..at + size_of::<u64>()) {
        field.copy_from_slice(&sum.to_le_bytes());
    }
    let Ok(index) = Index::open(image) else { return };
    let RuleSections { normalization, mcc_risk } = index.rule_sections();
    let _ = Rules::decode(normalization, mcc_risk);
    for value in [-10_000, 0, 777, 10_000] {
        let Ok(query) = Point::new([value; DIMENSIONS]) else { continue };
        assert!(index.classify(&query) <= 5);
        assert!(index.neighbours(&query).is_sorted_by_key(|neighbour| neighbour.distance));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Gives every committed file of these folders to `target`.
    fn replay(folders: &[&str], target: fn(&[u8])) {
        for folder in folders {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
            let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
            assert!(!files.is_empty(), "{folder:?} must hold a corpus");
            for file in files {
                eprintln!("{}", file.display()); // shown when it fails
                target(&std::fs::read(file).unwrap());
            }
        }
    }

    #[test]
    fn the_corpus_of_bodies_is_replayed() {
        replay(&["fuzz/corpus/body"], body);
    }

    #[test]
    fn the_corpus_of_connections_is_replayed() {
        replay(&["server/corpus", "fuzz/corpus/connection"], connection);
    }

    #[test]
    fn the_corpus_of_index_images_is_replayed() {
        index(&[]);
        replay(&["fuzz/corpus/index"], index);
    }
}
