//! Keys that an object has twice, at any depth.
//!
//! Repeated known keys are found while they are read, by a bit for each (`field`). This second walk over the tape is only
//! for documents with several unknown keys.

use std::hash::{DefaultHasher, Hasher};

use simd_json::Node;

/// The key and the value of a pair, as short as they can be, and the comma behind them.
const LEAST_PAIR: usize = r#""":0,"#.len();

/// The least that an object takes on the tape which has a key twice.
pub(crate) const WIDTH_OF_TWO_PAIRS: usize = 5;
/// So many keys are compared with each other; more are sorted.
const FEW: usize = 8;

/// Reused memory: one object's keys, each as its hash above its place on the tape.
pub(crate) struct Repeats {
    keys: Vec<u64>,
}

impl Repeats {
    /// For bodies of up to `capacity` bytes; a longer one allocates.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { keys: Vec::with_capacity(capacity / LEAST_PAIR + 1) }
    }

    /// Where on the tape a key stands that its object had before.
    pub(crate) fn find(&mut self, nodes: &[Node<'_>]) -> Option<usize> {
        nodes.iter().enumerate().find_map(|(at, node)| match *node {
            Node::Object { len, .. } if len > 1 => self.find_in_object(nodes, at, len),
            _ => None,
        })
    }

    fn find_in_object(&mut self, nodes: &[Node<'_>], at: usize, len: usize) -> Option<usize> {
        self.keys.clear();
        let mut key = at + 1;
        for _ in 0..len {
            self.keys.push(key as u64);
            key += 1 + nodes[key + 1].width();
        }
        if len > FEW {
            return self.find_by_sorting(nodes);
        }
        let key = |at: &u64| text(nodes, *at as usize);
        let repeats = |(n, at): (usize, &u64)| self.keys[..n].iter().any(|before| key(before) == key(at));
        let repeated = self.keys.iter().enumerate().position(repeats)?;
        Some(self.keys[repeated] as usize)
    }

    /// Takes near-linear time for any set of keys: equal hashes do not prove equal keys, so keys of one hash, of which
    /// a client may send many, are sorted themselves.
    fn find_by_sorting(&mut self, nodes: &[Node<'_>]) -> Option<usize> {
        for key in &mut self.keys {
            *key |= u64::from(hash(text(nodes, *key as usize))) << 32;
        }
        self.keys.sort_unstable();
        let same_hash = self.keys.chunk_by_mut(|a, b| a >> 32 == b >> 32).filter(|keys| keys.len() > 1);
        let place = |key: u64| key as u32 as usize;
        for keys in same_hash {
            keys.sort_unstable_by_key(|&key| (text(nodes, place(key)), place(key)));
            let repeated = keys.windows(2).find(|pair| text(nodes, place(pair[0])) == text(nodes, place(pair[1])));
            if let Some(pair) = repeated {
                return Some(place(pair[1]));
            }
        }
        None
    }
}

fn hash(key: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    hasher.write(key.as_bytes());
    hasher.finish() as u32
}

/// The key at this place of the tape.
fn text<'a>(nodes: &[Node<'a>], at: usize) -> &'a str {
    match nodes[at] {
        Node::String(text) => text,
        _ => "",
    }
}

/// How far a value reaches on the tape.
pub(crate) trait Width {
    /// The number of its nodes, its own included.
    fn width(&self) -> usize;
}

impl Width for Node<'_> {
    fn width(&self) -> usize {
        match self {
            Node::Object { count, .. } | Node::Array { count, .. } => 1 + count,
            Node::String(_) | Node::Static(_) => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Option<String> {
        let mut text = body.as_bytes().to_vec();
        let tape = simd_json::to_tape(&mut text).unwrap();
        let at = Repeats::new(body.len()).find(&tape.0)?;
        Some(super::text(&tape.0, at).to_owned())
    }

    #[test]
    fn a_key_is_repeated_only_within_its_own_object() {
        for (body, repeated) in [
            (r#"{"a":1,"b":2,"A":3}"#, None),
            (r#"{"a":1,"b":2,"a":3}"#, Some("a")),
            (r#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}"#, None),
            (r#"{"a":{"b":1,"c":{"d":1,"e":2,"d":3}}}"#, Some("d")),
            (r#"[[[{"":1,"":2}]]]"#, Some("")),
            (r#"{"a":["b","b"],"c":"a"}"#, None),
            (r#"{"é":1,"\u00e9":2}"#, Some("é")),
            (r#"{"a":"a","b":{"c":0}}"#, None),
            (r#"{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1}"#, None),
            (r#"{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"g":1}"#, Some("g")),
            (r#"{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1}"#, None),
            (r#"{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"a":1}"#, Some("a")),
        ] {
            assert_eq!(found(body).as_deref(), repeated, "{body}");
        }
    }

    #[test]
    fn equal_hashes_of_different_keys_are_told_apart() {
        // As many keys as a body can hold: among so many some hashes are equal, and many more sort next to each other.
        let keys: Vec<String> = (0..200_000).map(|n| format!("\"{n:x}\":0")).collect();
        let mut hashes: Vec<u32> = (0..200_000).map(|n| hash(&format!("{n:x}"))).collect();
        hashes.sort_unstable();
        assert!(hashes.windows(2).any(|pair| pair[0] == pair[1]), "some hashes must be equal");
        assert_eq!(found(&format!("{{{}}}", keys.join(","))), None);
        assert_eq!(found(&format!("{{{},\"30d3f\":0}}", keys.join(","))).as_deref(), Some("30d3f"));
    }
}
