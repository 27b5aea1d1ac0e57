//! The file to load, as a command line names it: `-` is stdin.

use crate::SourceError;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Longest index that is taken from stdin: 150 million references.
const STDIN_LIMIT_BYTES: u64 = 4 << 30;

/// An index file: a path, or what came on stdin.
#[derive(Debug)]
pub struct IndexFile {
    /// For messages; what is opened, unless the file is kept.
    name: PathBuf,
    /// What came on stdin, in a file without a name.
    kept: Option<File>,
}

impl IndexFile {
    /// The file with this path, whatever it is called.
    pub fn at(path: &Path) -> Self {
        Self { name: path.to_owned(), kept: None }
    }

    /// The file that a user has named. For `-` all of stdin is read into a file in the folder for temporary files first: how
    /// much memory to set aside must be known before the copy begins. That waits for whoever writes, so it is called before
    /// signals mean anything but the end.
    ///
    /// # Errors
    /// [`SourceError::Stdin`]: it is a terminal, it is too long, it cannot be read or not be kept.
    pub fn named(path: &Path) -> Result<Self, SourceError> {
        if !command_line::is_stream(path) {
            return Ok(Self::at(path));
        }
        let refused = |problem: &str| SourceError::Stdin(io::Error::other(problem));
        if io::stdin().is_terminal() {
            return Err(refused("it is a terminal: pipe an index file into it"));
        }
        let mut input = command_line::open_input(path).map_err(SourceError::Stdin)?.take(STDIN_LIMIT_BYTES + 1);
        let mut kept = without_name(&std::env::temp_dir())?;
        if io::copy(&mut input, &mut kept).map_err(SourceError::Stdin)? > STDIN_LIMIT_BYTES {
            return Err(refused("it is longer than 4 GiB"));
        }
        Ok(Self { name: command_line::input_name(path).into(), kept: Some(kept) })
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> &Path {
        &self.name
    }

    /// What came on stdin.
    pub(crate) fn kept(&self) -> Option<&File> {
        self.kept.as_ref()
    }
}

/// A file of this process alone, gone when it is closed.
fn without_name(folder: &Path) -> Result<File, SourceError> {
    let path = folder.join(format!(".fraudring-stdin-{}", std::process::id()));
    let opened = File::options().read(true).write(true).create_new(true).mode(0o600).open(&path);
    let file = opened.and_then(|file| std::fs::remove_file(&path).map(|()| file));
    file.map_err(|error| {
        let problem = format!("cannot keep it in {} ({error}): TMPDIR can name another folder", folder.display());
        SourceError::Stdin(io::Error::new(error.kind(), problem))
    })
}
