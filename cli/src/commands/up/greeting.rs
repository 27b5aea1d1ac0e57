//! What `up` says once everything runs.

use super::loaded_index::LoadedIndex;
use super::system::{Front, System};
use crate::console::progress::{Reporter, thousands};
use anyhow::Result;
use server::ListenAddress;
use std::fmt::Write as _;
use std::io::{self, Write as _};

/// A payload whose answer is known.
const EXAMPLE_REQUEST: &str = r#"{"id":"tx-3330991687","transaction":{"amount":9505.97,"installments":10,"requested_at":"2026-03-14T05:15:12Z"},"customer":{"avg_amount":81.28,"tx_count_24h":20,"known_merchants":["MERC-008","MERC-007","MERC-005"]},"merchant":{"id":"MERC-068","mcc":"7802","avg_amount":54.86},"terminal":{"is_online":false,"card_present":true,"km_from_home":952.2745933273},"last_transaction":null}"#;

/// Its answer.
const EXAMPLE_ANSWER: &str = r#"{"approved":false,"fraud_score":1.0}"#;

/// Prints what runs and a line to try it, on stdout. Where that cannot be written to, as in `up | true`, on stderr: the
/// system does not need a reader.
pub fn print(system: &System, admin: Option<&ListenAddress>, loaded: &LoadedIndex, reporter: &Reporter) -> Result<()> {
    let text = text(system, admin, loaded)?;
    if let Err(error) = writeln!(io::stdout().lock(), "{text}") {
        reporter.note(&format!("stdout cannot be written to ({error}), so here is what runs:\n{text}"));
    }
    Ok(())
}

fn text(system: &System, admin: Option<&ListenAddress>, loaded: &LoadedIndex) -> Result<String> {
    let (url, published) = (system.url(), loaded.published());
    let mut text = String::new();
    writeln!(text, "fraudring {}", command_line::version())?;
    let front = match &system.plan().front {
        Front::Haproxy(haproxy) => format!("haproxy {}", haproxy.version()),
        Front::Balancer => "balancer".to_owned(),
        Front::SharedPort => "the servers share the port".to_owned(),
    };
    writeln!(text, "  listening   {url} ({front})")?;
    let count = thousands(u64::from(published.contents.count()));
    let what = match published.contents.schema() {
        Some(schema) => format!("{count} rows of {schema}"),
        None => format!("{count} references"),
    };
    writeln!(text, "  index       {what}, {:.1} MB, {}", published.bytes as f64 / 1e6, published.path.display())?;
    match admin {
        Some(ListenAddress::Tcp(address)) => {
            writeln!(text, "  admin       http://{address}/ (page, metrics, explanations)")?
        }
        Some(address) => writeln!(text, "  admin       {address}")?,
        None => {}
    }
    for child in system.children().iter() {
        writeln!(text, "  {:<11} pid {}", child.name(), child.pid())?;
    }
    match loaded.example_payload()? {
        Some(payload) => writeln!(text, "\nTry it:\n\ncurl -s {url}/score -d {}", in_quotes(&payload))?,
        None => {
            writeln!(text, "\nTry it (the answer is {EXAMPLE_ANSWER}):\n")?;
            writeln!(text, "curl -s {url}/fraud-score -d '{EXAMPLE_REQUEST}'")?;
        }
    }
    write!(text, "\nCtrl-C stops everything.")?;
    Ok(text)
}

/// JSON as one word of a shell: quotes can only lie within its texts, where they may be escaped.
fn in_quotes(json: &str) -> String {
    format!("'{}'", json.replace('\'', "\\u0027"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_one_word_of_a_shell_and_the_same_json() {
        let json = r#"{"it's":"\\ $x `y` \"z\""}"#;
        let quoted = in_quotes(json);
        let output = std::process::Command::new("sh").args(["-c", &format!("printf %s {quoted}")]).output().unwrap();
        let value = |json: &[u8]| serde_json::from_slice::<serde_json::Value>(json).unwrap();
        assert_eq!(value(&output.stdout), value(json.as_bytes()));
    }
}
