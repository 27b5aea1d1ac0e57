//! The command line and environment of a server.

use crate::decision_log::DecisionLogOptions;
use ::admin::AdminAddress;
use command_line::log::LogForm;
use listener::Limits;
use listener::listen::{ListenAddress, UnixPath};
use runtime::affinity::Cpu;
use runtime::driver::Choice;
use std::path::PathBuf;
use std::str::FromStr;

/// Options of the server, shared by the binary `server` and by `fraudring server`.
#[derive(clap::Args, Debug, Clone)]
#[command(after_help = EXIT_CODES)]
pub struct Options {
    /// Folder of the published index, as `shm-loader load --shm-dir` wrote it
    #[arg(long = "shm-dir", alias = "index-dir", value_name = "DIR", env = "FRAUDRING_SHM_DIR",
          default_value_os_t = default_dir())]
    pub index_dir: PathBuf,

    /// Whose index is mapped.
    #[command(flatten)]
    pub trust: shm_loader::Trust,

    /// Answer 503 until an index is published, instead of ending with exit code 3
    #[arg(long, env = "FRAUDRING_WAIT_FOR_INDEX")]
    pub wait_for_index: bool,

    /// Share the TCP port: listen beside servers that were also started with this option, if they are of the same user
    /// and have the same index, and let more of them join. Without it nobody else can listen on the port. Not with
    /// --wait-for-index
    #[arg(long, env = "FRAUDRING_SHARE_PORT")]
    pub share_port: bool,

    /// Where those who run it find page, metrics and explanations: unix:PATH (for this user alone) or tcp:HOST:PORT. `auto`
    /// is PATH.admin beside a Unix socket, else a free port of 127.0.0.1, which the log names
    #[arg(long, value_name = "auto|none|ADDRESS", env = "FRAUDRING_ADMIN", default_value = "auto")]
    pub admin: AdminAddress,

    /// What is written down of the decisions
    #[command(flatten)]
    pub decision_log: DecisionLogOptions,

    /// Where and how to serve
    #[command(flatten)]
    pub serving: Serving,
}

/// Where segments are, or what the variable's older name says.
fn default_dir() -> PathBuf {
    let named = std::env::var_os("FRAUDRING_INDEX_DIR").filter(|named| !named.is_empty());
    named.unwrap_or_else(|| shm_loader::DEFAULT_DIR.into()).into()
}

/// What a server needs to know whatever it answers.
#[derive(clap::Args, Debug, Clone)]
pub struct Serving {
    /// Where to listen: unix:PATH (made with mode 0666; a socket left behind is replaced) or tcp:HOST:PORT
    #[arg(long, value_name = "unix:PATH|tcp:HOST:PORT", env = "FRAUDRING_LISTEN")]
    pub listen: ListenAddress,

    /// Also take connections that balancers of this user or of root hand over at this path (made with mode 0600); may be
    /// given several times
    #[arg(long, value_name = "unix:PATH", env = "FRAUDRING_ACCEPT_FROM")]
    pub accept_from: Vec<UnixPath>,

    /// Which of how many instances this one is; `--cpu auto` goes by it
    #[arg(long, value_name = "I/N", env = "FRAUDRING_INSTANCE", default_value = "1/1")]
    pub instance: Instance,

    /// Core to run on: a number, `auto` (the instance's turn among the allowed cores; goes on unpinned where pinning
    /// is not possible) or `none`
    #[arg(long, value_name = "N|auto|none", env = "FRAUDRING_CPU", default_value = "auto")]
    pub cpu: Cpu,

    /// How to wait for the network
    #[arg(long, env = "FRAUDRING_DRIVER", value_enum, default_value = "auto")]
    pub driver: Choice,

    /// Never sleep deeply: wait for a millisecond at most, then watch the network for a moment without waiting. Costs an
    /// idle server 1.6 % of its core; no gain was measured where the machine is a virtual one
    #[arg(long, env = "FRAUDRING_KEEP_WARM")]
    pub keep_warm: bool,

    /// Form of the log on standard error; only start, stop and faults are logged
    #[arg(long, env = "FRAUDRING_LOG", value_enum, default_value = "text")]
    pub log: LogForm,

    /// Limits and time-outs
    #[command(flatten)]
    pub limits: Limits,
}

/// What the exit codes mean, for the help.
pub const EXIT_CODES: &str = "Exit codes:
  0  stopped by SIGTERM or SIGINT, every open request finished
  1  anything else, such as no working driver, or stopped before every connection was finished: SIGTERM ends the
      process a second after the drain time-out at the latest, whatever it does
  2  bad options, or the address cannot be listened on: in use, or shared by servers with another index
  3  no index is published in the index folder, or none that can be mapped and trusted
  4  the published index is not valid
  5  the thread cannot be pinned to the core asked for
  6  the index was changed or cut off while it was served, or the program is faulty; the last line says which";

/// `I/N`: the I-th of N instances, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Which one, from 1.
    pub number: usize,
    /// Of how many.
    pub count: usize,
}

impl FromStr for Instance {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('/').and_then(|(number, count)| Some((number.parse().ok()?, count.parse().ok()?)));
        match parts {
            Some((number, count)) if (1..=count).contains(&number) => Ok(Self { number, count }),
            _ => Err("give I/N with 1 <= I <= N, such as 2/2"),
        }
    }
}

impl std::fmt::Display for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
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

    fn parse(arguments: &[&str]) -> Result<Options, clap::Error> {
        let all = ["server", "--listen", "tcp:127.0.0.1:0"].iter().chain(arguments);
        Command::try_parse_from(all).map(|command| command.options)
    }

    #[test]
    fn limits_default_to_the_documented_ones() {
        assert_eq!(parse(&[]).unwrap().serving.limits, Limits::default());
    }

    #[test]
    fn the_folder_has_its_older_name_still() {
        for name in ["--shm-dir", "--index-dir"] {
            assert_eq!(parse(&[name, "/run/index"]).unwrap().index_dir, PathBuf::from("/run/index"));
        }
    }

    #[test]
    fn instances_count_from_one() {
        assert_eq!(parse(&["--instance", "2/3"]).unwrap().serving.instance, Instance { number: 2, count: 3 });
        for wrong in ["0/1", "2/1", "1", "a/b", ""] {
            assert!(parse(&["--instance", wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nonsense_is_refused_with_what_to_type() {
        let error = parse(&["--cpu", "every"]).unwrap_err().to_string();
        assert!(error.contains("`auto` or `none`"), "{error}");
        assert!(parse(&["--head-timeout-ms", "0"]).is_err());
        assert!(parse(&["--max-body-bytes", "5"]).is_err());
    }
}
