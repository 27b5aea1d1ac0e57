//! Figures of docs/BENCHMARKS.md that no machine changes are those of the load test.

use crate::options::Options;
use crate::report::{LATENESS_P99_LIMIT_MS, SENT_SHARE_LIMIT};
use clap::Parser;

const DOCUMENT: &str = include_str!("../../../docs/BENCHMARKS.md");

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    options: Options,
}

#[test]
fn sentences_have_the_constants_and_defaults() {
    let of_plan = |plan: &str| Command::try_parse_from(["load-test", "--plan", plan]).unwrap().options;
    let thousands = |number: u64| format!("{},{:03}", number / 1_000, number % 1_000);
    let count = |plan: &str| thousands(of_plan(plan).plan.count().unwrap());
    let options = of_plan("preview");
    let text = DOCUMENT.split_whitespace().collect::<Vec<_>>().join(" ");
    for sentence in [
        format!(
            "`preview` (1 to 900/s in 120 s) has {}, `final` (to 1200/s) {}, at the times",
            count("preview"),
            count("final")
        ),
        format!("its own lateness was over {LATENESS_P99_LIMIT_MS} ms at p99"),
        format!("when it sent less than {:.1} % of the plan", SENT_SHARE_LIMIT * 100.0),
        format!("Connections grow from {} to {}", options.connections.least, options.connections.most),
        format!("Time-outs ({} ms)", options.timeout_ms),
    ] {
        assert!(text.contains(&sentence), "docs/BENCHMARKS.md does not say {sentence:?}");
    }
}
