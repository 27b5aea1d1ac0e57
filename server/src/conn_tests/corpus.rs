//! The committed requests: each is a file of bytes whose name says what it must be answered.
//!
//! `corpus/STATUS-keep|close-what-it-is.http`; the same files go to real servers (`tests/corpus.rs`), through the
//! balancer, and are the seeds of the fuzzers.

use super::*;
use std::path::Path;

/// One request of the corpus.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    pub request: Vec<u8>,
    pub status: u16,
    pub is_kept: bool,
    /// All that the server must send for it.
    pub answer: Vec<u8>,
}

/// Every request of the corpus, with its answer as one read gives it.
pub fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut cases: Vec<Case> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "http"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let request = std::fs::read(&path).unwrap();
            let (answer, _) = answer_to(&request);
            let status = name[..3].parse().unwrap();
            Case { is_kept: name[4..].starts_with("keep-"), status, answer, request, name }
        })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(cases.len() > 80, "the corpus must be there");
    cases
}

#[test]
fn every_request_of_the_corpus_gets_the_answer_in_its_name() {
    for case in cases() {
        let mut bench = Bench::new(ready());
        let step = bench.feed(&case.request);
        let text = bench.text();
        assert!(text.starts_with(&format!("HTTP/1.1 {} ", case.status)), "{}: {text}", case.name);
        if !case.request.starts_with(b"HEAD") {
            assert_eq!(bench.statuses(), [case.status], "{}: {text}", case.name);
        }
        assert_eq!(step, if case.is_kept { Step::Idle } else { Step::Linger }, "{}", case.name);
        assert_eq!(text.contains("Connection: close\r\n"), !case.is_kept, "{}", case.name);
        assert_eq!(text.contains("application/problem+json"), case.status >= 400, "{}", case.name);
    }
}
