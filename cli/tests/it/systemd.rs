//! The units in `deploy/systemd`: sound, confined, and with options that the programs know.

use crate::support::FRAUDRING;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use testkit::requirement::is_missing;

const UNITS: [&str; 2] = ["fraudring-loader.service", "fraudring@.service"];

fn unit(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/systemd").join(name)).unwrap()
}

/// The units in `folder`, with programs that are there.
fn installed(folder: &Path) -> Vec<PathBuf> {
    for program in ["shm-loader", "server"] {
        symlink("/bin/true", folder.join(program)).unwrap();
    }
    let install = |name: &&str| {
        let path = folder.join(name);
        std::fs::write(&path, unit(name).replace("/usr/local/bin", folder.to_str().unwrap())).unwrap();
        path
    };
    UNITS.iter().map(install).collect()
}

fn analyze(arguments: &[&str], unit: &Path) -> Output {
    Command::new("systemd-analyze").args(arguments).arg(unit).env("LC_ALL", "C.UTF-8").output().unwrap()
}

#[test]
fn units_are_sound_and_confined() {
    if is_missing("systemd", Command::new("systemd-analyze").arg("--version")) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for unit in installed(folder.path()) {
        let verified = analyze(&["verify"], &unit);
        let messages = String::from_utf8_lossy(&verified.stderr).into_owned();
        assert!(!messages.lines().any(|line| line.contains("fraudring")), "{messages}");
        // 0 is closed, 10 is open; a unit without any of this has 9.6
        let judged = analyze(&["security", "--offline=true", "--threshold=30"], &unit);
        assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stdout));
    }
}

#[test]
fn their_options_are_those_of_the_programs() {
    for (name, program, command) in [(UNITS[0], "shm-loader", "shm"), (UNITS[1], "server", "server")] {
        let text = unit(name);
        let lines = text.lines().filter_map(|line| line.split_once(&format!("=/usr/local/bin/{program} ")));
        let commands: Vec<&str> = lines.map(|(_, arguments)| arguments).collect();
        assert!(!commands.is_empty(), "{name}");
        for arguments in commands {
            let arguments = arguments.replace("%i", "1").replace("${FRAUDRING_SERVERS}", "2");
            let mut words: Vec<&str> = vec![command];
            words.extend(arguments.split(' '));
            // asked last, so that what stands before it is read first
            words.push("--help");
            let output = Command::new(FRAUDRING).args(&words).output().unwrap();
            assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
