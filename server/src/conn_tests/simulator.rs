//! The corpus under a seeded simulator of the world outside: reads of any size, short writes, peers that take their
//! time, half-closes, resets and passed deadlines.
//!
//! One body, `simulate`, plays the driver. Whatever it does, what was sent must begin as the answers of the corpus do,
//! and must be all of them unless the world cut the connection off.

use super::corpus::{Case, cases};
use super::*;

/// SplitMix64: the same seed, the same world.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
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
fn simulate(bench: &mut Bench, script: &Script<'_>, random: &mut Random) {
    let (end, fault) = script.fault;
    let mut cuts = script.cuts.iter().copied().chain([end]).filter(|&cut| cut <= end);
    let mut from = 0;
    let mut to = 0;
    loop {
        bench.now_ms += u64::from(random.below(8) == 0);
        assert!(bench.conn.deadline_ms() > bench.now_ms, "no wait of this world is long enough for a deadline");
        bench.step = match bench.step {
            Step::Close => return,
            Step::Write => write_some(bench, random),
            Step::Idle | Step::Read | Step::Linger if from < to => {
                let room = bench.buffer.room();
                let count = (to - from).min(room.len());
                assert!(count > 0, "a connection that wants to read must have room");
                room[..count].copy_from_slice(&script.bytes[from..from + count]);
                bench.buffer.received(count);
                from += count;
                bench.conn.received(&mut bench.buffer, &mut bench.service, bench.now_ms)
            }
            waiting => match cuts.next() {
                Some(cut) => {
                    to = cut;
                    waiting
                }
                None => return strike(bench, fault, random),
            },
        };
        if matches!(bench.step, Step::Idle | Step::Linger) {
            assert!(!bench.conn.needs_buffer() && bench.buffer.unread().is_empty(), "{:?} holds nothing", bench.step);
        }
    }
}

/// A short write, or none at all.
fn write_some(bench: &mut Bench, random: &mut Random) -> Step {
    let unsent = bench.buffer.unsent();
    assert!(!unsent.is_empty(), "a step to write needs something to write");
    let count = match random.below(4) {
        0 => 0,
        1 => unsent.len(),
        _ => random.below(unsent.len() + 1),
    };
    bench.sent.extend_from_slice(&unsent[..count]);
    bench.buffer.sent(count);
    if bench.buffer.unsent().is_empty() {
        return bench.conn.written(&mut bench.buffer, &mut bench.service, bench.now_ms);
    }
    Step::Write
}

fn strike(bench: &mut Bench, fault: Fault, random: &mut Random) {
    bench.step = match fault {
        Fault::None | Fault::Reset => return,
        Fault::HalfClose => bench.conn.ended(&mut bench.buffer, bench.now_ms),
        Fault::Evict => bench.conn.evicted(&mut bench.buffer, bench.now_ms),
        Fault::Stall => {
            bench.now_ms = bench.conn.deadline_ms();
            bench.conn.expired(&mut bench.buffer, bench.now_ms)
        }
    };
    while bench.step == Step::Write {
        bench.step = write_some(bench, random);
    }
    assert!(matches!(bench.step, Step::Close | Step::Linger | Step::Idle), "{fault:?} left it at {:?}", bench.step);
}

fn without_interim(sent: &[u8]) -> Vec<u8> {
    let mut rest = sent;
    let mut answers = Vec::with_capacity(sent.len());
    while let Some(at) = rest.windows(response::CONTINUE.len()).position(|window| window == response::CONTINUE) {
        answers.extend_from_slice(&rest[..at]);
        rest = &rest[at + response::CONTINUE.len()..];
    }
    answers.extend_from_slice(rest);
    answers
}

/// What `requests` sent one behind the other must be answered, and where that leaves the connection.
fn expected(requests: &[&Case]) -> (Vec<u8>, Step) {
    let last = requests.iter().position(|case| !case.is_kept);
    let answered = &requests[..last.map_or(requests.len(), |last| last + 1)];
    let step = if last.is_some() { Step::Linger } else { Step::Idle };
    (answered.iter().flat_map(|case| case.answer.clone()).collect(), step)
}

/// A world to be used again: making a buffer costs more than a simulation.
struct World {
    bench: Bench,
    script: Vec<u8>,
}

impl World {
    fn new() -> Self {
        Self { bench: Bench::new(ready()), script: Vec::new() }
    }

    fn begin(&mut self, requests: &[&Case]) {
        self.script.clear();
        requests.iter().for_each(|case| self.script.extend_from_slice(&case.request));
        self.restart();
    }

    fn restart(&mut self) {
        self.bench.conn = Conn::new(&self.bench.limits, 0);
        self.bench.buffer.clear();
        self.bench.sent.clear();
        (self.bench.step, self.bench.now_ms) = (Step::Idle, 0);
    }

    /// Whole answers and the right end, however the script is cut.
    fn must_answer(&mut self, requests: &[&Case], cuts: &[usize], seed: u64) {
        self.begin(requests);
        let script = Script { bytes: &self.script, cuts, fault: (self.script.len(), Fault::None) };
        simulate(&mut self.bench, &script, &mut Random(seed));
        let (answers, step) = expected(requests);
        let names = || requests.iter().map(|case| case.name.as_str()).collect::<Vec<_>>();
        assert_eq!(without_interim(&self.bench.sent), answers, "{:?} cut at {cuts:?}, seed {seed}", names());
        assert_eq!(self.bench.step, step, "{:?} cut at {cuts:?}, seed {seed}", names());
    }

    /// The answers up to the fault, then at most one more that says what was wrong.
    fn must_survive(&mut self, requests: &[&Case], cuts: &[usize], fault: (usize, Fault), seed: u64) {
        self.begin(requests);
        let script = Script { bytes: &self.script, cuts, fault };
        simulate(&mut self.bench, &script, &mut Random(seed));
        let sent = without_interim(&self.bench.sent);
        let (answers, _) = expected(requests);
        let names = || requests.iter().map(|case| case.name.as_str()).collect::<Vec<_>>();
        let same = sent.iter().zip(&answers).take_while(|(a, b)| a == b).count();
        if same == sent.len() {
            return;
        }
        // The last answer begins like every other, so the difference may lie within its first line.
        let start = sent[..same].windows(9).rposition(|window| window == b"HTTP/1.1 ").unwrap_or(same);
        let last = String::from_utf8_lossy(&sent[start..]);
        let status = match fault.1 {
            Fault::HalfClose => "HTTP/1.1 400 ",
            Fault::Stall | Fault::Evict => "HTTP/1.1 408 ",
            Fault::None | Fault::Reset => panic!("{:?}: a cut connection got {last}", names()),
        };
        assert!(last.starts_with(status) && last.contains("Connection: close"), "{:?} {fault:?}: {last}", names());
        assert_eq!(last.matches("HTTP/1.1 ").count(), 1, "{:?} {fault:?}: one last answer: {last}", names());
    }
}

/// All positions of a short text; of a long one the first and last, and some between.
fn positions(length: usize) -> impl Iterator<Item = usize> {
    (0..=length).filter(move |&at| length < 1_000 || at < 100 || at + 100 > length || at % 61 == 0)
}

#[test]
fn every_request_cut_at_every_pair_of_positions_gets_its_answer() {
    let mut world = World::new();
    for case in cases() {
        for first in positions(case.request.len()) {
            world.must_answer(&[&case], &[first], first as u64);
            let second = first + (first * 7) % (case.request.len() - first + 1);
            world.must_answer(&[&case], &[first, second], first as u64);
        }
        let every_byte: Vec<usize> = (1..case.request.len()).collect();
        world.must_answer(&[&case], &every_byte, 7);
    }
}

#[test]
fn every_request_pipelined_behind_every_other_gets_both_answers_at_every_cut() {
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.request.len() < 1_000).collect();
    let mut world = World::new();
    for first in &cases {
        for second in &cases {
            let both = [first, second];
            // Behind an answer that ends the connection nothing is looked at, so a few cuts show it.
            let stride = if first.is_kept { 1 } else { 37 };
            for cut in (0..=first.request.len() + second.request.len()).step_by(stride) {
                world.must_answer(&both, &[cut], cut as u64);
            }
        }
    }
}

#[test]
fn long_pipelines_in_random_order_get_every_answer_in_order() {
    let cases = cases();
    let kept: Vec<&Case> = cases.iter().filter(|case| case.is_kept).collect();
    let mut world = World::new();
    for seed in 0..4_000 {
        let mut random = Random(seed);
        let mut requests: Vec<&Case> = (0..random.below(60)).map(|_| kept[random.below(kept.len())]).collect();
        requests.push(&cases[random.below(cases.len())]);
        let bytes: usize = requests.iter().map(|case| case.request.len()).sum();
        let mut cuts: Vec<usize> = (0..random.below(40)).map(|_| random.below(bytes + 1)).collect();
        cuts.sort_unstable();
        world.must_answer(&requests, &cuts, seed);
    }
}

#[test]
fn faults_at_every_position_cost_at_most_the_request_they_hit() {
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.request.len() < 1_000).collect();
    let before: Vec<&Case> = cases.iter().filter(|case| case.is_kept).take(3).collect();
    let mut world = World::new();
    for case in &cases {
        let requests = [before[0], before[1], before[2], case];
        let start: usize = before.iter().map(|case| case.request.len()).sum();
        for at in start..=start + case.request.len() {
            for fault in FAULTS {
                world.must_survive(&requests, &[at / 2], (at, fault), at as u64);
            }
        }
    }
}
