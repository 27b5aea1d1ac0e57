//! The command line and environment of the balancer.

use crate::choice::Choice;
use crate::limits::LEAST_SERVER_TIMEOUT_MS;
use ::admin::AdminAddress;
use clap::builder::{TypedValueParser, ValueParser};
use command_line::log::LogForm;
use listener::listen::{ListenAddress, UnixPath};
use runtime::affinity::Cpu;
use std::path::PathBuf;

/// Options of the balancer, shared by the binary `balancer` and by `fraudring balancer`.
#[derive(clap::Args, Debug, Clone)]
#[command(after_help = EXIT_CODES)]
pub struct Options {
    /// Where clients connect: unix:PATH (made with mode 0666; a socket left behind is replaced) or tcp:HOST:PORT
    #[arg(long, value_name = "unix:PATH|tcp:HOST:PORT", env = "FRAUDRING_LISTEN")]
    pub listen: ListenAddress,

    /// A server, by its --accept-from; once for each
    #[arg(long = "server", value_name = "unix:PATH", required_unless_present = "servers_dir")]
    pub servers: Vec<UnixPath>,

    /// A folder in which every socket that is named *.handoff is a server; SIGHUP looks again
    #[arg(long, value_name = "DIR", env = "FRAUDRING_SERVERS_DIR")]
    pub servers_dir: Option<PathBuf>,

    /// Which server gets the next connection
    #[arg(long, env = "FRAUDRING_CHOICE", value_enum, default_value = "turns")]
    pub choice: Choice,

    /// Connections at once; at the limit one that waits for a next request makes room
    #[arg(long, value_name = "COUNT", default_value_t = 16_384, value_parser = count(1, handoff::CONNECTIONS as u64))]
    pub max_connections: usize,

    /// Connections that the kernel keeps until they are accepted; it has a limit of its own, net.core.somaxconn
    #[arg(long, value_name = "COUNT", default_value_t = 1_024, value_parser = count(1, 65_535))]
    pub accept_backlog: usize,

    /// A server that gives no sign of life for so long is lost
    #[arg(long, value_name = "MS", default_value_t = LEAST_SERVER_TIMEOUT_MS,
          value_parser = milliseconds(LEAST_SERVER_TIMEOUT_MS))]
    pub server_timeout_ms: u64,

    /// How long a client waits for a server if there is none, until it is closed
    #[arg(long, value_name = "MS", default_value_t = 2_000, value_parser = milliseconds(0))]
    pub wait_timeout_ms: u64,

    /// Send such a client 503 before it is closed
    #[arg(long, env = "FRAUDRING_ANSWER_503")]
    pub answer_503: bool,

    /// Where those who run it find its metrics: unix:PATH (for this user alone) or tcp:HOST:PORT. `auto` is PATH.admin beside a
    /// Unix socket, else a free port of 127.0.0.1, which the log names
    #[arg(long, value_name = "auto|none|ADDRESS", env = "FRAUDRING_ADMIN", default_value = "auto")]
    pub admin: AdminAddress,

    /// Core to run on: a number, `auto` (the first that is allowed) or `none`
    #[arg(long, value_name = "N|auto|none", env = "FRAUDRING_CPU", default_value = "none")]
    pub cpu: Cpu,

    /// Form of the log on standard error; only start, stop, faults, and servers that come and go are logged
    #[arg(long, env = "FRAUDRING_LOG", value_enum, default_value = "text")]
    pub log: LogForm,
}

fn count(least: u64, most: u64) -> ValueParser {
    clap::value_parser!(u64).range(least..=most).map(|value| value as usize).into()
}

fn milliseconds(least: u64) -> ValueParser {
    clap::value_parser!(u64).range(least..=3_600_000).into()
}

const EXIT_CODES: &str = "Exit codes:
  0  stopped by SIGTERM or SIGINT; the connections that were handed over go on without it
  1  anything else
  2  bad options, or the address cannot be listened on, such as a port in use
  5  the thread cannot be pinned to the core asked for";
