//! `fraudring up reload`: another index for a running system.

use super::admin::{ask_server, statuses};
use super::status::{running, schema_of};
use crate::cache::data::{DataFolder, DataOption};
use crate::console::advice::Advise;
use crate::console::exit::Outcome;
use crate::console::progress::Reporter;
use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;
use shm_loader::IndexFile;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Servers check an index at their own pace before they take it.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// Options of `up reload`.
#[derive(Args, Debug)]
pub struct ReloadOptions {
    /// Index to publish, `-` for stdin [default: the official one]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The system that serves from this folder in shared memory, where several run
    #[arg(long, value_name = "DIR")]
    shm_dir: Option<PathBuf>,
    #[command(flatten)]
    data: DataOption,
}

/// Publishes the index and waits until every server answers by it.
pub fn run(options: &ReloadOptions) -> Result<Outcome> {
    let reporter = Reporter::stderr();
    let systems = running(options.shm_dir.as_deref())?;
    let [system] = systems.as_slice() else {
        let folders: Vec<String> = systems.iter().map(|system| system.shm_dir.display().to_string()).collect();
        return Err(anyhow::anyhow!("{} systems run", folders.len()))
            .advise(|| format!("name one: --shm-dir {}", folders.join(", or ")));
    };
    let sockets = system.admin_sockets();
    let file = match (&options.file, schema_of(&statuses(&sockets))) {
        (Some(file), _) => IndexFile::named(file)?,
        (None, Some(schema)) => {
            return Err(anyhow::anyhow!("the system answers by rows of the schema {schema}"))
                .advise(|| "name an index of its rows: fraudring up reload FILE".to_owned());
        }
        (None, None) => IndexFile::at(&DataFolder::open(&options.data)?.official_index_to_load(&reporter)?),
    };
    let begun = Instant::now();
    // servers may still be leaving the generation before
    let how = shm_loader::Options { wait: PATIENCE, ..Default::default() };
    let report = |phase: &'static str, done, total| reporter.report(phase, done, total);
    let published = shm_loader::load_with(&file, &system.shm_dir, &how, &report)
        .with_context(|| format!("cannot load the index into {}", system.shm_dir.display()))?;
    for socket in &sockets {
        // they notice by themselves, a moment later
        let _ = ask_server(socket, "POST", "/reload", b"");
    }
    loop {
        let servers = statuses(&sockets);
        let has_taken = |server: &Value| server["generation"]["checksum"] == published.checksum.as_str();
        if servers.len() == sockets.len() && servers.iter().all(has_taken) {
            break;
        }
        if begun.elapsed() > PATIENCE {
            bail!("not every server answers by it after {} s; their messages say why", PATIENCE.as_secs());
        }
        std::thread::sleep(POLL);
    }
    reporter.note(&format!(
        "{} servers answer by {} ({}) after {:.2} s",
        sockets.len(),
        published.checksum,
        published.contents,
        begun.elapsed().as_secs_f64()
    ));
    Ok(Outcome::Done)
}
