//! The balancer's configuration is one that haproxy takes without a word of warning.

use std::process::Command;

#[test]
fn haproxy_accepts_its_configuration_without_warnings() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../haproxy.cfg");
    let output = match Command::new("haproxy").args(["-c", "-f", file]).output() {
        Ok(output) => output,
        Err(error) => {
            let required = std::env::var("FRAUDRING_REQUIRE").unwrap_or_default();
            assert!(!required.split(',').any(|name| name == "haproxy"), "haproxy is required: {error}");
            eprintln!("skipped: haproxy is not installed");
            return;
        }
    };
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(!text.contains("WARNING"), "{text}");
}
