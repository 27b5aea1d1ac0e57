//! A real Prometheus that scrapes a running server's admin listener.

use crate::monitoring::{asked_for, is_prometheus_missing, text_of};
use crate::support::traffic::Traffic;
use crate::support::{IndexFolder, Listen, PATIENCE, Sandbox, Server, comes_true};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

/// The body that `host` answers, if it does with success.
fn try_body_of(host: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1) == Some("200")).then(|| body.to_owned())
}

#[track_caller]
fn body_of(host: &str, path: &str) -> String {
    try_body_of(host, path).unwrap_or_else(|| panic!("no {path}"))
}

/// A running Prometheus, killed when dropped.
struct Prometheus {
    process: Child,
    host: String,
}

impl Prometheus {
    /// With the project's configuration and alerts, except that it scrapes `host` alone, often, and waits before no alert.
    fn start(place: &IndexFolder, host: &str) -> Self {
        let text = text_of("prometheus.yml").replace("interval: 5s", "interval: 200ms");
        let (text, _) = text.split_once("  - job_name: haproxy").unwrap();
        let targets = r#"["127.0.0.1:9101", "127.0.0.1:9102"]"#;
        assert!(text.contains(targets), "{text}");
        std::fs::write(place.path("prometheus.yml"), text.replace(targets, &format!("[\"{host}\"]"))).unwrap();
        let alerts = text_of("alerts.yml");
        let at_once = |line: &str| !line.trim_start().starts_with("for: ");
        let alerts: Vec<_> = alerts.lines().filter(|line| at_once(line)).collect();
        std::fs::write(place.path("alerts.yml"), alerts.join("\n")).unwrap();

        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", place.path("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", place.path("figures").display()));
        command.args(["--web.listen-address=127.0.0.1:0", "--log.format=json"]);
        let mut process = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(process.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        // Read to its end, as the process waits for room in the pipe.
        std::thread::spawn(move || log.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        let mut started = Self { process, host: String::new() };
        while started.host.is_empty() {
            let line: Value = serde_json::from_str(&lines.recv_timeout(PATIENCE).unwrap()).unwrap();
            if line["msg"] == "Listening on" {
                started.host = line["address"].as_str().unwrap().to_owned();
            }
        }
        let answers = comes_true(PATIENCE, || try_body_of(&started.host, "/-/ready").is_some());
        assert!(answers, "Prometheus does not become ready");
        started
    }

    /// What an expression comes to, if to a single number.
    fn number(&self, expression: &str) -> Option<f64> {
        let encoded: String = expression.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let answer: Value =
            serde_json::from_str(&body_of(&self.host, &format!("/api/v1/query?query={encoded}"))).unwrap();
        answer["data"]["result"][0]["value"][1].as_str().map(|text| text.parse().unwrap())
    }

    /// The names of the alerts that fire.
    fn firing(&self) -> Vec<String> {
        let answer: Value = serde_json::from_str(&body_of(&self.host, "/api/v1/alerts")).unwrap();
        let alerts = answer["data"]["alerts"].as_array().unwrap().iter();
        let firing = alerts.filter(|alert| alert["state"] == "firing");
        firing.map(|alert| alert["labels"]["alertname"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // Ended already, or ended by this.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn it_scrapes_a_server_and_notices_its_end() {
    if is_prometheus_missing() {
        return;
    }
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Tcp, Sandbox::None, &["--admin", "tcp:127.0.0.1:0"]);
    let host = server.admin().strip_prefix("tcp:").unwrap().to_owned();
    let traffic = Traffic::to(&server);
    let prometheus = Prometheus::start(&place, &host);
    let more_than = |expression: &str, least: f64| {
        let comes = comes_true(PATIENCE, || prometheus.number(expression).is_some_and(|number| number > least));
        assert!(comes, "{expression}: {:?}", prometheus.number(expression));
    };
    more_than("up{job=\"fraudring\"}", 0.0);
    more_than("sum(fraudring_requests_total{answer=~\"approved|denied\", status=\"200\"})", 10.0);
    more_than("sum(rate(fraudring_requests_total[10s]))", 1.0);
    more_than("histogram_quantile(0.99, sum by (le) (rate(fraudring_request_seconds_bucket[10s])))", 0.0);
    assert_eq!(prometheus.firing(), [""; 0]);

    drop(traffic);
    drop(server);
    let notices = comes_true(PATIENCE, || prometheus.firing() == ["FraudringServerDown"]);
    assert!(notices, "{:?}", prometheus.firing());
}

#[test]
fn the_figures_are_as_prometheus_wants_them_and_all_that_are_asked_for() {
    if is_prometheus_missing() {
        return;
    }
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Tcp, Sandbox::None, &["--admin", "tcp:127.0.0.1:0"]);
    let figures = body_of(server.admin().strip_prefix("tcp:").unwrap(), "/metrics");
    let mut lint = Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).spawn().unwrap();
    lint.stdin.take().unwrap().write_all(figures.as_bytes()).unwrap();
    assert!(lint.wait().unwrap().success(), "{figures}");
    // The balancer has its own, and only a server with a decision log counts its entries.
    let elsewhere = |name: &String| ["haproxy_", "fraudring_decision_log_"].iter().any(|start| name.starts_with(start));
    let own = asked_for().into_iter().filter(|name| !elsewhere(name));
    let missing: Vec<_> = own.filter(|name| !figures.contains(&format!("# TYPE {name} "))).collect();
    assert!(missing.is_empty(), "{missing:?} not in {figures}");
}
