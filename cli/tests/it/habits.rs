//! What a command is expected to bring along: completions for shells, pages of the manual.

use crate::support::FRAUDRING;
use std::process::Command;
use testkit::requirement::is_missing;

fn output(arguments: &[&str]) -> String {
    let output = Command::new(FRAUDRING).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn bash_completes_commands_and_options() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("fraudring.bash");
    std::fs::write(&script, output(&["completions", "bash"])).unwrap();
    let completed = |words: &str| {
        let count = words.split(' ').count();
        let program = format!(
            "source {script}; COMP_WORDS=({words}); COMP_CWORD={last}; \
             _fraudring fraudring \"${{COMP_WORDS[{last}]}}\" \"${{COMP_WORDS[{before}]}}\"; echo \"${{COMPREPLY[@]}}\"",
            script = script.display(),
            last = count - 1,
            before = count - 2,
        );
        let output = Command::new("bash").args(["-c", &program]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(completed("fraudring repl"), "replay");
    assert_eq!(completed("fraudring up --serv"), "--servers");
    assert!(completed("fraudring up sta").contains("status"));
}

#[test]
fn every_shell_gets_a_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(output(&["completions", shell]).contains("load-test"), "{shell}");
    }
}

#[test]
fn every_command_has_a_page_without_warnings() {
    let folder = tempfile::tempdir().unwrap();
    output(&["man", folder.path().to_str().unwrap()]);
    let pages: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|page| page.unwrap().path()).collect();
    let names: Vec<_> = pages.iter().map(|page| page.file_name().unwrap().to_str().unwrap()).collect();
    for name in
        ["fraudring.1", "fraudring-up.1", "fraudring-up-status.1", "fraudring-shm-load.1", "fraudring-explain.1"]
    {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    let of_all = output(&["man"]);
    assert!(of_all.starts_with(".ie") && of_all.contains("\n.TH fraudring 1 \"\" "), "{of_all}");
    assert_eq!(of_all, std::fs::read_to_string(folder.path().join("fraudring.1")).unwrap());
    for page in &pages {
        let text = std::fs::read_to_string(page).unwrap();
        assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{}", page.display());
        assert!(!text.contains("kernel avx"), "{} is of this machine", page.display());
    }
    if is_missing("mandoc", Command::new("sh").args(["-c", "command -v mandoc"])) {
        return;
    }
    let lint = Command::new("mandoc").args(["-T", "lint", "-W", "warning"]).args(&pages).output().unwrap();
    let said = String::from_utf8([lint.stdout, lint.stderr].concat()).unwrap();
    // a date that nobody keeps would be worse than none
    let faults: Vec<&str> = said.lines().filter(|line| !line.contains("missing date")).collect();
    assert!(faults.is_empty() && said.contains("missing date"), "{faults:#?}");
}
