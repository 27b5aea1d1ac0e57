//! `fraudring doctor`: whether this machine has what a system needs, and what to do where it has not.

mod finding;
mod kernel;
mod limits;
mod memory;
mod programs;

use crate::console::exit::Outcome;
use crate::console::output;
use anyhow::Result;
use clap::Args;
use finding::{Finding, Verdict};
use std::fmt::Write;
use std::path::PathBuf;

/// Options of `doctor`.
#[derive(Args, Debug)]
#[command(after_help = "\
Exit status: 0 if nothing that is needed is missing, else 1. A `note` costs speed, room or a feature; a `fault` keeps
the system from running.

Examples:
  fraudring doctor
  fraudring doctor --json | jq '.checks[] | select(.verdict != \"fine\")'")]
pub struct Options {
    /// Folder in shared memory that is to hold the index
    #[arg(long, value_name = "DIR", env = "FRAUDRING_SHM_DIR", default_value = shm_loader::DEFAULT_DIR)]
    shm_dir: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Looks at everything and changes nothing.
pub fn run(options: &Options) -> Result<Outcome> {
    let shm_dir = std::path::absolute(&options.shm_dir)?;
    let checks: Vec<Finding> =
        [memory::check(&shm_dir), kernel::check(), limits::check(), programs::check()].into_iter().flatten().collect();
    let is_fine = checks.iter().all(|finding| finding.verdict != Verdict::Fault);
    if options.json {
        let document = serde_json::json!({ "fine": is_fine, "checks": checks });
        output::print_line(&serde_json::to_string_pretty(&document)?)?;
    } else {
        output::print_line(table(&checks)?.trim_end())?;
    }
    Ok(if is_fine { Outcome::Done } else { Outcome::Faulty })
}

fn table(checks: &[Finding]) -> Result<String> {
    let mut text = String::new();
    for Finding { name, verdict, found, advice } in checks {
        writeln!(text, "{:<6} {name:<20} {found}", verdict.name())?;
        if let Some(advice) = advice {
            writeln!(text, "{:<6} {:<20} -> {advice}", "", "")?;
        }
    }
    Ok(text)
}
