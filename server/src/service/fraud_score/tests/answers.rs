//! All bytes that the corpus is answered, in every phase of a server: a change of one shows as a difference of a file.

use super::*;
use http::Service;
use std::fmt::Write;

const ANSWERS: &str = include_str!("answers.txt");

#[test]
fn the_corpus_gets_the_committed_bytes() {
    let mut answers = String::new();
    for phase in [Phase::Starting, Phase::Ready, Phase::Draining] {
        for (name, request) in corpus() {
            let (step, text) = match phase {
                // it has no index yet
                Phase::Starting => given(AnyService::new(Arc::new(SharedPhase::new(phase))), &request),
                Phase::Ready | Phase::Draining => given(service(phase), &request),
            };
            let text = text.replace(shm_loader::commands(), "COMMANDS");
            writeln!(answers, "== {name} {phase:?} {step:?}\n{}", text.escape_debug()).unwrap();
        }
    }
    let answers = answers.replace("\\r\\n", "\\r\\n\n").replace("\\\"", "\"");
    if answers != ANSWERS {
        let actual = std::env::temp_dir().join("corpus-answers.txt");
        std::fs::write(&actual, answers).unwrap();
        panic!("other bytes than service/fraud_score/tests/answers.txt: see {}", actual.display());
    }
}

fn given<S: Service>(service: S, request: &[u8]) -> (Step, String) {
    let mut peer = Peer::new(service, &Limits::default());
    let step = peer.send(request);
    (step, peer.text())
}
