//! All bytes that the corpus is answered, in every phase of a server: a change of one shows as a difference of a file.

use super::*;
use std::fmt::Write;

const ANSWERS: &str = include_str!("answers.txt");

#[test]
fn the_corpus_gets_the_committed_bytes() {
    let mut answers = String::new();
    for phase in [Phase::Starting, Phase::Ready, Phase::Draining] {
        for (name, request) in corpus() {
            let mut peer = Peer::new(service(phase), &Limits::default());
            let step = peer.send(&request);
            let text = peer.text().replace(shm_loader::commands(), "COMMANDS");
            writeln!(answers, "== {name} {phase:?} {step:?}\n{}", text.escape_debug()).unwrap();
        }
    }
    let answers = answers.replace("\\r\\n", "\\r\\n\n").replace("\\\"", "\"");
    if answers != ANSWERS {
        let actual = std::env::temp_dir().join("corpus-answers.txt");
        std::fs::write(&actual, answers).unwrap();
        panic!("other bytes than service/tests/answers.txt: see {}", actual.display());
    }
}
