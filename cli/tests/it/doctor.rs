//! What `doctor` finds on this machine, and in one that is made worse.

use crate::support::FRAUDRING;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use testkit::sandbox::Sandbox;

fn doctor(arguments: &[&str], sandbox: Sandbox) -> Output {
    let mut command = Command::new(FRAUDRING);
    command.arg("doctor").args(arguments).env_remove("FRAUDRING_SHM_DIR");
    sandbox.confine(&mut command);
    command.output().unwrap()
}

fn verdict(output: &Output, name: &str) -> String {
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let check = document["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap();
    let verdict = check["verdict"].as_str().unwrap().to_owned();
    assert_eq!(verdict == "fine", check["advice"].is_null(), "{check}");
    verdict
}

#[test]
fn every_check_has_a_verdict_and_what_is_wrong_has_an_advice() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let output = doctor(&["--json", "--shm-dir", folder.path().to_str().unwrap()], Sandbox::None);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let names =
        ["index folder", "vector instructions", "cores", "descriptors", "memory limit", "processor limit", "docker"];
    for name in names {
        verdict(&output, name);
    }
    let table = doctor(&["--shm-dir", folder.path().to_str().unwrap()], Sandbox::None);
    assert!(String::from_utf8_lossy(&table.stdout).contains("searches with"));
}

#[test]
fn a_machine_without_io_uring_is_noted() {
    let output = doctor(&["--json"], Sandbox::NoIoUring);
    assert_eq!(verdict(&output, "io_uring"), "note");
}

#[test]
fn a_folder_that_others_may_write_to_is_a_fault() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let output = doctor(&["--json", "--shm-dir", folder.path().to_str().unwrap()], Sandbox::None);
    assert_eq!((output.status.code(), verdict(&output, "index folder").as_str()), (Some(1), "fault"));
}
