//! The reload thread with a stand-in for the serving one.

use super::*;
use index::InstructionSet;
use listener::Limits;
use runtime::background::Pace;
use scoring::AnyGeneration;
use shm_loader::Segment;
use space::{DIMENSIONS, Label, Point};
use std::path::Path;
use std::time::Duration;
use testkit::wait::{PATIENCE, comes_true};

/// Publishes an index of `references`, as the loader does.
fn publish(folder: &Path, references: usize) {
    let vectors = vec![Point::new([0; DIMENSIONS]).unwrap(); references];
    let image = scoring::build(&vectors, &vec![Label::Legit; references], &schema::Rules::default(), &|_, _, _| {});
    std::fs::write(folder.join("file"), image.unwrap()).unwrap();
    // the reload thread may still be leaving the generation before
    let options = shm_loader::Options { wait: PATIENCE, ..Default::default() };
    shm_loader::load_with(
        &shm_loader::IndexFile::at(&folder.join("file")),
        &folder.join("segments"),
        &options,
        &|_, _, _| {},
    )
    .unwrap();
}

fn opening(folder: &Path) -> Opening {
    Opening {
        index_dir: folder.join("segments"),
        trust: shm_loader::Trust::default(),
        kernel: InstructionSet::detect(),
        limits: Limits::default(),
    }
}

/// A reload thread, and the end of what SIGHUP would write to. Whatever it hands over is taken at once.
fn started(folder: &Path, first: Option<&Opened>) -> (Reload, UnixStream) {
    let (hangup, on_hangup) = UnixStream::pair().unwrap();
    let (reload, incoming) = start(opening(folder), first, hangup, Cores::of_this_thread()).unwrap();
    let mut serving = first.map(|first| first.generation.clone());
    std::thread::spawn(move || incoming.take_for_ever(|next: AnyGeneration| serving.replace(next)));
    (reload, on_hangup)
}

#[track_caller]
fn ask(reload: &Reload) -> Answer {
    let ticket = reload.asks.ask();
    let mut answer = None;
    let comes = comes_true(PATIENCE, || {
        answer = reload.asks.answer(ticket);
        answer.is_some()
    });
    assert!(comes, "no answer");
    answer.unwrap()
}

fn references(reload: &Reload) -> Option<u32> {
    reload.current.get().map(|current| current.generation.info().contents().count())
}

#[test]
fn whoever_asks_is_answered_and_what_happened_is_counted() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    publish(folder.path(), 10);
    let segment = Segment::attach(&folder.path().join("segments")).unwrap();
    let first = opening(folder.path()).open(segment, None, &Pace::new(1_000)).unwrap();
    let (reload, _on_hangup) = started(folder.path(), Some(&first));
    assert_eq!((ask(&reload), references(&reload), reload.current.swaps()), (Answer::Unchanged, Some(10), 0));
    drop(first);
    let before = match reload.current.get().unwrap().generation {
        AnyGeneration::References(generation) => Arc::downgrade(&generation),
        AnyGeneration::Rows(_) => panic!("references are served"),
    };

    publish(folder.path(), 20);
    // It may have seen that by itself before it was asked.
    assert!(matches!(ask(&reload), Answer::Switched { .. } | Answer::Unchanged));
    assert_eq!((references(&reload), reload.current.swaps()), (Some(20), 1));
    assert_eq!(reload.current.get().unwrap().number, Some(2), "as the loader counts");
    assert!(comes_true(PATIENCE, || before.strong_count() == 0), "the one before is kept");

    let published = folder.path().join("segments").join(shm_loader::PUBLISHED);
    std::fs::write(folder.path().join("damaged"), "no index").unwrap();
    std::fs::rename(folder.path().join("damaged"), &published).unwrap();
    for _ in 0..2 {
        assert!(matches!(ask(&reload), Answer::Refused { reason: Reason::Damaged, .. }));
    }
    std::fs::remove_file(&published).unwrap();
    assert_eq!(ask(&reload), Answer::NothingPublished);
    let refusals: Vec<u64> = Reason::ALL.iter().map(|&reason| reload.current.refusals(reason)).collect();
    assert_eq!((refusals.iter().sum::<u64>(), reload.current.refusals(Reason::Damaged)), (1, 1), "once");
    assert_eq!((references(&reload), reload.current.swaps()), (Some(20), 1));
}

#[test]
fn the_first_index_is_no_swap() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let (reload, _on_hangup) = started(folder.path(), None);
    assert_eq!((ask(&reload), references(&reload)), (Answer::NothingPublished, None));
    publish(folder.path(), 10);
    assert!(comes_true(Duration::from_secs(20), || references(&reload) == Some(10)));
    assert_eq!(reload.current.swaps(), 0);
}
