//! Payloads over HTTP to a running service: one connection, kept alive, one request after the other.

use super::clock::Durations;
use super::report::Report;
use super::tally::{Answer, Expected, Tally};
use crate::advice::Advise;
use crate::progress::Reporter;
use anyhow::{Context, Result};
use dataset::PayloadEntry;
use schema::Decision;
use std::time::{Duration, Instant};
use ureq::Agent;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// As long as the load test waits for an answer.
const TIMEOUT: Duration = Duration::from_millis(2001);

/// Longer answers are cut, and then are no JSON.
const ANSWER_LIMIT_BYTES: u64 = 16 * 1024;

/// Of one host; all that `ureq` has room for.
const MOST_ADDRESSES: usize = 16;

/// After so many failures in a row the service is taken for gone.
const MOST_FAILURES_IN_A_ROW: u32 = 20;

/// Posts every payload to `url`/fraud-score and checks each answer's text.
pub fn replay(name: &str, entries: &[PayloadEntry], url: &str, reporter: &Reporter) -> Result<Report> {
    let address = address(url)?;
    let config = Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false).build();
    let agent = Agent::with_parts(config, DefaultConnector::default(), Lookup);
    let (mut tally, mut http) = (Tally::default(), Durations::new()?);
    let mut failures_in_a_row = 0;
    for (done, entry) in entries.iter().enumerate() {
        if done.is_multiple_of(1024) {
            reporter.report("replaying", done as u64, entries.len() as u64);
        }
        let started = Instant::now();
        let answer = ask(&agent, &address, &entry.request);
        http.record(started.elapsed());
        match answer {
            Ok(answer) => {
                failures_in_a_row = 0;
                let expected = Expected { approved: entry.expected_approved, frauds: entry.expected_frauds };
                tally.answered(expected, answer);
            }
            Err(error) => {
                tally.failed(&format!("{error:#}"));
                failures_in_a_row += 1;
                if failures_in_a_row == MOST_FAILURES_IN_A_ROW {
                    return Err(anyhow::anyhow!("{failures_in_a_row} requests in a row to {address} failed"))
                        .advise(|| "is it running? Start it with: fraudring up".to_owned());
                }
            }
        }
    }
    reporter.report("replaying", entries.len() as u64, entries.len() as u64);
    Ok(Report::through(name, tally, http.summary(), url))
}

fn address(url: &str) -> Result<String> {
    anyhow::ensure!(url.starts_with("http://"), "{url} is no address: write it like http://127.0.0.1:9999");
    Ok(format!("{}/fraud-score", url.trim_end_matches('/').trim_end_matches("/fraud-score")))
}

/// Finds hosts as the load test does; `ureq` then tries the addresses in turn.
#[derive(Debug)]
struct Lookup;

impl Resolver for Lookup {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().ok_or(ureq::Error::HostNotFound)?;
        let mut found = self.empty();
        for address in command_line::lookup(host, uri.port_u16().unwrap_or(80))?.into_iter().take(MOST_ADDRESSES) {
            found.push(address);
        }
        Ok(found)
    }
}

fn ask(agent: &Agent, address: &str, request: &str) -> Result<Answer> {
    let mut response = agent.post(address).content_type("application/json").send(request)?;
    let status = response.status();
    let text = response.body_mut().with_config().limit(ANSWER_LIMIT_BYTES).read_to_string().context("reading")?;
    anyhow::ensure!(status == 200, "status {status}: {text}");
    parse(&text).with_context(|| format!("not the expected answer: {text}"))
}

/// The shape of an answer; numbers keep their text's form, so 0 and 0.0 differ.
#[derive(serde::Deserialize)]
struct Body {
    approved: bool,
    fraud_score: serde_json::Number,
}

fn parse(text: &str) -> Result<Answer> {
    let body: Body = serde_json::from_str(text)?;
    let score = body.fraud_score.to_string();
    let decided = Decision::ALL.into_iter().find(|decision| format!("{:.1}", decision.fraud_score()) == score);
    Ok(Answer { approved: body.approved, frauds: decided.map(Decision::frauds) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_six_scores_are_told_apart_and_others_are_none() {
        let texts = ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"];
        for (frauds, text) in texts.iter().enumerate() {
            let answer = parse(&format!(r#"{{"approved":true,"fraud_score":{text}}}"#)).unwrap();
            assert_eq!(answer.frauds.map(usize::from), Some(frauds));
        }
        for text in ["0", "1", "0.3", "0.60001", "-0.0"] {
            assert_eq!(parse(&format!(r#"{{"approved":true,"fraud_score":{text}}}"#)).unwrap().frauds, None, "{text}");
        }
        assert!(parse(r#"{"approved":"true","fraud_score":0.0}"#).is_err());
        assert!(parse("").is_err());
    }

    #[test]
    fn the_path_is_added_once() {
        assert_eq!(address("http://127.0.0.1:9999").unwrap(), "http://127.0.0.1:9999/fraud-score");
        assert_eq!(address("http://127.0.0.1:9999/").unwrap(), "http://127.0.0.1:9999/fraud-score");
        assert_eq!(address("http://127.0.0.1:9999/fraud-score").unwrap(), "http://127.0.0.1:9999/fraud-score");
        assert!(address("127.0.0.1:9999").is_err());
        assert!(address("https://127.0.0.1:9999").is_err());
    }
}
