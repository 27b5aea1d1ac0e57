//! What is counted and timed.

use super::histogram::Histogram;
use http::Status;
use index::Proof;
use listener::Counter;
use schema::MAX_LABELS;
use std::time::Instant;

/// What became of a request that reached the routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Answer {
    /// 200, approved.
    Approved,
    /// 200, denied.
    Denied,
    /// 200, by rows of a schema.
    Scored,
    /// 200 to `GET /ready`.
    Ready,
    /// 503: no index, or the server ends.
    Unavailable,
    /// 400: the body is no transaction.
    BadPayload,
    /// 405.
    OtherMethod,
    /// 404.
    UnknownPath,
}

impl Answer {
    /// All there are; `answer as usize` is the place of one.
    pub const ALL: [Self; 8] = [
        Self::Approved,
        Self::Denied,
        Self::Scored,
        Self::Ready,
        Self::Unavailable,
        Self::BadPayload,
        Self::OtherMethod,
        Self::UnknownPath,
    ];

    /// The label of the metric, and the status of the response.
    pub const fn labels(self) -> (&'static str, u16) {
        match self {
            Self::Approved => ("approved", 200),
            Self::Denied => ("denied", 200),
            Self::Scored => ("scored", 200),
            Self::Ready => ("ready", 200),
            Self::Unavailable => ("unavailable", 503),
            Self::BadPayload => ("bad_payload", 400),
            Self::OtherMethod => ("other_method", 405),
            Self::UnknownPath => ("unknown_path", 404),
        }
    }
}

/// Kinds of input that the protocol refuses before it is asked for anything, by what they are answered.
const REFUSALS: [(&str, u16); 7] = [
    ("malformed", 400),
    ("timed_out", 408),
    ("too_large", 413),
    ("expectation", 417),
    ("fields_too_large", 431),
    ("not_implemented", 501),
    ("version", 505),
];

/// Counts and times of one serving thread.
#[derive(Debug)]
pub struct Telemetry {
    answers: [Counter; Answer::ALL.len()],
    refusals: [Counter; REFUSALS.len()],
    proofs: [Counter; Proof::ALL.len()],
    /// Answers by rows, by the number of the most frequent label.
    labels: [Counter; MAX_LABELS],
    /// From a whole request in the buffer to its response there; scored requests only, as all that follow.
    pub whole: Histogram,
    /// From the body to the vector.
    pub parse: Histogram,
    /// From the vector to the response in the buffer: the search, and a copy of one of six ready responses, or an answer by rows
    /// that is written.
    pub search: Histogram,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            answers: Default::default(),
            refusals: Default::default(),
            proofs: Default::default(),
            labels: std::array::from_fn(|_| Counter::default()),
            whole: Histogram::default(),
            parse: Histogram::default(),
            search: Histogram::default(),
        }
    }
}

impl Telemetry {
    /// Counts a request that reached the routes.
    #[inline]
    pub fn answered(&self, answer: Answer) {
        self.answers[answer as usize].add(1);
    }

    /// Counts a request that was scored, begun, parsed and answered at these times.
    #[inline]
    pub fn scored(&self, is_approved: bool, proof: Proof, [begun, parsed, answered]: [Instant; 3]) {
        self.answered(if is_approved { Answer::Approved } else { Answer::Denied });
        self.proofs[proof as usize].add(1);
        self.timed([begun, parsed, answered]);
    }

    /// The same of a request that rows answered, most of which have this label.
    #[inline]
    pub fn scored_row(&self, label: Option<u8>, times: [Instant; 3]) {
        self.answered(Answer::Scored);
        if let Some(label) = label {
            self.labels[usize::from(label)].add(1);
        }
        self.timed(times);
    }

    #[inline]
    fn timed(&self, [begun, parsed, answered]: [Instant; 3]) {
        self.parse.record(parsed - begun);
        self.search.record(answered - parsed);
        self.whole.record(answered - begun);
    }

    /// Counts what the protocol refused.
    pub fn refused(&self, status: Status) {
        let (code, _) = status.line();
        if let Some(place) = REFUSALS.iter().position(|(_, of)| *of == code) {
            self.refusals[place].add(1);
        }
    }

    /// Requests that were answered so.
    pub fn answers(&self, answer: Answer) -> u64 {
        self.answers[answer as usize].get()
    }

    /// What was refused: payloads, paths and methods as well as what the protocol refuses, by kind.
    pub fn refusals(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let by_protocol = REFUSALS.iter().zip(&self.refusals).map(|(&(kind, _), counter)| (kind, counter.get()));
        let by_route = [Answer::BadPayload, Answer::OtherMethod, Answer::UnknownPath];
        by_protocol.chain(by_route.into_iter().map(|answer| (answer.labels().0, self.answers(answer))))
    }

    /// Requests that rows answered, most of which have the label with this number.
    pub fn labels(&self, label: u8) -> u64 {
        self.labels[usize::from(label)].get()
    }

    /// Scored requests whose answer was proved so.
    pub fn proofs(&self, proof: Proof) -> u64 {
        self.proofs[proof as usize].get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_is_at_its_place() {
        for (place, answer) in Answer::ALL.into_iter().enumerate() {
            assert_eq!(answer as usize, place);
        }
    }

    #[test]
    fn what_the_protocol_refuses_has_a_kind() {
        let telemetry = Telemetry::default();
        for status in [
            Status::BadRequest,
            Status::RequestTimeout,
            Status::ContentTooLarge,
            Status::ExpectationFailed,
            Status::FieldsTooLarge,
            Status::NotImplemented,
            Status::VersionNotSupported,
        ] {
            telemetry.refused(status);
        }
        let counts: Vec<u64> = telemetry.refusals().map(|(_, count)| count).collect();
        assert_eq!(counts, [1, 1, 1, 1, 1, 1, 1, 0, 0, 0]);
    }
}
