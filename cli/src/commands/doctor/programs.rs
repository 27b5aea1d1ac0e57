//! Programs that are used where they are installed.

use super::finding::Finding;
use crate::commands::up::Haproxy;
use std::process::{Command, Stdio};

/// Looks for them.
pub fn check() -> Vec<Finding> {
    vec![haproxy(), docker()]
}

fn haproxy() -> Finding {
    const NAME: &str = "haproxy";
    match Haproxy::find() {
        Ok(Some(haproxy)) => Finding::fine(NAME, haproxy.version()),
        Ok(None) => {
            Finding::note(NAME, "not installed, the servers share the port themselves", "apt-get install haproxy")
        }
        Err(error) => Finding::note(NAME, format!("{error:#}"), "unset FRAUDRING_HAPROXY, or name the program"),
    }
}

fn docker() -> Finding {
    const NAME: &str = "docker";
    let asked = Command::new("docker")
        .args(["version", "--format", "{{.Server.Version}}"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    match asked {
        Ok(output) if output.status.success() => {
            Finding::fine(NAME, format!("engine {}", String::from_utf8_lossy(&output.stdout).trim()))
        }
        Ok(_) => {
            Finding::note(NAME, "the engine cannot be reached", "only `docker compose up` needs it: start dockerd")
        }
        Err(_) => Finding::fine(NAME, "not installed; only `docker compose up` needs it"),
    }
}
