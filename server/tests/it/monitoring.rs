//! What `deploy/monitoring/` holds: that Prometheus understands it, and that the figures it names exist.

use crate::support::haproxy::haproxy;
use crate::support::{Client, IndexFolder, PATIENCE, comes_true, is_missing};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn monitoring(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/monitoring").join(file)
}

pub fn text_of(file: &str) -> String {
    std::fs::read_to_string(monitoring(file)).unwrap()
}

/// Debian's package `prometheus` has both programs.
pub fn is_prometheus_missing() -> bool {
    is_missing("prometheus", Command::new("prometheus").arg("--version"))
        || is_missing("prometheus", Command::new("promtool").arg("--version"))
}

#[track_caller]
fn promtool(arguments: &[&str], file: &Path) {
    let output = Command::new("promtool").args(arguments).arg(file).output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && !text.contains("FAILED"), "promtool {arguments:?}: {text}");
}

/// What stands behind `key` on the lines of a file of rules.
fn values_of(file: &str, key: &str) -> BTreeSet<String> {
    let text = text_of(file);
    let values = text.match_indices(key).map(|(at, _)| text[at + key.len()..].split(['\n', ',', '}']).next().unwrap());
    values.map(|value| value.trim().to_owned()).collect()
}

#[test]
fn prometheus_accepts_configuration_and_rules() {
    if is_prometheus_missing() {
        return;
    }
    promtool(&["check", "config"], &monitoring("prometheus.yml"));
    promtool(&["check", "rules"], &monitoring("alerts.yml"));
    promtool(&["test", "rules"], &monitoring("alerts_test.yml"));
}

#[test]
fn each_alert_is_tested_where_it_fires_and_where_it_does_not() {
    let text = text_of("alerts_test.yml");
    let alerts = values_of("alerts.yml", "- alert: ");
    assert!(alerts.len() >= 8, "{alerts:?}");
    for alert in alerts {
        let tests = text.split("\n      - ").filter(|test| {
            let named = test.split_once("alertname: ").map(|(_, rest)| rest.split(['}', '\n']).next().unwrap().trim());
            named == Some(&alert)
        });
        let (fires, stays): (Vec<_>, Vec<_>) = tests.partition(|test| test.contains("exp_alerts:"));
        assert!(!fires.is_empty() && !stays.is_empty(), "{alert}: fires {}, stays {}", fires.len(), stays.len());
    }
}

fn dashboard() -> Value {
    serde_json::from_str(&text_of("dashboard.json")).unwrap()
}

/// The expressions of all panels and annotations, with values for what Grafana fills in.
fn dashboard_expressions() -> Vec<String> {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
    let marks = dashboard["annotations"]["list"].as_array().unwrap().iter();
    let variables = dashboard["templating"]["list"].as_array().unwrap().iter().filter(|one| one["type"] == "query");
    // `label_values(SERIES, label)` is Grafana's own.
    let series = variables.map(|one| one["definition"].as_str().unwrap().trim_start_matches("label_values("));
    let series = series.map(|text| text.rsplit_once(", ").unwrap().0.to_owned());
    let expressions = targets.chain(marks).map(|one| one["expr"].as_str().unwrap().to_owned()).chain(series);
    let filled = expressions
        .map(|text| text.replace("$__rate_interval", "1m").replace("$job", "fraudring").replace("$instance", ".*"));
    filled.collect()
}

#[test]
fn every_expression_of_the_dashboard_is_one() {
    if is_prometheus_missing() {
        return;
    }
    let expressions = dashboard_expressions();
    assert!(expressions.len() > 30, "{}", expressions.len());
    let rules: Vec<_> = expressions.iter().map(|text| json!({"record": "panel", "expr": text})).collect();
    let folder = tempfile::tempdir().unwrap();
    // JSON is YAML.
    let file = folder.path().join("rules.yml");
    std::fs::write(&file, json!({"groups": [{"name": "dashboard", "rules": rules}]}).to_string()).unwrap();
    promtool(&["check", "rules", "--lint=none"], &file);
}

#[test]
fn panels_have_numbers_of_their_own_and_do_not_overlap() {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut numbers = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in panels {
        let title = &panel["title"];
        assert!(numbers.insert(panel["id"].as_u64().unwrap()), "{title} has another's number");
        let [x, y, width, height] = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap());
        assert!(x + width <= 24, "{title} is wider than the page");
        for cell in (x..x + width).flat_map(|column| (y..y + height).map(move |line| (column, line))) {
            assert!(taken.insert(cell), "{title} lies on another");
        }
    }
}

/// The names of figures in expressions, without the parts of a histogram.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    let names = words.filter(|word| ["fraudring_", "haproxy_", "process_"].iter().any(|start| word.starts_with(start)));
    let whole = |name: &str| {
        let part = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        part.unwrap_or(name).to_owned()
    };
    names.map(whole).collect()
}

/// All that alerts and dashboard ask for.
pub fn asked_for() -> BTreeSet<String> {
    let alerts = text_of("alerts.yml");
    let expressions = dashboard_expressions().into_iter().chain([alerts]);
    expressions.flat_map(|text| metrics_in(&text)).collect()
}

#[test]
fn the_balancers_exporter_has_what_is_asked_of_it() {
    if is_missing("haproxy", haproxy().arg("-v")) {
        return;
    }
    let place = IndexFolder::empty();
    let socket = place.path("exporter.sock");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let text = std::fs::read_to_string(format!("{root}/deploy/exporter.cfg")).unwrap();
    let own = place.path("exporter.cfg");
    std::fs::write(&own, text.replace("bind :8404", &format!("bind unix@{}", socket.display()))).unwrap();
    let mut command = haproxy();
    command.args(["-db", "-f", &format!("{root}/haproxy.cfg"), "-f"]).arg(&own);
    command.env("FRAUDRING_BIND", format!("unix@{}", place.path("clients.sock").display()));
    let mut process = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let address = format!("unix:{}", socket.display());
    assert!(comes_true(PATIENCE, || Client::try_connect(&address).is_ok()), "haproxy does not listen");
    let mut client = Client::connect(&address);
    client.send("GET /metrics HTTP/1.0\r\n\r\n");
    let mut figures = String::new();
    client.split().0.read_to_string(&mut figures).unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    let missing: Vec<_> = asked_for()
        .into_iter()
        .filter(|name| name.starts_with("haproxy_") && !figures.contains(&format!("\n# TYPE {name} ")))
        .collect();
    assert!(figures.len() > 10_000 && missing.is_empty(), "{missing:?} not in {figures}");
}
