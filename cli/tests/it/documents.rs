//! What README and docs say of commands, options, statuses and the official index is so.

use crate::support::{FRAUDRING, data_folder, fraudring, fraudring_json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Of deploy/submission/make; and any option.
const OTHER_PROGRAMS: &[&str] = &["--volume", "--option"];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(workspace().join(path)).unwrap()
}

fn documents() -> Vec<(String, String)> {
    let docs = std::fs::read_dir(workspace().join("docs")).unwrap();
    let docs = docs.map(|entry| format!("docs/{}", entry.unwrap().file_name().into_string().unwrap()));
    let all = docs.filter(|name| name.ends_with(".md")).chain(["README.md", "README.pt-BR.md"].map(str::to_owned));
    all.map(|name| (read(&name), name)).map(|(text, name)| (name, text)).collect()
}

fn help(command: &str) -> String {
    let words = command.split(' ').filter(|word| !word.is_empty());
    let output = Command::new(FRAUDRING).args(words).arg("--help").output().unwrap();
    assert!(output.status.success(), "{command}");
    String::from_utf8(output.stdout).unwrap()
}

/// Every command with its options, as the help has them: `index build`, and `` for the program itself.
fn commands() -> BTreeMap<String, BTreeSet<String>> {
    let (mut commands, mut open) = (BTreeMap::new(), vec![String::new()]);
    while let Some(command) = open.pop() {
        let help = help(&command);
        let entries = |title: &str| {
            let section = help.split_once(&format!("\n{title}:\n")).map_or("", |(_, rest)| rest);
            section.lines().take_while(|line| line.starts_with(' ') || line.is_empty()).collect::<Vec<_>>()
        };
        let named = entries("Commands");
        let named = named.iter().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        let names = named.map(|line| line.split_whitespace().next().unwrap()).filter(|name| *name != "help");
        open.extend(names.map(|name| format!("{command} {name}").trim().to_owned()));
        let option = |line: &str| {
            let line = line.trim_start();
            let word = ["-h, ", "-V, "].iter().find_map(|short| line.strip_prefix(short)).unwrap_or(line);
            word.starts_with("--").then(|| word.split([' ', '=']).next().unwrap().to_owned())
        };
        commands.insert(command, help.lines().filter_map(option).collect());
    }
    commands
}

/// The command and the options of a line that is typed; `None` if it starts another program.
fn typed(line: &str, commands: &BTreeMap<String, BTreeSet<String>>) -> Option<(String, Vec<String>)> {
    let line = line.split(" #").next().unwrap().replace("cargo run --release -- ", "fraudring ");
    let part = line.split(['|', '&']).next().unwrap();
    let words: Vec<&str> = part.split_whitespace().collect();
    let at = words.iter().position(|word| ["fraudring", "server", "shm-loader"].contains(word))?;
    if words[..at].iter().any(|word| !["taskset", "-c", "0", "sudo"].contains(word)) && words[0] != "docker" {
        return None;
    }
    let mut command = match words[at] {
        "fraudring" => String::new(),
        "server" => "server".to_owned(),
        _ => "shm".to_owned(),
    };
    let mut rest = words[at + 1..].iter();
    for word in rest.clone() {
        let longer = format!("{command} {word}").trim().to_owned();
        if !commands.contains_key(&longer) {
            break;
        }
        command = longer;
        rest.next();
    }
    let options = rest.filter(|word| word.starts_with("--") && word.len() > 2);
    let name = |word: &&str| word.split('=').next().unwrap().trim_end_matches([',', ';', '.', ')']).to_owned();
    Some((command, options.map(name).collect()))
}

#[test]
fn options_that_documents_name_exist() {
    let commands = commands();
    assert!(commands.contains_key("up reload") && commands["index build"].contains("--references"));
    let any: BTreeSet<&String> = commands.values().flatten().collect();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (document, text) in documents() {
        let whole = text.replace("\\\n", " ");
        let lines = whole.lines().filter_map(|line| line.strip_prefix("    "));
        let quoted: Vec<&str> = whole.split('`').skip(1).step_by(2).collect();
        for line in lines.chain(quoted.iter().copied()) {
            if line.starts_with("--") {
                let option = line.split([' ', '=', ',']).next().unwrap().to_owned();
                if !any.contains(&option) && !OTHER_PROGRAMS.contains(&option.as_str()) && option.len() > 2 {
                    wrong.push(format!("{document}: {option}"));
                }
            } else if let Some((command, options)) = typed(line, &commands) {
                seen += options.len();
                let unknown = options.into_iter().filter(|option| !commands[&command].contains(option));
                wrong.extend(unknown.map(|option| format!("{document}: `{}` has no {option}", command)));
            }
        }
    }
    assert!(seen > 60, "only {seen} options were found in the documents");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Numbers of statuses and what they mean, one line each.
fn statuses(lines: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    lines.map(|(status, meaning)| (status, meaning.replace('`', ""))).collect()
}

#[test]
fn the_statuses_in_operations_are_those_of_the_help() {
    let help = help("");
    let (_, section) = help.split_once("Exit status:\n").unwrap();
    // as wide as the help is, a line may go on below
    let (rows, _) = section.split_once("\n`").unwrap();
    let mut lines: Vec<String> = Vec::new();
    for line in rows.lines().map(str::trim) {
        match lines.last_mut() {
            Some(before) if !line.starts_with(|letter: char| letter.is_ascii_digit()) => *before += &format!(" {line}"),
            _ => lines.push(line.to_owned()),
        }
    }
    let helped = statuses(lines.iter().map(|line| {
        let (status, meaning) = line.split_once("  ").unwrap();
        (status.to_owned(), meaning.trim().to_owned())
    }));
    let text = read("docs/OPERATIONS.md");
    let (_, table) = text.split_once("| status of `fraudring` | meaning |\n|---|---|\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let documented = statuses(rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        (cells[0].to_owned(), cells[1].to_owned())
    }));
    assert_eq!(documented, helped);
}

#[test]
fn the_official_index_has_the_size_and_the_checksum_that_documents_tell() {
    let _turn = testkit::machine::alone();
    // makes it, if this is the first who needs it
    assert!(fraudring(&["replay", "--references", "1"]).status.success());
    let index = data_folder().join("official.index");
    let info = fraudring_json(&["index", "info", index.to_str().unwrap(), "--json"]);
    let (bytes, checksum) = (info["bytes"].as_u64().unwrap(), info["checksum"].as_str().unwrap());
    let references = info["references"].as_u64().unwrap();
    let (mb, mib) = (format!("{:.1} MB", bytes as f64 / 1e6), format!("{:.1} MB", bytes as f64 / (1 << 20) as f64));
    for (document, sentence) in [
        ("README.md", format!("{references} references, {bytes} bytes, checksum {checksum}")),
        ("README.pt-BR.md", format!("{references} references, {bytes} bytes, checksum {checksum}")),
        ("README.md", format!("index       3,000,000 references, {mb}, ")),
        ("README.md", format!("| index | {mb}, ")),
        ("docs/OPERATIONS.md", format!("| index, once | {mib} | {mib} |")),
        ("docs/OPERATIONS.md", format!("the official index of {mb}")),
        ("docs/OPERATIONS.md", format!("the whole takes {mib} more")),
        ("docs/OPERATIONS.md", format!("current.index ── {mib}, once")),
    ] {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(&read(document)).contains(&words(&sentence)), "{document} does not say {sentence:?}");
    }
    assert_eq!(references, 3_000_000);
    let payloads = help("dataset payloads");
    assert!(payloads.contains("[default: 54100]") && read("README.md").contains("draws 54,100 payloads"), "{payloads}");
}
