//! Prometheus's text of what a server counts. `docs/METRICS.md` lists every metric.

use super::schema_status::{label_counts, metric_labels, rows_of};
use super::sources::{Sources, unix_seconds};
use crate::reload::{CurrentGeneration, Reason};
use crate::telemetry::{Answer, Histogram};
use index::Proof;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeLabelSet, NoLabelSet, prometheus_text, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use rustix::time::{ClockId, clock_gettime};
use std::fmt;

/// A form of the text, by what the client accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Version 0.0.4, which every client reads.
    Prometheus,
    /// Version 1.0.0.
    OpenMetrics,
}

impl Format {
    /// By the field `Accept`.
    pub fn accepted(accept: Option<&[u8]>) -> Self {
        let accept = accept.unwrap_or_default();
        const OPEN_METRICS: &[u8] = b"application/openmetrics-text";
        let is_open = accept.windows(OPEN_METRICS.len()).any(|part| part.eq_ignore_ascii_case(OPEN_METRICS));
        if is_open { Self::OpenMetrics } else { Self::Prometheus }
    }

    /// The field `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Makes the texts.
#[derive(Debug)]
pub struct Exposition(Registry);

impl Exposition {
    /// Of a server.
    pub fn new(sources: Sources) -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Observed(sources)));
        Self(registry)
    }

    /// What there is now.
    pub fn text(&self, format: Format) -> String {
        let mut out = String::with_capacity(16 * 1024);
        let written = match format {
            Format::Prometheus => prometheus_text::encode(&mut out, &self.0),
            Format::OpenMetrics => text::encode(&mut out, &self.0),
        };
        written.expect("writing to a String cannot fail");
        out
    }
}

struct Observed(Sources);

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observed").field(&self.0.facts).finish()
    }
}

impl Collector for Observed {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut families = Families(encoder);
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
        families.histogram("request", whole, &telemetry.whole)?;
        families.histogram("parse", "Time from the body to the vector", &telemetry.parse)?;
        families.histogram("search", "Time from the vector to the response in the buffer", &telemetry.search)
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
        let used = clock_gettime(ClockId::ProcessCPUTime);
        let used = used.tv_sec as f64 + used.tv_nsec as f64 / 1e9;
        let mut encoder = families.0.encode_descriptor(
            "process_cpu",
            "Processor time of all threads",
            Some(&Unit::Seconds),
            MetricType::Counter,
        )?;
        encoder.encode_counter::<NoLabelSet, _, f64>(&used, None)
    }
}

/// Writes families, all with this program's prefix but those of the process.
struct Families<'a>(DescriptorEncoder<'a>);

impl Families<'_> {
    fn counter(&mut self, name: &str, help: &str, unit: Option<Unit>, value: impl EncodeCounterValue) -> fmt::Result {
        let name = prefixed(name);
        let mut encoder = self.0.encode_descriptor(&name, help, unit.as_ref(), MetricType::Counter)?;
        encoder.encode_counter::<NoLabelSet, _, f64>(&value, None)
    }

    fn counters<L: EncodeLabelSet>(&mut self, name: &str, help: &str, values: &[(L, u64)]) -> fmt::Result {
        let name = prefixed(name);
        let mut encoder = self.0.encode_descriptor(&name, help, None, MetricType::Counter)?;
        for (labels, value) in values {
            encoder.encode_family(labels)?.encode_counter::<NoLabelSet, _, f64>(value, None)?;
        }
        Ok(())
    }

    fn gauge(&mut self, name: &str, help: &str, unit: Option<Unit>, value: impl EncodeGaugeValue) -> fmt::Result {
        let name = prefixed(name);
        self.0.encode_descriptor(&name, help, unit.as_ref(), MetricType::Gauge)?.encode_gauge(&value)
    }

    fn gauges<L: EncodeLabelSet>(&mut self, name: &str, help: &str, unit: Unit, values: &[(L, u64)]) -> fmt::Result {
        let name = prefixed(name);
        let mut encoder = self.0.encode_descriptor(&name, help, Some(&unit), MetricType::Gauge)?;
        for (labels, value) in values {
            encoder.encode_family(labels)?.encode_gauge(value)?;
        }
        Ok(())
    }

    /// What is told by labels alone: the value is 1.
    fn one(&mut self, name: &str, help: &str, labels: &impl EncodeLabelSet) -> fmt::Result {
        self.info(name, help, std::slice::from_ref(labels))
    }

    /// The same of any number of things.
    fn info<L: EncodeLabelSet>(&mut self, name: &str, help: &str, all: &[L]) -> fmt::Result {
        let name = prefixed(name);
        let mut encoder = self.0.encode_descriptor(&name, help, None, MetricType::Gauge)?;
        for labels in all {
            encoder.encode_family(labels)?.encode_gauge(&1_u64)?;
        }
        Ok(())
    }

    fn process_gauge(&mut self, name: &str, help: &str, unit: Unit, value: f64) -> fmt::Result {
        self.0.encode_descriptor(name, help, Some(&unit), MetricType::Gauge)?.encode_gauge(&value)
    }

    fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) -> fmt::Result {
        let bounds = Histogram::bounds_ns().map(|ns| ns as f64 / 1e9).chain([f64::INFINITY]);
        // Read once, so that the count is the sum of the buckets whatever is counted meanwhile.
        let buckets: Vec<(f64, u64)> = bounds.zip(histogram.counts()).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let name = prefixed(name);
        let mut encoder = self.0.encode_descriptor(&name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
        encoder.encode_histogram::<NoLabelSet>(histogram.sum_ns() as f64 / 1e9, count, &buckets, None)
    }
}

fn prefixed(name: &str) -> String {
    format!("fraudring_{name}")
}
