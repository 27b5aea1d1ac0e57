//! A loader that is killed, at any of its steps or anywhere between, leaves a whole generation serving and nothing that
//! the next load does not clean up.

use crate::common::{SegmentFolder, finish, index, send};
use rustix::process::Signal;
use shm_loader::{GenerationState, Options, Segment, Step, activate};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Instant;
use testkit::random::Random;

/// As often is each step's kill repeated: what one leaves must not hinder the next.
const TIMES: usize = 3;
/// How many kills at random moments, if not the default.
const KILLS: &str = "FRAUDRING_TEST_KILLS";
const FEW_KILLS: usize = 10;

/// Two indexes in turn: bytes tell which generation is served.
struct Turns {
    place: SegmentFolder,
    bytes: [Vec<u8>; 2],
    files: [PathBuf; 2],
}

impl Turns {
    fn new(references: u32) -> Self {
        let place = SegmentFolder::new();
        let bytes = [1, 2].map(|seed| index(references, seed));
        let files = [0, 1].map(|which| place.file(&format!("index-{which}"), &bytes[which]));
        Self { place, bytes, files }
    }

    fn load(&self, file: usize, keep: usize) -> u64 {
        let options = Options { keep, ..Options::default() };
        shm_loader::load_with(&shm_loader::IndexFile::at(&self.files[file]), &self.place.dir(), &options, &|_, _, _| ())
            .unwrap()
            .generation
    }

    /// What is served: its number, and which of the two files it is, whole.
    #[track_caller]
    fn served(&self) -> (u64, usize) {
        let segment = Segment::attach(&self.place.dir()).unwrap();
        let which = self.bytes.iter().position(|bytes| bytes == segment.bytes()).expect("one of the two, whole");
        (segment.generation().expect("a generation has a number"), which)
    }

    /// The highest number that can be activated.
    fn kept(&self) -> Option<u64> {
        let generations = shm_loader::inspect(&self.place.dir()).unwrap().generations;
        generations.iter().rfind(|one| one.state == GenerationState::Kept).map(|one| one.number)
    }

    /// Names in the folder, all of them.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.place.dir()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// What lies there after a load that came to its end, with the generations `named`.
    #[track_caller]
    fn must_be_tidy(&self, named: &[u64]) {
        let mut expected =
            [".last-generation", ".lock", ".readers", ".verified", "current.index"].map(String::from).to_vec();
        expected.extend(named.iter().map(|number| format!("generation-{number}.index")));
        expected.sort();
        assert_eq!(self.names(), expected);
        assert!(Segment::attach(&self.place.dir()).unwrap().is_verified());
    }

    /// A loader that a kill ends right after `step`.
    fn killed_after(&self, step: Step, arguments: &[&Path]) {
        let mut loader = self.place.command(arguments[0].to_str().unwrap());
        loader.args(&arguments[1..]).env("FRAUDRING_TEST_KILL_AFTER", step.name());
        let finished = finish(loader.spawn().unwrap());
        assert_eq!(finished.code, None, "{}: the loader was not killed: {}", step.name(), finished.stderr);
    }
}

#[test]
fn a_load_that_is_killed_after_any_step_leaves_a_generation_serving_and_the_next_load_cleans_up() {
    for step in Step::OF_LOAD {
        let is_published = step as usize >= Step::Published as usize;
        let turns = Turns::new(300);
        let mut last = turns.load(0, 0);
        for time in 0..TIMES {
            let reader = Segment::attach(&turns.place.dir()).unwrap();
            let old = turns.served();
            let new = 1 - old.1;
            turns.killed_after(step, &[Path::new("load"), &turns.files[new]]);
            assert!(reader.bytes() == turns.bytes[old.1], "{}: a reader lost its bytes", step.name());
            drop(reader);
            let expected = if is_published { (last + 1, new) } else { old };
            assert_eq!(turns.served(), expected, "{} {time}", step.name());
            last = expected.0;
        }
        assert_eq!(turns.load(0, 0), last + 1, "{}", step.name());
        assert_eq!(turns.served(), (last + 1, 0));
        turns.must_be_tidy(&[last + 1]);
    }
}

#[test]
fn an_activation_that_is_killed_after_any_step_leaves_a_generation_serving_and_the_next_load_cleans_up() {
    for step in Step::OF_ACTIVATE {
        let is_published = step as usize >= Step::Published as usize;
        let turns = Turns::new(300);
        let numbers = [turns.load(0, 1), turns.load(1, 1)];
        for time in 0..TIMES {
            let old = turns.served();
            let other = 1 - old.1;
            turns.killed_after(step, &[Path::new("activate"), Path::new(&numbers[other].to_string())]);
            let expected = if is_published { (numbers[other], other) } else { old };
            assert_eq!(turns.served(), expected, "{} {time}", step.name());
        }
        // the kept one is still there to go back to
        let other = 1 - turns.served().1;
        assert_eq!(activate(numbers[other], &turns.place.dir()).unwrap().generation, numbers[other]);
        assert_eq!(turns.served(), (numbers[other], other));
        turns.must_be_tidy(&numbers);
        assert_eq!(turns.load(0, 0), 3, "{}", step.name());
        turns.must_be_tidy(&[3]);
    }
}

#[test]
fn a_removal_forgets_no_number_of_a_load_that_was_killed_before_it_counted() {
    let turns = Turns::new(300);
    turns.load(0, 0);
    turns.killed_after(Step::Published, &[Path::new("load"), &turns.files[1]]);
    shm_loader::unload(&turns.place.dir()).unwrap();
    assert_eq!(turns.names(), [".last-generation", ".lock", ".readers"]);
    assert_eq!(turns.load(0, 0), 3);
}

#[test]
fn loads_and_activations_that_are_killed_at_random_never_leave_a_part() {
    let kills = std::env::var(KILLS).map_or(FEW_KILLS, |count| count.parse().unwrap());
    let turns = Turns::new(20_000);
    turns.load(0, 1);
    let begun = Instant::now();
    assert_eq!(turns.place.run_load(&turns.files[1]).code, Some(0));
    let whole = begun.elapsed();
    let mut highest = turns.load(0, 1);
    let mut random = Random(20_261_127);
    let mut killed = 0;
    for _ in 0..kills {
        let old = turns.served();
        let kept = turns.kept().filter(|_| random.between(0, 1) == 0);
        let mut loader = turns.place.command(if kept.is_some() { "activate" } else { "load" });
        match kept {
            Some(number) => loader.arg(number.to_string()),
            None => loader.args(["--keep", "1"]).arg(&turns.files[1 - old.1]),
        };
        let loader = loader.spawn().unwrap();
        std::thread::sleep(whole * random.between(0, 1_100).unsigned_abs().into() / 1_000);
        killed += usize::from(kill(loader));
        let now = turns.served();
        let is_new = kept.map_or(now == (highest + 1, 1 - old.1), |number| now.0 == number);
        assert!(now == old || is_new, "{now:?} after {old:?}, kept {kept:?}, the highest was {highest}");
        highest = highest.max(now.0);
    }
    println!("{killed} of {kills} loaders were killed, the others had ended");
    assert!(killed > 0, "nothing was tested");
    let next = turns.load(0, 1);
    assert_eq!(next, highest + 1);
    let kept = turns.load(1, 1) - 1;
    turns.must_be_tidy(&[kept, kept + 1]);
}

/// Kills a loader; false if it had ended before.
fn kill(loader: Child) -> bool {
    send(&loader, Signal::KILL);
    finish(loader).code.is_none()
}

#[test]
fn the_protocols_tables_have_every_step_in_its_order() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/FORMAT.md")).unwrap();
    for (title, steps) in [("| `load`: after", &Step::OF_LOAD[..]), ("| `activate`: after", &Step::OF_ACTIVATE[..])] {
        let (_, table) = text.split_once(title).expect(title);
        let (table, _) = table.split_once("\n\n").unwrap();
        let position =
            |step: &Step| table.find(&format!("`{}`", step.name())).unwrap_or_else(|| panic!("{}", step.name()));
        assert!(steps.is_sorted_by_key(position), "{title}");
    }
}
