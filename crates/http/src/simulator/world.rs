//! Requests under a seeded simulator of the world outside: reads of any size, short writes, peers that take their time,
//! half-closes, resets and passed deadlines.
//!
//! One body, `simulate`, plays the driver. Whatever it does, what was sent must begin as the responses do that each
//! request gets alone, and must be all of them unless the world cut the connection off.

use super::peer::Peer;
use crate::connection::Step;
use crate::limits::Limits;
use crate::service::Service;
use testkit::random::Random;

/// A request and what it must be answered.
#[derive(Clone, Debug)]
pub struct Case {
    /// To be shown.
    pub name: String,
    /// All bytes of it.
    pub request: Vec<u8>,
    /// Whether the connection is kept afterwards.
    pub is_kept: bool,
    /// All that must be sent for it.
    pub response: Vec<u8>,
}

/// How the world ends a connection before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// The peer sends nothing more, and still reads.
    HalfClose,
    /// The connection is gone.
    Reset,
    /// Nothing more happens until the deadline.
    Stall,
    /// Others need the buffer.
    Evict,
}

const FAULTS: [Fault; 4] = [Fault::HalfClose, Fault::Reset, Fault::Stall, Fault::Evict];

/// What reads bring: the script, cut at these positions.
struct Script<'a> {
    bytes: &'a [u8],
    cuts: &'a [usize],
    /// After that many bytes something happens.
    fault: (usize, Fault),
}

/// Plays the driver until nothing more can happen; every wait and every short write is drawn from `random`.
fn simulate<S: Service>(peer: &mut Peer<S>, script: &Script<'_>, random: &mut Random) {
    let (end, fault) = script.fault;
    let mut cuts = script.cuts.iter().copied().chain([end]).filter(|&cut| cut <= end);
    let (mut from, mut to) = (0, 0);
    loop {
        peer.now_ms += u64::from(random.below(8) == 0);
        assert!(peer.connection.deadline_ms() > peer.now_ms, "no wait of this world is long enough for a deadline");
        match peer.step {
            Step::Close => return,
            Step::Write => write_some(peer, random),
            Step::Idle | Step::Read | Step::Linger if from < to => from += peer.send_some(&script.bytes[from..to]),
            Step::Idle | Step::Read | Step::Linger => match cuts.next() {
                Some(cut) => to = cut,
                None => return strike(peer, fault, random),
            },
        }
        if matches!(peer.step, Step::Idle | Step::Linger) {
            let holds_nothing = !peer.connection.needs_buffer() && peer.buffer.unread().is_empty();
            assert!(holds_nothing, "{:?} must hold nothing", peer.step);
        }
    }
}

/// A short write, or none at all.
fn write_some<S: Service>(peer: &mut Peer<S>, random: &mut Random) {
    let unsent = peer.buffer.unsent().len();
    let count = match random.below(4) {
        0 => 0,
        1 => unsent,
        _ => random.below(unsent + 1),
    };
    peer.take_some(count);
}

fn strike<S: Service>(peer: &mut Peer<S>, fault: Fault, random: &mut Random) {
    peer.step = match fault {
        Fault::None | Fault::Reset => return,
        Fault::HalfClose => peer.connection.ended(&mut peer.buffer, &mut peer.service, peer.now_ms),
        Fault::Evict => peer.connection.evicted(&mut peer.buffer, &mut peer.service, peer.now_ms),
        Fault::Stall => {
            peer.now_ms = peer.connection.deadline_ms();
            peer.connection.expired(&mut peer.buffer, &mut peer.service, peer.now_ms)
        }
    };
    while peer.step == Step::Write {
        write_some(peer, random);
    }
    let is_over = matches!(peer.step, Step::Close | Step::Linger | Step::Idle);
    assert!(is_over, "{fault:?} left it at {:?}", peer.step);
}

/// What `requests` sent one behind the other must be answered, and where that leaves the connection.
fn expected(requests: &[&Case]) -> (Vec<u8>, Step) {
    let last = requests.iter().position(|case| !case.is_kept);
    let answered = &requests[..last.map_or(requests.len(), |last| last + 1)];
    let step = if last.is_some() { Step::Linger } else { Step::Idle };
    (answered.iter().flat_map(|case| case.response.clone()).collect(), step)
}

/// All positions of a short text; of a long one the first and last, and some between.
fn positions(length: usize) -> impl Iterator<Item = usize> {
    (0..=length).filter(move |&at| length < 1_000 || at < 100 || at + 100 > length || at % 61 == 0)
}

fn names(requests: &[&Case]) -> Vec<String> {
    requests.iter().map(|case| case.name.clone()).collect()
}

/// A world to be used again and again: making a buffer costs more than a simulation.
pub struct World<S: Service> {
    peer: Peer<S>,
    script: Vec<u8>,
}

impl<S: Service> World<S> {
    /// A world around this service, which must answer the same request always the same.
    pub fn new(service: S, limits: &Limits) -> Self {
        Self { peer: Peer::new(service, limits), script: Vec::new() }
    }

    /// The case of this request, as it is answered when it comes alone and whole.
    pub fn case(&mut self, name: &str, request: &[u8]) -> Case {
        self.peer.reconnect();
        let step = self.peer.send(request);
        assert!(matches!(step, Step::Idle | Step::Linger), "{name}: a whole request leaves it at {step:?}");
        let response = self.peer.final_responses();
        Case { name: name.to_owned(), request: request.to_vec(), is_kept: step == Step::Idle, response }
    }

    /// Every request, cut at every position, gets its response.
    pub fn check_cuts(&mut self, cases: &[Case]) {
        for case in cases {
            for first in positions(case.request.len()) {
                self.must_answer(&[case], &[first], first as u64);
                let second = first + (first * 7) % (case.request.len() - first + 1);
                self.must_answer(&[case], &[first, second], first as u64);
            }
            let every_byte: Vec<usize> = (1..case.request.len()).collect();
            self.must_answer(&[case], &every_byte, 7);
        }
    }

    /// Every request pipelined behind every other gets its response at every cut.
    pub fn check_pairs(&mut self, cases: &[Case]) {
        for first in short(cases) {
            for second in short(cases) {
                // Behind a response that ends the connection nothing is looked at, so a few cuts show it.
                let stride = if first.is_kept { 1 } else { 37 };
                for cut in (0..=first.request.len() + second.request.len()).step_by(stride) {
                    self.must_answer(&[first, second], &[cut], cut as u64);
                }
            }
        }
    }

    /// Long pipelines in random order get every response in order.
    pub fn check_pipelines(&mut self, cases: &[Case], pipelines: u64) {
        let kept: Vec<&Case> = cases.iter().filter(|case| case.is_kept).collect();
        for seed in 0..pipelines {
            let mut random = Random(seed);
            let mut requests: Vec<&Case> = (0..random.below(60)).map(|_| kept[random.below(kept.len())]).collect();
            requests.push(&cases[random.below(cases.len())]);
            let bytes: usize = requests.iter().map(|case| case.request.len()).sum();
            let mut cuts: Vec<usize> = (0..random.below(40)).map(|_| random.below(bytes + 1)).collect();
            cuts.sort_unstable();
            self.must_answer(&requests, &cuts, seed);
        }
    }

    /// A fault at any position of a request, which comes behind three others, costs at most that request.
    pub fn check_faults(&mut self, cases: &[Case]) {
        let before: Vec<&Case> = short(cases).filter(|case| case.is_kept).take(3).collect();
        let start: usize = before.iter().map(|case| case.request.len()).sum();
        for case in short(cases) {
            let requests = [before[0], before[1], before[2], case];
            for at in start..=start + case.request.len() {
                for fault in FAULTS {
                    self.must_survive(&requests, &[at / 2], (at, fault), at as u64);
                }
            }
        }
    }

    fn begin(&mut self, requests: &[&Case]) {
        self.script.clear();
        requests.iter().for_each(|case| self.script.extend_from_slice(&case.request));
        self.peer.reconnect();
    }

    /// Whole responses and the right end, however the script is cut.
    fn must_answer(&mut self, requests: &[&Case], cuts: &[usize], seed: u64) {
        self.begin(requests);
        let script = Script { bytes: &self.script, cuts, fault: (self.script.len(), Fault::None) };
        simulate(&mut self.peer, &script, &mut Random(seed));
        let (responses, step) = expected(requests);
        let is_right = self.peer.final_responses() == responses && self.peer.step == step;
        let got = || String::from_utf8_lossy(&self.peer.sent).into_owned();
        assert!(is_right, "{:?} cut at {cuts:?}, seed {seed}: {:?}, {}", names(requests), self.peer.step, got());
    }

    /// The responses up to the fault, then at most one more that says what was wrong.
    fn must_survive(&mut self, requests: &[&Case], cuts: &[usize], fault: (usize, Fault), seed: u64) {
        self.begin(requests);
        let script = Script { bytes: &self.script, cuts, fault };
        simulate(&mut self.peer, &script, &mut Random(seed));
        let sent = self.peer.final_responses();
        let (responses, _) = expected(requests);
        let same = sent.iter().zip(&responses).take_while(|(a, b)| a == b).count();
        if same == sent.len() {
            return;
        }
        // The last response begins like every other, so the difference may lie within its first line.
        let start = sent[..same].windows(9).rposition(|window| window == b"HTTP/1.1 ").unwrap_or(same);
        let last = String::from_utf8_lossy(&sent[start..]);
        let names = names(requests);
        let status = match fault.1 {
            Fault::HalfClose => "HTTP/1.1 400 ",
            Fault::Stall | Fault::Evict => "HTTP/1.1 408 ",
            Fault::None | Fault::Reset => panic!("{names:?}: a cut connection got {last}"),
        };
        assert!(last.starts_with(status) && last.contains("Connection: close"), "{names:?} {fault:?}: {last}");
        assert_eq!(last.matches("HTTP/1.1 ").count(), 1, "{names:?} {fault:?}: one last response: {last}");
    }
}

fn short(cases: &[Case]) -> impl Iterator<Item = &Case> {
    cases.iter().filter(|case| case.request.len() < 1_000)
}
