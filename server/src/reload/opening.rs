//! From what is published to a generation that can answer at once: mapped, checked, warm.

use super::refusal::Refusal;
use super::shape::Shape;
use crate::limits;
use crate::warmup::{self, Warmed};
use index::InstructionSet;
use listener::Limits;
use runtime::background::Pace;
use scoring::AnyGeneration;
use shm_loader::{AttachError, Segment, SegmentId, Trust};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Where indexes come from and how they are opened.
#[derive(Clone)]
pub struct Opening {
    pub index_dir: PathBuf,
    pub trust: Trust,
    pub kernel: InstructionSet,
    pub limits: Limits,
}

/// A generation that can answer.
pub struct Opened {
    pub generation: AnyGeneration,
    /// Which file it is.
    pub segment: SegmentId,
    /// Its number in the folder, if the loader counts.
    pub number: Option<u64>,
    /// The loader had checked it.
    pub is_verified: bool,
    /// How long attaching and checking took, and warming up.
    pub times: [Duration; 2],
    pub warmed: Warmed,
}

impl Opening {
    /// Maps what is published.
    pub fn attach(&self) -> Result<Segment, AttachError> {
        Segment::attach_trusting(&self.index_dir, &self.trust)
    }

    /// Waits a little for the loader's record, which is written a moment after a segment was published and saves the check.
    pub fn wait_for_record(&self, mut segment: Segment) -> Result<Segment, AttachError> {
        let end = Instant::now() + Duration::from_millis(limits::RECORD_WAIT_MS);
        while !segment.is_verified() && Instant::now() < end {
            drop(segment);
            std::thread::sleep(Duration::from_millis(limits::RECORD_POLL_MS));
            segment = self.attach()?;
        }
        Ok(segment)
    }

    /// Checks and warms up at `pace`; `shape` is that of what answers already. What is refused is not kept mapped.
    pub fn open(&self, segment: Segment, shape: Option<&Shape>, pace: &Pace) -> Result<Opened, Refusal> {
        let begun = Instant::now();
        let (id, number, is_verified) = (segment.id(), segment.generation(), segment.is_verified());
        let generation = if is_verified {
            AnyGeneration::open_verified(segment, self.kernel)
        } else {
            AnyGeneration::open(segment, self.kernel, &|_, _, _| pace.rest())
        };
        let generation = generation?;
        Shape::check(shape, &generation)?;
        let opened = begun.elapsed();
        let warmed = warmup::warm_up(&generation, &self.limits, &|| pace.rest());
        let times = [opened, begun.elapsed() - opened];
        Ok(Opened { generation, segment: id, number, is_verified, times, warmed })
    }
}

impl Opened {
    /// Says what answers from now on, and how long the serving thread took to go over to it.
    pub fn tell(&self, what: &'static str, switch: Option<Duration>) {
        let info = self.generation.info();
        let contents = info.contents();
        let [opened, warmed] = self.times;
        tracing::info!(
            references = contents.references(),
            schema = contents.schema(),
            rows = contents.rows(),
            bytes = info.bytes(),
            checksum = info.checksum(),
            generation = self.number,
            kernel = info.kernel(),
            checked_by = if self.is_verified { "loader" } else { "server" },
            open_ms = opened.as_millis() as u64,
            warm_up_ms = warmed.as_millis() as u64,
            warm_up_requests = self.warmed.requests,
            warm_up_scored = self.warmed.scored,
            switch_ns = switch.map(|time| time.as_nanos() as u64),
            "{what}"
        );
    }
}
