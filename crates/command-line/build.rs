//! Tells the crate which commit it was built from.

use std::process::Command;

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

fn main() {
    println!("cargo::rerun-if-env-changed=FRAUDRING_COMMIT");
    println!("cargo::rerun-if-changed=build.rs");
    // HEAD's log changes with every commit and checkout, HEAD itself only when the branch does.
    for name in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", name]) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    // An image is built without the repository, so its builder may pass the commit in.
    let named = std::env::var("FRAUDRING_COMMIT").ok().filter(|commit| !commit.is_empty());
    let commit = named.or_else(|| git(&["rev-parse", "--short=12", "HEAD"]));
    println!("cargo::rustc-env=FRAUDRING_BUILT_FROM={}", commit.as_deref().unwrap_or("unknown"));
}
