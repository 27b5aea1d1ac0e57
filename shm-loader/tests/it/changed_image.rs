//! An image that changes under its readers: answers may be wrong and a search may panic, but every search ends.

use crate::common::{SegmentFolder, index};
use index::exact::layout::{Boxes, LEAF_FLAG, Leaf, Node};
use index::format::SectionKind;
use index::lanes::LANES;
use index::{Index, InstructionSet};
use scoring::Generation;
use shm_loader::Segment;
use space::Point;
use std::fs::{File, OpenOptions};
use std::mem::offset_of;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// All searches of a case take milliseconds; one that does not end takes for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// A published image that this test, as its owner, writes while it is mapped.
struct Victim {
    place: SegmentFolder,
    image: Vec<u8>,
    file: File,
}

impl Victim {
    fn new() -> Self {
        let place = SegmentFolder::new();
        let image = index(12_000, 7);
        place.load(&place.file("index", &image)).unwrap();
        std::fs::set_permissions(place.published(), PermissionsExt::from_mode(0o644)).unwrap();
        let file = OpenOptions::new().write(true).open(place.published()).unwrap();
        Self { place, image, file }
    }

    fn section(&self, kind: SectionKind) -> std::ops::Range<usize> {
        let info = Index::open(&self.image).unwrap().info();
        let section = info.sections.iter().find(|section| section.name == kind.name()).unwrap();
        section.offset as usize..(section.offset + section.bytes) as usize
    }

    /// Writes to every record of a section what `bytes` makes for its position.
    fn overwrite(&self, kind: SectionKind, record: usize, field: usize, bytes: impl Fn(usize) -> Vec<u8>) {
        let section = self.section(kind);
        for (position, start) in section.clone().step_by(record).enumerate() {
            let mut bytes = bytes(position);
            bytes.truncate(section.end - start - field);
            self.file.write_all_at(&bytes, (start + field) as u64).unwrap();
        }
    }

    fn restore(&self) {
        self.file.write_all_at(&self.image, 0).unwrap();
    }

    /// Opens the sound image on every kernel, changes it, and searches; returns how many searches panicked.
    #[track_caller]
    fn searches_end_after(&self, what: &str, change: impl Fn()) -> usize {
        silence_panics();
        let open = |kernel| Generation::open(Segment::attach(&self.place.dir()).unwrap(), kernel).unwrap();
        let generations: Vec<Generation> = InstructionSet::available().into_iter().map(open).collect();
        change();
        let (sender, ended) = mpsc::channel();
        std::thread::spawn(move || {
            sender.send(generations.iter().map(|generation| search_all(generation.index())).sum())
        });
        let panicked = ended.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{what}: a search does not end"));
        self.restore();
        panicked
    }
}

/// How many of some searches of both kinds panicked.
fn search_all(index: &Index<'_>) -> usize {
    let ends = |search: &dyn Fn()| usize::from(catch_unwind(AssertUnwindSafe(search)).is_err());
    let both = |query: &Point| {
        let classify = || _ = std::hint::black_box(index.classify(query));
        let neighbours = || _ = std::hint::black_box(index.neighbours(query));
        ends(&classify) + ends(&neighbours)
    };
    queries().iter().map(both).sum()
}

/// In the middle, at the edges and outside of the image's points; the last ones need 64-bit sums.
fn queries() -> Vec<Point> {
    let mut random = testkit::random::Random(3);
    let ranges = [(0, 10_000), (4_000, 6_000), (0, 100), (-10_000, 10_000), (-10_000, -9_000)];
    ranges
        .into_iter()
        .flat_map(|(least, most)| (0..4).map(move |_| (least, most)))
        .map(|(least, most)| Point::new(std::array::from_fn(|_| random.between(least, most))).unwrap())
        .collect()
}

/// Expected ones only fill the test's output.
fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let is_search = panic.location().is_some_and(|place| !place.file().ends_with("changed_image.rs"));
            if !is_search {
                usual(panic);
            }
        }));
    });
}

/// Bytes that look random and differ by position.
fn noise(position: usize, length: usize) -> Vec<u8> {
    (0..length).map(|i| ((position * 31 + i + 1).wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// By a node's position and a lane: the child there.
type Child<'a> = dyn Fn(usize, usize) -> u32 + 'a;

type Field = (SectionKind, usize, &'static str, usize, usize);

/// (section, record, what, offset in the record, length) of every part of what a search reads.
fn fields() -> Vec<Field> {
    let node = |what, field, length| (SectionKind::Nodes, size_of::<Node>(), what, field, length);
    let leaf = |what, field, length| (SectionKind::Leaves, size_of::<Leaf>(), what, field, length);
    vec![
        node("boxes", offset_of!(Node, boxes), 2 * size_of::<Boxes>()),
        node("children", offset_of!(Node, children), 4 * LANES),
        node("holds", offset_of!(Node, holds), 4),
        node("whole node", 0, size_of::<Node>()),
        leaf("lower", offset_of!(Leaf, lower), 448),
        leaf("extent", offset_of!(Leaf, extent), 224),
        leaf("unit", offset_of!(Leaf, unit), 28),
        leaf("start", offset_of!(Leaf, start), 4),
        leaf("first_block", offset_of!(Leaf, first_block), 4),
        leaf("holds", offset_of!(Leaf, holds), 4),
        leaf("frauds", offset_of!(Leaf, frauds), 2 * LANES),
        leaf("formats", offset_of!(Leaf, formats), 2 * LANES),
        leaf("places", offset_of!(Leaf, places), LANES),
        leaf("points", offset_of!(Leaf, points), LANES),
        leaf("whole leaf", 0, size_of::<Leaf>()),
        (SectionKind::Blocks, 4096, "blocks", 0, 4096),
        (SectionKind::References, 4096, "references", 0, 4096),
    ]
}

#[test]
fn every_search_ends_whatever_a_part_of_the_image_became() {
    let victim = Victim::new();
    for (kind, record, what, field, length) in fields() {
        for (pattern, bytes) in [("zeros", 0u8), ("ones", 0xff), ("low", 1), ("half", 0x7f), ("high", 0x80)] {
            let name = format!("{} {what} {pattern}", kind.name());
            victim.searches_end_after(&name, || victim.overwrite(kind, record, field, |_| vec![bytes; length]));
        }
        let name = format!("{} {what} noise", kind.name());
        victim.searches_end_after(&name, || victim.overwrite(kind, record, field, |at| noise(at, length)));
    }
}

#[test]
fn every_search_ends_when_children_lead_round_in_circles() {
    let victim = Victim::new();
    let nodes = victim.section(SectionKind::Nodes).len() / size_of::<Node>();
    let leaves = victim.section(SectionKind::Leaves).len() / size_of::<Leaf>();
    let circles: [(&str, &Child); 5] = [
        ("to the root", &|_, _| 0),
        ("to itself", &|node, _| node as u32),
        ("one on", &|node, _| ((node + 1) % nodes) as u32),
        ("the first to itself, the others to leaves", &|node, lane| match lane {
            0 => node as u32,
            _ => LEAF_FLAG | (lane % leaves) as u32,
        }),
        ("leaves only", &|node, lane| LEAF_FLAG | ((node + lane) % leaves) as u32),
    ];
    for (what, child) in circles {
        let mut panicked = 0;
        // as they were, all equally near, and none there: each takes another way through a walk
        for boxes in [None, Some((0u8, 0xffu8)), Some((0, 0))] {
            panicked += victim.searches_end_after(what, || {
                if let Some((bytes, holds)) = boxes {
                    let all = 2 * size_of::<Boxes>();
                    victim.overwrite(SectionKind::Nodes, size_of::<Node>(), 0, |_| vec![bytes; all]);
                    let field = offset_of!(Node, holds);
                    victim.overwrite(SectionKind::Nodes, size_of::<Node>(), field, |_| vec![holds; 4]);
                }
                victim.overwrite(SectionKind::Nodes, size_of::<Node>(), offset_of!(Node, children), |node| {
                    (0..LANES).flat_map(|lane| child(node, lane).to_le_bytes()).collect()
                });
            });
        }
        assert!(what == "leaves only" || panicked > 0, "{what}: the bounds were not reached, the test tests nothing");
    }
}

#[test]
fn every_search_ends_while_the_image_is_being_rewritten() {
    let victim = Victim::new();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let sections = [SectionKind::Nodes, SectionKind::Leaves].map(|kind| victim.section(kind));
            for at in 0.. {
                let section = &sections[at % 2];
                let start = section.start + at.wrapping_mul(2_654_435_761) % (section.len() - 64);
                victim.file.write_all_at(&noise(at, 1 + at % 64), start as u64).unwrap();
                if at % 500 == 0 {
                    victim.restore();
                }
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        // the check itself may meet a change, so the sound copy is what is checked
        let sound = Index::check(&victim.image, InstructionSet::detect()).unwrap();
        let segment: &'static Segment = Box::leak(Box::new(Segment::attach(&victim.place.dir()).unwrap()));
        let index = sound.over(segment.bytes()).unwrap();
        let (sender, ended) = mpsc::channel();
        std::thread::spawn(move || sender.send((0..100).map(|_| search_all(&index)).sum::<usize>()));
        let ended = ended.recv_timeout(PATIENCE);
        is_over.store(true, Ordering::Relaxed);
        println!("{:?} searches panicked", ended);
        assert!(ended.is_ok(), "a search does not end");
    });
}
