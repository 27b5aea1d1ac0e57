//! What commands leave: text on stdout, and files that appear whole or not at all.

use crate::console::advice::Advise;
use crate::console::interrupt::RemovedOnInterrupt;
use anyhow::{Context, Result};
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// One line, or several, on stdout.
pub fn print_line(text: &str) -> Result<()> {
    command_line::print(&format!("{text}\n")).context("writing to stdout")
}

/// The reader of a pipe has left before the end, as `head` does: no failure, but what was to be written is not.
#[derive(Debug, thiserror::Error)]
#[error("the reader has left")]
pub struct ReaderLeft;

/// Tells [`ReaderLeft`] from failures, where `written` may have gone to a pipe.
fn unless_reader_left(written: Result<()>) -> Result<()> {
    written.map_err(|error| {
        let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
        if causes.any(|cause| cause.kind() == ErrorKind::BrokenPipe) { ReaderLeft.into() } else { error }
    })
}

/// Runs `write` on a file beside `path` and renames it to `path` when `write` succeeded.
///
/// `-` is stdout; a pipe or a device is written directly; behind a symbolic link the file it points to is replaced.
pub fn write_whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    if command_line::is_stream(path) {
        let mut out = BufWriter::new(io::stdout().lock());
        let written = write(&mut out).and_then(|()| out.flush().context("writing to stdout"));
        return unless_reader_left(written);
    }
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => anyhow::bail!("{} is a folder: name a file in it", path.display()),
        Ok(found) if !found.is_file() => write_special(path, write),
        Ok(_) => write_beside(&path.canonicalize().unwrap_or_else(|_| path.to_owned()), write),
        Err(_) => write_beside(path, write),
    }
}

fn write_special(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let file = File::options().write(true).open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut out = BufWriter::new(file);
    let written = write(&mut out).and_then(|()| Ok(out.flush()?));
    unless_reader_left(written.with_context(|| format!("writing {}", path.display())))
}

fn write_beside(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut aside_name = path.file_name().with_context(|| format!("{} names no file", path.display()))?.to_os_string();
    aside_name.push(".partial-");
    let (aside, _removal) = RemovedOnInterrupt::make(|| {
        tempfile::Builder::new()
            .prefix(&aside_name)
            .tempfile_in(folder)
            .with_context(|| format!("cannot write in {}", folder.display()))
            .advise(|| "make the folder first, or name another one".to_owned())
    })?;
    fill(aside.as_file(), write).with_context(|| format!("writing {}", path.display()))?;
    aside.persist(path).with_context(|| format!("cannot rename to {}", path.display()))?;
    Ok(())
}

fn fill(file: &File, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, file);
    write(&mut out)?;
    out.flush()?;
    drop(out);
    // temporary files are born private; this one is to be shared like any output file
    file.set_permissions(std::fs::Permissions::from_mode(0o644))?;
    file.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.json");
        std::fs::write(&path, "old").unwrap();
        let result = write_whole(&path, |out| {
            out.write_all(b"half")?;
            anyhow::bail!("no more")
        });
        assert!(format!("{:#}", result.unwrap_err()).contains("no more"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_finished_write_replaces_the_old_file_and_can_be_read_by_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.json");
        std::fs::write(&path, "old").unwrap();
        write_whole(&path, |out| Ok(out.write_all(b"new")?)).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_device_is_written_to_and_stays_one() {
        write_whole(Path::new("/dev/null"), |out| Ok(out.write_all(b"new")?)).unwrap();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_symbolic_link_stays_and_its_target_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        std::fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        write_whole(&link, |out| Ok(out.write_all(b"new")?)).unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "new");
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        let error = write_whole(&missing.join("out.json"), |_| Ok(())).unwrap_err();
        assert!(crate::console::advice::text(&error).contains(missing.to_str().unwrap()), "{error:#}");
    }
}
