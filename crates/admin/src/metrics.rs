//! Prometheus's text of what a program counts.

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
    /// Of what `collector` observes.
    pub fn new(collector: impl Collector) -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(collector));
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

/// Writes families, all with the prefix `fraudring_` but those of the process. An error is the encoder's, which writes to
/// memory.
pub struct Families<'a>(DescriptorEncoder<'a>);

#[allow(missing_docs, clippy::missing_errors_doc, reason = "each is named by the type of metric that it writes")]
impl<'a> Families<'a> {
    /// To be written by `encoder`.
    pub fn new(encoder: DescriptorEncoder<'a>) -> Self {
        Self(encoder)
    }

    pub fn counter(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<Unit>,
        value: impl EncodeCounterValue,
    ) -> fmt::Result {
        let name = prefixed(name);
        let mut encoder = self.0.encode_descriptor(&name, help, unit.as_ref(), MetricType::Counter)?;
        encoder.encode_counter::<NoLabelSet, _, f64>(&value, None)
    }

    pub fn counters<L: EncodeLabelSet>(&mut self, name: &str, help: &str, values: &[(L, u64)]) -> fmt::Result {
        let name = prefixed(name);
        let mut encoder = self.0.encode_descriptor(&name, help, None, MetricType::Counter)?;
        for (labels, value) in values {
            encoder.encode_family(labels)?.encode_counter::<NoLabelSet, _, f64>(value, None)?;
        }
        Ok(())
    }

    pub fn gauge(&mut self, name: &str, help: &str, unit: Option<Unit>, value: impl EncodeGaugeValue) -> fmt::Result {
        let name = prefixed(name);
        self.0.encode_descriptor(&name, help, unit.as_ref(), MetricType::Gauge)?.encode_gauge(&value)
    }

    pub fn gauges<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        unit: Unit,
        values: &[(L, u64)],
    ) -> fmt::Result {
        let name = prefixed(name);
        let mut encoder = self.0.encode_descriptor(&name, help, Some(&unit), MetricType::Gauge)?;
        for (labels, value) in values {
            encoder.encode_family(labels)?.encode_gauge(value)?;
        }
        Ok(())
    }

    /// What is told by labels alone: the value is 1.
    pub fn one(&mut self, name: &str, help: &str, labels: &impl EncodeLabelSet) -> fmt::Result {
        self.info(name, help, std::slice::from_ref(labels))
    }

    /// The same of any number of things.
    pub fn info<L: EncodeLabelSet>(&mut self, name: &str, help: &str, all: &[L]) -> fmt::Result {
        let name = prefixed(name);
        let mut encoder = self.0.encode_descriptor(&name, help, None, MetricType::Gauge)?;
        for labels in all {
            encoder.encode_family(labels)?.encode_gauge(&1_u64)?;
        }
        Ok(())
    }

    pub fn process_gauge(&mut self, name: &str, help: &str, unit: Unit, value: f64) -> fmt::Result {
        self.0.encode_descriptor(name, help, Some(&unit), MetricType::Gauge)?.encode_gauge(&value)
    }

    /// `buckets` are upper bounds with what is in each alone, the last one unbounded.
    pub fn histogram(&mut self, name: &str, help: &str, unit: Unit, sum: f64, buckets: &[(f64, u64)]) -> fmt::Result {
        let count = buckets.iter().map(|(_, count)| count).sum();
        let name = prefixed(name);
        let mut encoder = self.0.encode_descriptor(&name, help, Some(&unit), MetricType::Histogram)?;
        encoder.encode_histogram::<NoLabelSet>(sum, count, buckets, None)
    }

    pub fn labelled_gauges<L: EncodeLabelSet>(&mut self, name: &str, help: &str, values: &[(L, u64)]) -> fmt::Result {
        let name = prefixed(name);
        let mut encoder = self.0.encode_descriptor(&name, help, None, MetricType::Gauge)?;
        for (labels, value) in values {
            encoder.encode_family(labels)?.encode_gauge(value)?;
        }
        Ok(())
    }

    /// Processor time of this process.
    pub fn process_cpu(&mut self) -> fmt::Result {
        let used = clock_gettime(ClockId::ProcessCPUTime);
        let used = used.tv_sec as f64 + used.tv_nsec as f64 / 1e9;
        let help = "Processor time of all threads";
        let mut encoder = self.0.encode_descriptor("process_cpu", help, Some(&Unit::Seconds), MetricType::Counter)?;
        encoder.encode_counter::<NoLabelSet, _, f64>(&used, None)
    }
}

fn prefixed(name: &str) -> String {
    format!("fraudring_{name}")
}
