//! Which servers there are: those of the command line, and those of a folder.

use listener::listen::UnixPath;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// How sockets of servers are named in a folder.
const EXTENSION: &str = "handoff";

/// `named`, and every socket of `folder` that is named so, by their names; each once.
///
/// # Errors
///
/// The folder cannot be read.
pub fn list(named: &[UnixPath], folder: Option<&Path>) -> io::Result<Vec<UnixPath>> {
    let mut found = Vec::new();
    if let Some(folder) = folder {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let is_named_so = entry.path().extension().is_some_and(|extension| extension == EXTENSION);
            if is_named_so && entry.file_type()?.is_socket() {
                found.push(entry.path());
            }
        }
        found.sort();
    }
    let mut list: Vec<UnixPath> = Vec::new();
    for path in named.iter().cloned().chain(found.into_iter().map(UnixPath::from)) {
        if !list.contains(&path) {
            list.push(path);
        }
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn sockets_of_the_folder_join_those_of_the_command_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let _sockets = ["2.handoff", "1.handoff", "1.sock"].map(|name| UnixListener::bind(path(name)).unwrap());
        std::fs::write(path("3.handoff"), "no socket").unwrap();
        let named = ["a", "1.handoff"].map(|name| UnixPath::from(path(name)));
        let names =
            |folder| list(&named, folder).unwrap().iter().map(|path| path.path().to_owned()).collect::<Vec<_>>();
        assert_eq!(names(Some(folder.path())), ["a", "1.handoff", "2.handoff"].map(path));
        assert_eq!(names(None), ["a", "1.handoff"].map(path));
        assert!(list(&named, Some(&path("none"))).is_err());
    }
}
