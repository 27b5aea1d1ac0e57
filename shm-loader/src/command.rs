//! The subcommands, shared by the binary `shm-loader` and by `fraudring shm`.

mod table;
mod watch;

use crate::{
    ActivateError, Activated, AttachError, Check, CopyError, DEFAULT_DIR, FolderError, IndexFile, InspectError,
    LoadError, Options, Published, Reader, Trust,
};
use anyhow::Context;
use command_line::Interruption;
use command_line::progress::{Bar, Style};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// What the exit codes mean, for the help of a program with these subcommands.
pub const EXIT_CODES: &str = "\
Exit codes:
    0  done; after `load` readers can attach
    1  the system refused something else
    2  the command line is wrong
    3  the file is not a sound index, cannot be read, or changed while it was read
    4  no room in shared memory, or not within the container's memory limit
    5  another loader is at work in the folder
    6  the folder or the segment in it is not to be trusted: its owner or mode, or not a folder
    7  published, but readers cannot attach
    8  a replaced generation is still read, and a new one would be the third in memory (see `load --wait`)
    9  the generation to activate is gone, or not sound any more
  129, 130, 143  interrupted by SIGHUP, SIGINT or SIGTERM; nothing was published";

/// What to do.
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    /// Copy an index into shared memory, verify the copy, and publish it in one step
    ///
    /// Running servers go over to it by themselves. Whatever fails, the older segment stays published
    /// and nothing is left behind.
    #[command(after_long_help = EXIT_CODES)]
    Load {
        /// Index file, made by `fraudring index build`; `-` is stdin
        file: PathBuf,
        /// Where segments live.
        #[command(flatten)]
        folder: FolderOption,
        /// How the file is read
        #[arg(long, value_enum, default_value_t)]
        reader: Reader,
        /// Keep N generations beside the new one, for `activate`: first the one that it replaces
        #[arg(long, value_name = "N", default_value_t = 0)]
        keep: usize,
        /// How long to wait for readers of a generation that was replaced before, while which no new one is loaded
        #[arg(long, value_name = "SECONDS", default_value_t = 0)]
        wait: u32,
        /// Print what was published as JSON
        #[arg(long)]
        json: bool,
    },
    /// Go back to a generation that was kept: check it, and make it the published one
    ///
    /// It keeps its number, and the one that was published until now is kept in its place. Whatever fails, that one stays
    /// published.
    #[command(after_long_help = EXIT_CODES)]
    Activate {
        /// Its number, as `inspect` shows it
        generation: u64,
        /// Where segments live.
        #[command(flatten)]
        folder: FolderOption,
        /// Print what was done as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what lies in shared memory and who maps it
    #[command(after_long_help = EXIT_CODES)]
    Inspect {
        /// Where segments live.
        #[command(flatten)]
        folder: FolderOption,
        /// Whose segment is looked at.
        #[command(flatten)]
        trust: Trust,
        /// Check all bytes again, also those of kept generations and those that the loader has checked
        #[arg(long)]
        verify: bool,
        /// Show it anew every second, until Ctrl-C
        #[arg(long)]
        watch: bool,
        /// Print everything as JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove the published segment, those that are kept, and what killed loaders left
    ///
    /// Servers that map the segment go on; its memory is freed when the last of them ends.
    #[command(after_long_help = EXIT_CODES)]
    Unload {
        /// Where segments live.
        #[command(flatten)]
        folder: FolderOption,
        /// Print what was removed as JSON
        #[arg(long)]
        json: bool,
    },
}

/// Where segments live.
#[derive(clap::Args, Debug, Clone)]
pub struct FolderOption {
    /// Folder of the segments, on a memory file system
    #[arg(long = "shm-dir", alias = "dir", value_name = "DIR", env = "FRAUDRING_SHM_DIR", default_value = DEFAULT_DIR)]
    pub dir: PathBuf,
}

/// Runs one and returns the process's exit code; see [`EXIT_CODES`].
pub fn run(command: Command) -> ExitCode {
    let result = match command {
        Command::Load { file, folder, reader, keep, wait, json } => {
            let options = Options { reader, keep, wait: Duration::from_secs(wait.into()), stop: None };
            load(&file, &folder.dir, options, json)
        }
        Command::Activate { generation, folder, json } => activate(generation, &folder.dir, json),
        Command::Inspect { folder, trust, verify, watch, json } => {
            let check = if verify { Check::All } else { Check::Unrecorded };
            if watch {
                watch::watch(&folder.dir, &trust, check, json)
            } else {
                inspect(&folder.dir, &trust, check, json)
            }
        }
        Command::Unload { folder, json } => unload(&folder.dir, json),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            command_line::message(&format!("error: {error:#}"));
            ExitCode::from(exit_code(&error))
        }
    }
}

fn load(file: &Path, dir: &Path, options: Options<'_>, json: bool) -> anyhow::Result<()> {
    let file = IndexFile::named(file).map_err(LoadError::from)?;
    let interruption = Interruption::watch().context("cannot listen for signals")?;
    let bar = Bar::alone(Style::Bytes, "", None);
    let started = std::time::Instant::now();
    let options = Options { stop: Some(interruption.stop()), ..options };
    let result = crate::load_with(&file, dir, &options, &|phase, done, total| {
        if let Some(bar) = &bar {
            bar.set_message(phase.to_owned());
            bar.set(done, total);
        }
    });
    drop(bar);
    let published = match result {
        Err(error @ LoadError::Copy { source: CopyError::Stopped, .. }) => {
            return Err(anyhow::Error::new(error).context(Interrupted(interruption.signal() as u8)));
        }
        other => other?,
    };
    if let Some(warning) = published.disk_warning() {
        command_line::message(&format!("warning: {warning}"));
    }
    if let Some(reason) = &published.io_uring_refused {
        command_line::message(&format!("note: io_uring is refused here ({reason}): read with plain reads instead"));
    }
    if published.leftovers_removed > 0 {
        let count = published.leftovers_removed;
        command_line::message(&format!("note: removed what {count} killed loader(s) left behind"));
    }
    if json { print_json(&published) } else { print(&sentence(&published, started.elapsed().as_secs_f64())) }
}

fn sentence(published: &Published, seconds: f64) -> String {
    let Published { path, generation, kept, bytes, checksum, contents, reader, .. } = published;
    let path = path.display();
    let mut text = format!(
        "published {path}: {contents}, {bytes} bytes, checksum {checksum}, in {seconds:.3} s ({reader}), \
         generation {generation}"
    );
    if !kept.is_empty() {
        let kept: Vec<String> = kept.iter().map(u64::to_string).collect();
        text += &format!(", kept {}", kept.join(", "));
    }
    text + "\n"
}

fn activate(number: u64, dir: &Path, json: bool) -> anyhow::Result<()> {
    let activated = crate::activate(number, dir)?;
    if json {
        return print_json(&activated);
    }
    let Activated { path, before, was_current, checksum, contents, .. } = activated;
    let path = path.display();
    let before = before.map(|number| format!(", before it generation {number}")).unwrap_or_default();
    print(&match was_current {
        true => format!("generation {number} is the current one already: nothing was done\n"),
        false => {
            format!("published {path}: {contents}, checksum {checksum}, generation {number}{before}\n")
        }
    })
}

fn inspect(dir: &Path, trust: &Trust, check: Check, json: bool) -> anyhow::Result<()> {
    let report = crate::inspect_with(dir, trust, check)?;
    if json { print_json(&report) } else { print(&table::render(&report)) }
}

fn unload(dir: &Path, json: bool) -> anyhow::Result<()> {
    let unloaded = crate::unload_all(dir)?;
    if json {
        return print_json(&unloaded);
    }
    let dir = dir.display();
    let mut text = match unloaded.segment_removed {
        true => format!("removed the segment in {dir}\n"),
        false => format!("there was no segment in {dir}\n"),
    };
    if unloaded.still_in_use {
        text += "readers still map it: its memory is freed when the last of them ends\n";
    }
    if unloaded.kept_removed > 0 {
        text += &format!("removed {} kept generation(s)\n", unloaded.kept_removed);
    }
    if unloaded.leftovers_removed > 0 {
        text += &format!("removed what {} killed loader(s) left behind\n", unloaded.leftovers_removed);
    }
    print(&text)
}

fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    print(&text)
}

fn print(text: &str) -> anyhow::Result<()> {
    command_line::print(text).context("cannot print the result")
}

/// The number of the signal that ended a load.
#[derive(Debug)]
struct Interrupted(u8);

impl std::fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "signal {} came", self.0)
    }
}

fn exit_code(error: &anyhow::Error) -> u8 {
    if let Some(Interrupted(signal)) = error.downcast_ref() {
        return 128 + signal;
    }
    if let Some(error) = error.downcast_ref::<LoadError>() {
        return load_code(error);
    }
    match error.downcast_ref::<ActivateError>() {
        Some(ActivateError::Load(error)) => return load_code(error),
        Some(ActivateError::Gone { .. } | ActivateError::Invalid { .. }) => return 9,
        None => {}
    }
    match error.downcast_ref::<InspectError>() {
        Some(InspectError::Folder(error)) => folder_code(error),
        Some(InspectError::Segment(AttachError::Io { .. })) => 1,
        Some(InspectError::Segment(_)) => 6,
        _ => 1,
    }
}

fn load_code(error: &LoadError) -> u8 {
    match error {
        LoadError::Folder(error) => folder_code(error),
        LoadError::Source(_) | LoadError::Invalid { .. } => 3,
        LoadError::Copy { source: CopyError::Read { .. } | CopyError::Truncated { .. }, .. } => 3,
        LoadError::NoRoom { .. } | LoadError::MemoryLimit { .. } => 4,
        LoadError::Copy { source: CopyError::NoRoom { .. }, .. } => 4,
        LoadError::Busy { .. } => 5,
        LoadError::StillRead { .. } => 8,
        LoadError::NotAttachable(_) | LoadError::Exchanged { .. } => 7,
        LoadError::Copy {
            source: CopyError::Write { .. } | CopyError::RingRefused(_) | CopyError::Stopped, ..
        } => 1,
        LoadError::Reserve { .. } | LoadError::Unreadable(_) => 1,
    }
}

fn folder_code(error: &FolderError) -> u8 {
    match error {
        FolderError::Missing { .. } | FolderError::Io { .. } => 1,
        FolderError::NotAFolder { .. } | FolderError::NameTaken { .. } => 6,
        FolderError::OtherOwner { .. } | FolderError::WritableByOthers { .. } => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Program {
        #[command(subcommand)]
        command: Command,
    }

    #[test]
    fn the_folder_has_its_older_name_still() {
        for name in ["--shm-dir", "--dir"] {
            let program = Program::try_parse_from(["shm-loader", "unload", name, "/run/segments"]).unwrap();
            assert!(
                matches!(program.command, Command::Unload { folder, .. } if folder.dir == Path::new("/run/segments"))
            );
        }
    }
}
