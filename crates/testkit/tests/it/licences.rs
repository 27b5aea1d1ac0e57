//! Every dependency has a licence that `deny.toml` allows and comes from the registry.

use serde_json::Value;
use std::process::Command;

#[test]
fn every_dependency_is_licensed_and_from_the_registry() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let allowed = allowed(&std::fs::read_to_string(format!("{root}/deny.toml")).unwrap());
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let foreign: Vec<&Value> = packages.iter().filter(|package| !package["source"].is_null()).collect();
    assert!(foreign.len() > 50, "the workspace has dependencies");
    for package in foreign {
        let name = &package["id"];
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(is_allowed(licence, &allowed), "{name} has the licence {licence:?}, which deny.toml does not allow");
        assert!(package["source"].as_str().unwrap().starts_with("registry+"), "{name} is not from the registry");
    }
}

/// The list `allow` of the table `[licenses]`.
fn allowed(deny: &str) -> Vec<String> {
    let (_, list) = deny.split_once("allow = [").expect("deny.toml has a list of licences");
    let (list, _) = list.split_once(']').expect("the list ends");
    list.split(',').map(|name| name.trim().trim_matches('"').to_owned()).filter(|name| !name.is_empty()).collect()
}

/// An SPDX expression: one of the alternatives has only licences that are allowed. Older crates write `/` for `OR`.
fn is_allowed(licence: &str, allowed: &[String]) -> bool {
    let plain = licence.replace('/', " OR ").replace(['(', ')'], "");
    // in `(A OR B) AND C`, the only bracket that occurs, C is needed whatever is chosen
    let every = |part: &str| part.split(" AND ").all(|name| allowed.iter().any(|allowed| allowed == name.trim()));
    plain.split(" OR ").any(every)
}

#[test]
fn an_expression_is_allowed_by_one_of_its_alternatives() {
    let allowed = ["MIT".to_owned(), "Zlib".to_owned()];
    for licence in ["MIT", "GPL-3.0-only OR MIT", "Apache-2.0/MIT", "MIT AND Zlib"] {
        assert!(is_allowed(licence, &allowed), "{licence}");
    }
    for licence in ["", "GPL-3.0-only", "MIT AND GPL-3.0-only", "MITX"] {
        assert!(!is_allowed(licence, &allowed), "{licence}");
    }
}
