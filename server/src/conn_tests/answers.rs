//! All bytes that the corpus is answered, in every phase of a server: a change of one shows as a difference of a file.

use super::corpus::cases;
use super::*;
use std::fmt::Write;

const ANSWERS: &str = include_str!("answers.txt");

#[test]
fn the_corpus_gets_the_committed_bytes() {
    let mut answers = String::new();
    for phase in [Phase::Starting, Phase::Ready, Phase::Draining] {
        for case in cases() {
            let mut bench = Bench::new(ByLength { phase, has_index: phase != Phase::Starting });
            let step = bench.feed(&case.request);
            let text = bench.text().replace(&shm_loader::commands(), "COMMANDS");
            writeln!(answers, "== {} {phase:?} {step:?}\n{}", case.name, text.escape_debug()).unwrap();
        }
    }
    let answers = answers.replace("\\r\\n", "\\r\\n\n").replace("\\\"", "\"");
    let actual = std::env::temp_dir().join("corpus-answers.txt");
    if answers != ANSWERS {
        std::fs::write(&actual, answers).unwrap();
        panic!("other bytes than conn_tests/answers.txt: see {}", actual.display());
    }
}
