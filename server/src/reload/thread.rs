//! What the reload thread does: look, open, hand over, give back; for ever.

use super::asks::Answer;
use super::handle::Reload;
use super::handover::Outgoing;
use super::opening::{Opened, Opening};
use super::refusal::Refusal;
use super::shape::Shape;
use super::watch::Watch;
use crate::forced_exit;
use crate::limits;
use runtime::background::Pace;
use shm_loader::{Segment, SegmentId, SegmentVersion};
use std::time::Duration;

/// The thread's state.
pub struct ReloadThread {
    opening: Opening,
    watch: Watch,
    outgoing: Outgoing,
    reload: Reload,
    /// The file that answers.
    serving: Option<SegmentId>,
    /// What the first index has promised to clients.
    shape: Option<Shape>,
    /// What was looked at and need not be looked at again, and what came of it.
    settled: Option<(SegmentVersion, Answer)>,
    last_fault: String,
}

/// The serving thread has ended, and the process is about to.
struct Gone;

impl ReloadThread {
    /// `first` answers already.
    pub fn new(opening: Opening, first: Option<&Opened>, watch: Watch, outgoing: Outgoing, reload: Reload) -> Self {
        let serving = first.map(|opened| opened.segment);
        let shape = first.map(|opened| Shape::of(&opened.generation));
        Self { opening, watch, outgoing, reload, serving, shape, settled: None, last_fault: String::new() }
    }

    /// Until the serving thread ends.
    pub fn run(mut self) {
        let mut is_hangup = false;
        loop {
            self.watch.arm();
            let asked = self.reload.asks.waiting();
            let Ok(answer) = self.look() else { return };
            if is_hangup {
                tell_hangup(&answer);
            }
            self.reload.asks.answer_all(asked, answer);
            is_hangup = self.watch.wait().hangup;
        }
    }

    /// Takes what is published if it is another file than all that were looked at before.
    fn look(&mut self) -> Result<Answer, Gone> {
        // before attaching: what is published in between is looked at the next time
        let published = SegmentVersion::published_in(&self.opening.index_dir);
        if let Some((settled, answer)) = &self.settled
            && published == Some(*settled)
        {
            return Ok(answer.clone());
        }
        let segment = match self.opening.attach() {
            Ok(segment) => segment,
            Err(error) => return Ok(self.refuse(error.into(), published)),
        };
        if self.serving == Some(segment.id()) {
            self.settled = published.map(|version| (version, Answer::Unchanged));
            return Ok(Answer::Unchanged);
        }
        match self.open(segment) {
            Ok(opened) => {
                let checksum = opened.generation.info().checksum().to_owned();
                self.switch_to(opened)?;
                self.settled = published.map(|version| (version, Answer::Unchanged));
                Ok(Answer::Switched { checksum })
            }
            Err(refusal) => Ok(self.refuse(refusal, published)),
        }
    }

    fn open(&self, segment: Segment) -> Result<Opened, Refusal> {
        let segment = self.opening.wait_for_record(segment)?;
        // Before the first one answers there is nobody to disturb.
        let pace = Pace::new(if self.serving.is_some() { limits::RELOAD_SHARE } else { 1_000 });
        let bytes = segment.bytes().as_ptr_range();
        forced_exit::while_checking(bytes, || self.opening.open(segment, self.shape.as_ref(), &pace))
            .unwrap_or(Err(Refusal::Changed))
    }

    fn switch_to(&mut self, opened: Opened) -> Result<(), Gone> {
        let is_late = || tracing::warn!("the serving thread has not gone over to the new index yet");
        let patience = Duration::from_millis(limits::SWITCH_PATIENCE_MS);
        let before = self.outgoing.hand_over(opened.generation.clone(), patience, is_late).ok_or(Gone)?;
        self.serving = Some(opened.segment);
        self.shape.get_or_insert_with(|| Shape::of(&opened.generation));
        self.last_fault.clear();
        self.reload.current.switch_to(&opened);
        let what = if before.generation.is_some() { "went over to another index" } else { "index attached and warm" };
        opened.tell(what, Some(before.took));
        // Here, unless somebody else still looks at it, the memory of the one before goes.
        drop(before);
        Ok(())
    }

    /// Says and counts a fault, once for each file or each change of its words.
    fn refuse(&mut self, refusal: Refusal, published: Option<SegmentVersion>) -> Answer {
        let Some(reason) = refusal.reason() else { return Answer::NothingPublished };
        let is_of_the_file = refusal.is_of_the_file();
        let fault = refusal.into_failure(&self.opening.index_dir).to_string();
        if is_of_the_file || fault != self.last_fault {
            // Whoever has read of it finds it counted.
            self.reload.current.count(reason);
            match self.serving {
                Some(_) => tracing::warn!(reason = reason.name(), "refused, the index before answers on: {fault}"),
                None => tracing::warn!(reason = reason.name(), "{fault}"),
            }
            self.last_fault.clone_from(&fault);
        }
        let answer = Answer::Refused { reason, fault };
        self.settled = published.filter(|_| is_of_the_file).map(|version| (version, answer.clone()));
        answer
    }
}

/// Whoever sends SIGHUP gets no other answer; a change was logged when it was made.
fn tell_hangup(answer: &Answer) {
    match answer {
        Answer::Switched { .. } => {}
        Answer::Unchanged => tracing::info!("SIGHUP: the published index answers already"),
        Answer::Refused { fault, .. } => tracing::warn!("SIGHUP: still refused: {fault}"),
        Answer::NothingPublished => tracing::warn!("SIGHUP: nothing is published"),
    }
}
