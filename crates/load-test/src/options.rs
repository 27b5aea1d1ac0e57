//! The command line of a load test.

use crate::plan::{MAX_CONNECTIONS, Plan};
use crate::preview::Preview;
use crate::target::Target;
use crate::test::Test;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// Where the payloads of a load test come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadSource<'a> {
    /// A payload file; `-` is stdin.
    File(&'a Path),
    /// A built-in set.
    Preview {
        /// Which.
        preview: Preview,
        /// So many of it at least.
        least: u64,
    },
}

/// Options of `load-test`.
#[derive(clap::Args, Debug, Clone)]
#[command(after_help = HELP)]
pub struct Options {
    /// Where to send: http://HOST:PORT[/PATH] or unix:PATH; the path asked for is /fraud-score unless given
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9999")]
    pub target: Target,

    /// What to send when: preview (1 to 900/s in 120 s), final (1 to 1200/s in 120 s), steady:RATE,SECONDS,
    /// ramp:FROM,TO,SECONDS, several of these joined by +; or saturate or saturate:CONNECTIONS,SECONDS, a closed loop
    #[arg(long)]
    pub plan: Plan,

    /// A payload file, as `fraudring dataset payloads` writes it; `-` is stdin
    #[arg(long, value_name = "FILE", conflicts_with = "preview")]
    pub payloads: Option<PathBuf>,

    /// A built-in payload set, as long as the plan needs
    #[arg(long, value_enum, value_name = "SET", default_value = "1")]
    pub preview: Preview,

    /// Core of the sending thread; the target should run on others
    #[arg(long, value_name = "N")]
    pub cpu: Option<usize>,

    /// Keep-alive connections: so many at the start, and so many at most; when all are busy a request is dropped
    #[arg(long, value_name = "A..B", default_value = "100..250")]
    pub connections: ConnectionRange,

    /// Time for one request; after it the request is an error
    #[arg(long, value_name = "MS", default_value_t = 2001, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub timeout_ms: u64,

    /// Compare: run both targets in turn, first --target twice to know the noise
    #[arg(long, value_name = "URL")]
    pub against: Option<Target>,

    /// Pairs of runs with --against
    #[arg(long, value_name = "N", default_value_t = 2, requires = "against",
          value_parser = clap::value_parser!(u64).range(1..=100))]
    pub pairs: u64,

    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,

    /// Write the result as JSON to a file as well; `-` is stdout, and what people read goes to stderr then
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Write the contest's results.json; `-` is stdout, and what people read goes to stderr then
    #[arg(long, value_name = "FILE", conflicts_with = "against")]
    pub results: Option<PathBuf>,
}

const HELP: &str = "Examples:
  fraudring load-test --plan preview --preview 2 --cpu 1
  fraudring load-test --plan steady:900,30 --target unix:/run/fraudring/1.sock
  fraudring load-test --plan ramp:1,5000,20+steady:5000,10 --json
  fraudring load-test --plan saturate:64,10 --against http://127.0.0.1:9998
  fraudring load-test --plan steady:900,30 --schema loans.toml --data loans.csv

Requests leave at their intended times whatever became of the ones before. `latency` counts from the intended time,
`service` from the actual sending, as the contest does. A run is not valid when the generator itself was late (p99 over
0.5 ms), when requests were dropped, or when less than 99.5 % of the plan was sent.

Exit status 0: valid, and every answer was right; 3: at least one was wrong or missing; 4: not valid; 130, 143 or 129:
interrupted by Ctrl-C, SIGTERM or SIGHUP, and the result so far is printed.";

/// `A..B`: how many connections at the start, and at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionRange {
    /// At the start.
    pub least: usize,
    /// At most.
    pub most: usize,
}

impl FromStr for ConnectionRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (least, most) = text.split_once("..").unwrap_or((text, text));
        match (least.parse(), most.parse()) {
            (Ok(least), Ok(most)) if 1 <= most && least <= most && most <= MAX_CONNECTIONS => Ok(Self { least, most }),
            _ => Err(format!("give A..B with A <= B and B from 1 to {MAX_CONNECTIONS}, such as 100..250")),
        }
    }
}

impl Options {
    /// Whether stdout is taken by one of the files, so that the report belongs on stderr.
    ///
    /// # Errors
    /// More than one document is asked for on stdout: no reader could tell where one ends.
    pub fn stdout_is_a_file(&self) -> anyhow::Result<bool> {
        let files = [&self.record, &self.results].into_iter().flatten();
        let streams = files.filter(|path| command_line::is_stream(path)).count();
        anyhow::ensure!(
            streams + usize::from(self.json) <= 1,
            "stdout takes one of --json, --record - and --results -: name a file for the others"
        );
        Ok(streams > 0)
    }

    /// Where the payloads come from; of a built-in set as many as the plan needs.
    pub fn payload_source(&self) -> PayloadSource<'_> {
        match &self.payloads {
            Some(path) => PayloadSource::File(path),
            None => {
                let preview = self.preview;
                PayloadSource::Preview { preview, least: self.plan.count().unwrap_or(preview.recipe().count) }
            }
        }
    }

    /// Asks for `path` where no target names another.
    #[must_use]
    pub fn with_default_path(self, path: &str) -> Self {
        let Self { target, against, .. } = self;
        let (target, against) =
            (target.with_default_path(path), against.map(|against| against.with_default_path(path)));
        Self { target, against, ..self }
    }

    /// What they ask to run.
    pub fn test(&self) -> Test {
        Test {
            plan: self.plan.clone(),
            least_connections: self.connections.least,
            most_connections: self.connections.most,
            timeout: Duration::from_millis(self.timeout_ms),
            cpu: self.cpu,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        options: Options,
    }

    fn parse(arguments: &[&str]) -> Result<Options, String> {
        let all = ["load-test", "--plan", "preview"].iter().chain(arguments);
        Command::try_parse_from(all).map(|command| command.options).map_err(|error| error.to_string())
    }

    #[test]
    fn the_contest_is_the_default() {
        let test = parse(&[]).unwrap().test();
        assert_eq!((test.least_connections, test.most_connections), (100, 250));
        assert_eq!(test.timeout, Duration::from_millis(2001));
    }

    #[test]
    fn connections_are_a_range_or_one_number() {
        assert_eq!("0..5".parse(), Ok(ConnectionRange { least: 0, most: 5 }));
        assert_eq!("7".parse(), Ok(ConnectionRange { least: 7, most: 7 }));
        for wrong in ["", "..", "5..4", "0", "a..b", "1..5000", "-1..5"] {
            assert!(wrong.parse::<ConnectionRange>().unwrap_err().contains("100..250"), "{wrong}");
        }
    }

    #[test]
    fn payloads_come_from_one_place() {
        assert!(parse(&["--payloads", "x", "--preview", "2"]).is_err());
        assert!(parse(&["--payloads", "x"]).is_ok());
        assert!(parse(&["--pairs", "3"]).is_err());
        assert!(parse(&["--preview", "3"]).unwrap_err().contains("final-like"));
    }
    #[test]
    fn stdout_takes_one_document() {
        let stdout = |arguments: &[&str]| parse(arguments).unwrap().stdout_is_a_file().ok();
        assert_eq!(stdout(&["--json", "--record", "x", "--results", "y"]), Some(false));
        assert_eq!(stdout(&["--record", "-", "--results", "y"]), Some(true));
        assert_eq!(stdout(&["--results", "-"]), Some(true));
        for two in
            [&["--record", "-", "--results", "-"][..], &["--json", "--record", "-"], &["--json", "--results", "-"]]
        {
            assert_eq!(stdout(two), None, "{two:?}");
        }
    }
}
