//! The state of a server as JSON, for the page and for `fraudring up status`.

use super::schema_status::{LabelCount, SchemaStatus, label_counts, rows_of};
use super::sources::Sources;
use crate::telemetry::{Answer, Histogram};
use serde::Serialize;
use std::time::SystemTime;

/// Of all servers that a listener speaks for: a server's own speaks for one.
#[derive(Debug, Serialize)]
pub struct Status {
    servers: [ServerStatus; 1],
}

#[derive(Debug, Serialize)]
struct ServerStatus {
    instance: String,
    pid: u32,
    phase: &'static str,
    uptime_seconds: f64,
    version: &'static str,
    driver: &'static str,
    kernel: &'static str,
    generation: Option<GenerationStatus>,
    requests: Requests,
    latency: Latency,
    connections: Connections,
    buffers: Buffers,
    memory: super::process::Memory,
    swaps: u64,
    refused_generations: u64,
}

#[derive(Debug, Serialize)]
struct GenerationStatus {
    /// `None` where the loader does not count.
    number: Option<u64>,
    checksum: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    references: Option<u32>,
    bytes: u64,
    age_seconds: f64,
    /// Of an index of rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<SchemaStatus>,
}

#[derive(Debug, Serialize)]
struct Requests {
    approved: u64,
    denied: u64,
    /// Answered by rows of a schema.
    scored: u64,
    /// The same by the most frequent label.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<LabelCount>,
    ready: u64,
    refused: u64,
}

#[derive(Debug, Serialize)]
struct Latency {
    whole: Times,
    parse: Times,
    search: Times,
}

/// A histogram; the last count is above all bounds.
#[derive(Debug, Serialize)]
struct Times {
    upper_bounds_ns: Vec<u64>,
    counts: Vec<u64>,
    sum_ns: u64,
}

#[derive(Debug, Serialize)]
struct Connections {
    open: u64,
    accepted: u64,
}

#[derive(Debug, Serialize)]
struct Buffers {
    in_use: u64,
    all: u64,
}

impl Status {
    /// As it is now.
    pub fn of(sources: &Sources) -> Self {
        let Sources { telemetry, counts, reload, phase, facts, .. } = sources;
        let current = reload.current.get();
        let server = ServerStatus {
            instance: facts.instance.to_string(),
            pid: std::process::id(),
            phase: phase.get().name(),
            uptime_seconds: facts.started.elapsed().as_secs_f64(),
            version: command_line::version(),
            driver: facts.driver,
            kernel: facts.kernel,
            generation: current.as_ref().map(|current| {
                let info = current.generation.info();
                GenerationStatus {
                    number: current.number,
                    checksum: info.checksum().to_owned(),
                    references: info.contents().references(),
                    bytes: info.bytes(),
                    age_seconds: SystemTime::now().duration_since(current.since).unwrap_or_default().as_secs_f64(),
                    schema: rows_of(&current.generation).map(SchemaStatus::of),
                }
            }),
            requests: Requests {
                approved: telemetry.answers(Answer::Approved),
                denied: telemetry.answers(Answer::Denied),
                scored: telemetry.answers(Answer::Scored),
                labels: current
                    .as_ref()
                    .and_then(|current| rows_of(&current.generation))
                    .map_or_else(Vec::new, |rows| label_counts(rows, telemetry)),
                ready: telemetry.answers(Answer::Ready),
                refused: telemetry.refusals().map(|(_, count)| count).sum(),
            },
            latency: Latency {
                whole: Times::of(&telemetry.whole),
                parse: Times::of(&telemetry.parse),
                search: Times::of(&telemetry.search),
            },
            connections: Connections { open: counts.open.get(), accepted: counts.connections.get() },
            buffers: Buffers { in_use: counts.buffers.get(), all: facts.buffers as u64 },
            memory: super::process::Memory::now(),
            swaps: reload.current.swaps(),
            refused_generations: crate::reload::Reason::ALL.iter().map(|reason| reload.current.refusals(*reason)).sum(),
        };
        Self { servers: [server] }
    }
}

impl Times {
    fn of(histogram: &Histogram) -> Self {
        Self {
            upper_bounds_ns: Histogram::bounds_ns().collect(),
            counts: histogram.counts().collect(),
            sum_ns: histogram.sum_ns(),
        }
    }
}
