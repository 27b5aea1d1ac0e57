//! Prometheus's text of what a server counts. `docs/METRICS.md` lists every metric.

use super::schema_status::{label_counts, metric_labels, rows_of};
use super::sources::{Sources, unix_seconds};
use crate::reload::{CurrentGeneration, Reason};
use crate::telemetry::{Answer, Histogram};
use ::admin::metrics::{Exposition, Families};
use index::Proof;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Unit;
use std::fmt;

/// The text of a server.
pub fn exposition(sources: Sources) -> Exposition {
    Exposition::new(Observed(sources))
}

struct Observed(Sources);

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observed").field(&self.0.facts).finish()
    }
}

impl Collector for Observed {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut families = Families::new(encoder);
        self.requests(&mut families)?;
        self.connections(&mut families)?;
        // once, so that all that one answer tells is of one generation
        let current = self.0.reload.current.get();
        self.generation(&mut families, current.as_ref())?;
        self.schema(&mut families, current.as_ref())?;
        self.decision_log(&mut families)?;
        self.process(&mut families)
    }
}

impl Observed {
    fn requests(&self, families: &mut Families<'_>) -> fmt::Result {
        let telemetry = &self.0.telemetry;
        let answers = Answer::ALL.map(|answer| {
            let (name, status) = answer.labels();
            ([("answer", name.to_owned()), ("status", status.to_string())], telemetry.answers(answer))
        });
        families.counters("requests", "Requests that reached a route, by answer and status", &answers)?;
        let refusals: Vec<_> = telemetry.refusals().map(|(kind, count)| ([("kind", kind)], count)).collect();
        families.counters("refused", "Refused input by kind, errors of the protocol included", &refusals)?;
        let proofs = Proof::ALL.map(|proof| ([("proof", proof.name())], telemetry.proofs(proof)));
        families.counters("proofs", "Scored requests by the step of the search that proved the answer", &proofs)?;
        let whole = "Time from a whole request in the buffer to its response there, of scored requests";
        times(families, "request", whole, &telemetry.whole)?;
        times(families, "parse", "Time from the body to the vector", &telemetry.parse)?;
        times(families, "search", "Time from the vector to the response in the buffer", &telemetry.search)
    }

    fn decision_log(&self, families: &mut Families<'_>) -> fmt::Result {
        let log = &self.0.decision_log;
        families.counter("decision_log_written", "Sampled decisions in the decision log", None, log.written())?;
        families.counter("decision_log_dropped", "Sampled decisions that are not in it", None, log.dropped())
    }

    fn connections(&self, families: &mut Families<'_>) -> fmt::Result {
        let counts = &self.0.counts;
        families.counter("connections_accepted", "Connections accepted", None, counts.connections.get())?;
        families.gauge("connections_open", "Connections open now", None, counts.open.get())?;
        families.gauge("buffers_in_use", "Request buffers that are lent now", None, counts.buffers.get())?;
        families.gauge("buffers", "Request buffers there are", None, self.0.facts.buffers as u64)
    }

    fn generation(&self, families: &mut Families<'_>, serving: Option<&CurrentGeneration>) -> fmt::Result {
        let current = &self.0.reload.current;
        let help = "Times that one generation of the index took the place of another";
        families.counter("generation_swaps", help, None, current.swaps())?;
        let refusals = Reason::ALL.map(|reason| ([("reason", reason.name())], current.refusals(reason)));
        families.counters("generation_refused", "Generations that were refused, by reason", &refusals)?;
        let Some(serving) = serving else { return Ok(()) };
        let number = serving.number.unwrap_or(0);
        families.gauge("generation", "Number of the generation that answers; 0 if it has none", None, number)?;
        let help = "When that generation began to answer, in seconds since 1970";
        families.gauge("generation_since_timestamp", help, Some(Unit::Seconds), unix_seconds(serving.since))?;
        let info = serving.generation.info();
        let labels = [
            ("checksum", info.checksum().to_owned()),
            ("kernel", info.kernel().to_owned()),
            ("references", info.contents().count().to_string()),
        ];
        families.one("index_info", "The index that answers", &labels)
    }

    /// Told by name on every server, so that a dashboard finds them; without samples where references answer.
    fn schema(&self, families: &mut Families<'_>, serving: Option<&CurrentGeneration>) -> fmt::Result {
        let rows = serving.and_then(|serving| rows_of(&serving.generation));
        let schema = rows.map(metric_labels);
        families.info("schema_info", "The schema by whose rows requests are answered", schema.as_slice())?;
        let counts = rows.map_or_else(Vec::new, |rows| label_counts(rows, &self.0.telemetry));
        let counts: Vec<_> = counts.into_iter().map(|count| ([("label", count.label)], count.answers)).collect();
        families.counters("answers", "Answers by rows, by the most frequent label of the nearest", &counts)
    }

    fn process(&self, families: &mut Families<'_>) -> fmt::Result {
        let facts = &self.0.facts;
        families.gauge("ready", "1 if requests are scored, else 0", None, {
            u64::from(self.0.phase.get() == listener::Phase::Ready)
        })?;
        families.one("driver_info", "What the server waits with", &[("driver", facts.driver)])?;
        families.one("build_info", "The program", &[("version", command_line::version())])?;
        let memory = self.0.memory();
        let kinds = [([("kind", "private")], memory.private_bytes), ([("kind", "shared")], memory.shared_bytes)];
        families.gauges("memory", "Resident memory of this process by kind", Unit::Bytes, &kinds)?;
        let resident = memory.private_bytes + memory.shared_bytes;
        families.process_gauge("process_resident_memory", "Resident memory", Unit::Bytes, resident as f64)?;
        let started = unix_seconds(facts.started_at);
        families.process_gauge("process_start_time", "Start of serving since 1970", Unit::Seconds, started)?;
        families.process_cpu()
    }
}

fn times(families: &mut Families<'_>, name: &str, help: &str, histogram: &Histogram) -> fmt::Result {
    let bounds = Histogram::bounds_ns().map(|ns| ns as f64 / 1e9).chain([f64::INFINITY]);
    // Read once, so that the count is the sum of the buckets whatever is counted meanwhile.
    let buckets: Vec<(f64, u64)> = bounds.zip(histogram.counts()).collect();
    families.histogram(name, help, Unit::Seconds, histogram.sum_ns() as f64 / 1e9, &buckets)
}
