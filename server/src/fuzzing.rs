//! What the fuzzers call: any bytes in, no panic, and the same verdict however the bytes were cut.
//!
//! The crate `fuzz` gives these random bytes; the tests below give them the committed ones. Cuts are drawn from the
//! bytes themselves, so that a request is a good input as it stands.

use crate::buffers::Buffer;
use crate::chunked::{Decoded, Decoder};
use crate::conn::{Conn, Step};
use crate::handler::Phase;
use crate::head::{self, Parsed, Refusal};
use crate::limits::Limits;
use crate::response;
use crate::scorer::{FraudScore, Scorer};
use index::format::{Header, checksum};
use index::{Index, RuleSections};
use schema::{Parser, Rules, StoredRules};
use space::{DIMENSIONS, Label, Point};
use std::cell::{Cell, RefCell};
use std::mem::offset_of;
use std::rc::Rc;

/// Small, so that short inputs reach them.
const LIMITS: Limits = Limits { head_bytes: 1024, body_bytes: 2048, ..Limits::DEFAULT };

/// Two positions in `bytes`, in order; the same bytes, the same positions.
fn cuts(bytes: &[u8]) -> [usize; 2] {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let at = |part: u64| (part as usize) % (bytes.len() + 1);
    let (first, second) = (at(hash >> 40), at(hash & 0xff_ffff));
    [first.min(second), first.max(second)]
}

/// A request head.
pub fn head(bytes: &[u8]) {
    let whole = head::parse(bytes, 0, LIMITS.head_bytes);
    if let Parsed::Complete(head) = whole {
        assert!(head.bytes <= bytes.len() && bytes[..head.bytes].ends_with(b"\r\n\r\n"));
        assert_eq!(head::parse(&bytes[..head.bytes], 0, LIMITS.head_bytes), whole, "what follows must not matter");
    }
    let mut seen = 0;
    let mut in_pieces = Parsed::Incomplete;
    for cut in cuts(bytes).into_iter().chain([bytes.len()]) {
        if in_pieces == Parsed::Incomplete {
            in_pieces = head::parse(&bytes[..cut], seen, LIMITS.head_bytes);
            seen = cut;
        }
    }
    assert_eq!(in_pieces, whole, "cut at {:?}", cuts(bytes));
}

/// A request body: under the chunked coding, and as a payload, which the parser's short cut must read as its long way.
pub fn body(bytes: &[u8]) {
    assert_eq!(decode(bytes, &cuts(bytes)), decode(bytes, &[]), "cut at {:?}", cuts(bytes));
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

/// All that a client sends, to a server with a real index; then it ends, or the time is up.
pub fn connection(bytes: &[u8]) {
    let (mut whole, mut in_pieces) = (Peer::new(), Peer::new());
    whole.send(bytes);
    let mut from = 0;
    for cut in cuts(bytes).into_iter().chain([bytes.len()]) {
        in_pieces.send(&bytes[from..cut]);
        from = cut;
    }
    assert_eq!(whole.step, in_pieces.step, "cut at {:?}", cuts(bytes));
    assert!(whole.answers() == in_pieces.answers(), "cut at {:?}", cuts(bytes));
    whole.end();
    in_pieces.expire();
    for peer in [whole, in_pieces] {
        assert!(matches!(peer.step, Step::Close | Step::Linger), "{:?}", peer.step);
        must_be_answers(&peer.answers());
    }
}

/// A client's side of a connection.
struct Peer {
    conn: Conn,
    buffer: Buffer,
    sent: Vec<u8>,
    step: Step,
}

impl Peer {
    fn new() -> Self {
        let (conn, buffer) = (Conn::new(&LIMITS, 0), Buffer::new(&LIMITS));
        Self { conn, buffer, sent: Vec::new(), step: Step::Idle }
    }

    fn send(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && matches!(self.step, Step::Idle | Step::Read) {
            let room = self.buffer.room();
            let count = bytes.len().min(room.len());
            assert!(count > 0, "a connection that wants to read must have room");
            room[..count].copy_from_slice(&bytes[..count]);
            self.buffer.received(count);
            bytes = &bytes[count..];
            self.step = SERVICE.with_borrow_mut(|service| self.conn.received(&mut self.buffer, service, 0));
            self.settle();
        }
    }

    fn settle(&mut self) {
        while self.step == Step::Write {
            let count = self.buffer.unsent().len();
            assert!(count > 0, "a step to write needs something to write");
            self.sent.extend_from_slice(self.buffer.unsent());
            self.buffer.sent(count);
            self.step = SERVICE.with_borrow_mut(|service| self.conn.written(&mut self.buffer, service, 0));
        }
    }

    fn end(&mut self) {
        self.step = self.conn.ended(&mut self.buffer, 0);
        self.settle();
    }

    fn expire(&mut self) {
        self.step = self.conn.expired(&mut self.buffer, self.conn.deadline_ms());
        self.settle();
    }

    /// What was sent, without the interim answers: these depend on the cuts.
    fn answers(&self) -> String {
        let interim = str::from_utf8(response::CONTINUE).expect("it is ASCII");
        str::from_utf8(&self.sent).expect("answers are text").replace(interim, "")
    }
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
    static IMAGE: &'static [u8] = small_image().leak();
    static SERVICE: RefCell<FraudScore> = RefCell::new(FraudScore {
        phase: Rc::new(Cell::new(Phase::Ready)),
        scorer: Some(Scorer::new(
            IMAGE.with(|image| Index::open(image)).expect("it was just built"),
            Rules::default(),
            LIMITS.body_bytes,
        )),
    });
}

fn small_image() -> Vec<u8> {
    let vector = |n: i16| Point::new(std::array::from_fn(|dimension| (n * 31 + dimension as i16 * 97) % 10_000));
    let vectors: Vec<Point> = (0..300).map(|n| vector(n).expect("in range")).collect();
    let labels: Vec<Label> = (0..300).map(|n| if n % 3 == 0 { Label::Fraud } else { Label::Legit }).collect();
    let StoredRules { normalization, mcc_risk } = Rules::default().encode();
    let rules = RuleSections { normalization: &normalization, mcc_risk: &mcc_risk };
    index::build(&vectors, &labels, rules, &|_, _, _| {}).expect("enough vectors")
}

/// Images are mapped: they begin at a multiple of this at least.
const MAPPING: usize = 64;
/// A patch: where (4 bytes, little-endian), and what.
const PATCH_BYTES: usize = 5;

/// An index image with some bytes changed and its checksum made right again: refused, or safe to ask. A checksum is no
/// proof of good faith, so nothing that an image says may lead outside it.
pub fn index(patches: &[u8]) {
    let original = IMAGE.with(|image| *image);
    let mut memory = vec![0; original.len() + MAPPING];
    let start = memory.as_ptr().align_offset(MAPPING);
    let image = &mut memory[start..][..original.len()];
    image.copy_from_slice(original);
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
    fn the_corpus_of_heads_is_replayed() {
        replay(&["server/corpus", "fuzz/corpus/head"], head);
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
