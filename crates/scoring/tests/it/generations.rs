//! A generation owns its bytes, is refused as a whole, and can be exchanged between two requests.

use super::{BODY, generation, image};
use index::format::FormatError;
use index::{InstructionSet, OpenError};
use schema::{Decision, Normalization, Rules};
use scoring::{Generation, ImageError, Scorer};
use space::Label;
use std::sync::Arc;

/// What a generation is opened on, to see when it is dropped.
struct Watched(Arc<Vec<u8>>);

impl AsRef<[u8]> for Watched {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn legit(_: usize) -> Label {
    Label::Legit
}

#[test]
fn dropping_a_generation_drops_the_owner_of_its_bytes() {
    let bytes = Arc::new(image(&Rules::default(), legit));
    let generation = Generation::open(Watched(bytes.clone()), InstructionSet::detect()).unwrap();
    assert_eq!(Arc::strong_count(&bytes), 2);
    assert!(std::ptr::eq(generation.index().bytes(), bytes.as_slice()));
    drop(generation);
    assert_eq!(Arc::strong_count(&bytes), 1);
}

#[test]
fn what_is_refused_is_dropped() {
    let mut damaged = image(&Rules::default(), legit);
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    let bytes = Arc::new(damaged);
    let refused = Generation::open(Watched(bytes.clone()), InstructionSet::detect()).err();
    assert!(matches!(refused, Some(ImageError::Index(OpenError::Format(FormatError::Checksum { .. })))), "{refused:?}");
    assert_eq!(Arc::strong_count(&bytes), 1);
}

#[test]
fn rules_that_are_none_are_refused_with_the_index() {
    let rules = Rules { normalization: Normalization { max_km: 0.0, ..Normalization::default() }, ..Rules::default() };
    let image = image(&rules, legit);
    assert!(matches!(
        scoring::ImageInfo::check(&image, InstructionSet::detect(), &|_, _, _| {}),
        Err(ImageError::Rules(_))
    ));
    assert!(matches!(Generation::open(image.clone(), InstructionSet::detect()), Err(ImageError::Rules(_))));
    assert!(matches!(Generation::open_verified(image, InstructionSet::detect()), Err(ImageError::Rules(_))));
}

#[test]
fn the_rules_of_the_image_are_those_that_vectorize() {
    let rules =
        Rules { normalization: Normalization { max_amount: 41.12, ..Normalization::default() }, ..Rules::default() };
    let generation = Generation::open(image(&rules, legit), InstructionSet::detect()).unwrap();
    assert_eq!(generation.rules(), &rules);
    let vector = Scorer::new(Arc::new(generation), BODY.len()).read(BODY.as_bytes()).unwrap();
    assert_eq!(vector.values()[0], 10_000);
}

#[test]
fn a_scorer_goes_on_with_another_generation() {
    let mut scorer = Scorer::new(Arc::new(generation(legit)), BODY.len());
    assert_eq!(scorer.score(BODY.as_bytes()), Ok(Decision::of_frauds(0)));
    let before = scorer.replace(Arc::new(generation(|_| Label::Fraud)));
    assert_eq!(scorer.score(BODY.as_bytes()), Ok(Decision::of_frauds(5)));
    assert_eq!(before.index().info().fraud, 0);
    assert!(scorer.score(b"no json").is_err());
}

#[test]
fn a_generation_can_be_opened_by_another_thread() {
    let opened = std::thread::spawn(|| generation(legit)).join().unwrap();
    assert_eq!(opened.index().info().references, 10);
}
