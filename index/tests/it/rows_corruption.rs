//! Damaged images of rows: refused with a reason, or as good as built of what they hold.

use std::mem::offset_of;

use index::InstructionSet;
use index::format::{CONTAINER_HEADER_BYTES, ContainerHeader, FormatError, SectionEntry, checksum};
use index::knn::layout::{Shape, section};
use index::knn::{Method, NearestRows, RowImageError, RowIndex, RowOptions};
use space::{Rows, row_distance};
use testkit::random::Random;

use crate::common::row_sets::{self, Kind};

const ROWS: usize = 700;
const DIMENSIONS: usize = 3;
/// Images that are changed at random.
const CHANGED: usize = 3_000;

fn image(method: Method) -> Vec<u8> {
    row_sets::image(Rows::new(DIMENSIONS, &values()).unwrap(), options(method))
}

/// Without the values given.
fn on_grid(method: Method) -> Vec<u8> {
    row_sets::image_on_grid(DIMENSIONS, &values(), options(method)).0
}

fn values() -> Vec<f32> {
    // A lattice, so that there are copies.
    let values = row_sets::rows(Kind::Lattice, DIMENSIONS, ROWS, 3);
    let lattice = values.iter().enumerate();
    lattice.map(|(place, value)| value + (place % 5) as f32).collect()
}

fn options(method: Method) -> RowOptions<'static, 'static> {
    static LABELS: [u8; ROWS] = {
        let mut labels = [0; ROWS];
        let mut row = 0;
        while row < ROWS {
            labels[row] = (row % 4) as u8;
            row += 1;
        }
        labels
    };
    RowOptions { labels: Some(&LABELS), label_count: 4, method: Some(method), weights: None }
}

fn open(image: &[u8]) -> Result<RowIndex<'_>, RowImageError> {
    RowIndex::open(image, InstructionSet::detect(), &|_, _, _| {})
}

fn reseal(image: &mut [u8]) {
    let sum = checksum(image);
    let at = offset_of!(ContainerHeader, checksum);
    image[at..at + 8].copy_from_slice(&sum.to_le_bytes());
}

/// The refusal of an image that `change` damaged and whose checksum was made to fit.
fn refusal_of(method: Method, is_on_grid: bool, change: impl FnOnce(&mut Vec<u8>)) -> RowImageError {
    let mut image = if is_on_grid { on_grid(method) } else { image(method) };
    change(&mut image);
    reseal(&mut image);
    open(&image).err().expect("a corrupt image was accepted")
}

fn refusal_after(method: Method, change: impl FnOnce(&mut Vec<u8>)) -> RowImageError {
    refusal_of(method, false, change)
}

/// Where a section lies.
fn range(image: &[u8], kind: u32) -> std::ops::Range<usize> {
    let header: ContainerHeader = bytemuck::pod_read_unaligned(&image[..CONTAINER_HEADER_BYTES]);
    let size = size_of::<SectionEntry>();
    let entries = (0..header.sections as usize).map(|entry| {
        bytemuck::pod_read_unaligned::<SectionEntry>(&image[CONTAINER_HEADER_BYTES + entry * size..][..size])
    });
    let entry = entries.into_iter().find(|entry| entry.kind == kind).expect("the image has such a section");
    entry.offset as usize..(entry.offset + entry.bytes) as usize
}

fn section_after(method: Method, kind: u32, at: usize, change: impl Fn(u8) -> u8) -> RowImageError {
    refusal_after(method, |image| {
        let byte = range(image, kind).start + at;
        image[byte] = change(image[byte]);
    })
}

#[test]
fn an_undamaged_image_is_accepted_and_a_damaged_checksum_is_not() {
    for method in Method::ALL {
        let mut image = image(method);
        open(&image).unwrap();
        let last = image.len() - 1;
        image[last] ^= 1;
        assert!(matches!(open(&image), Err(RowImageError::Format(FormatError::Checksum { .. }))));
        image.truncate(last);
        assert!(matches!(open(&image), Err(RowImageError::Format(FormatError::WrongLength { .. }))));
    }
}

#[test]
fn another_version_is_refused_with_its_number() {
    let error = refusal_after(Method::GridTree, |image| image[8] = 4);
    assert_eq!(error, FormatError::UnsupportedVersion { found: 4 }.into());
}

#[test]
fn another_engine_is_refused_by_name() {
    let at = offset_of!(ContainerHeader, engine);
    let error = refusal_after(Method::GridTree, |image| image[at..at + 3].copy_from_slice(b"ivf"));
    assert_eq!(error, RowImageError::Engine { found: "ivf".to_owned() });
}

#[test]
fn a_shape_that_cannot_be_is_refused_by_field() {
    for (at, value, field) in [
        (offset_of!(Shape, rows), 0u32, "rows"),
        (offset_of!(Shape, points), ROWS as u32 + 1, "points"),
        (offset_of!(Shape, dimensions), 33, "dimensions"),
        (offset_of!(Shape, varying), 2, "varying"),
        (offset_of!(Shape, method), 9, "method"),
        (offset_of!(Shape, labels), 257, "labels"),
    ] {
        let error = refusal_after(Method::GridTree, |image| {
            let start = range(image, section::SHAPE).start + at;
            image[start..start + 4].copy_from_slice(&value.to_le_bytes());
        });
        assert!(matches!(error, RowImageError::Shape { field: found, .. } if found == field), "{field}: {error}");
    }
}

#[test]
fn what_follows_from_something_else_must_follow() {
    let flip = |byte: u8| byte ^ 1;
    for (method, kind, at, message) in [
        (Method::GridTree, section::LINKS, 0, "node 0 leads elsewhere"),
        (Method::GridTree, section::BOXES, 0, "box 0 is not the smallest"),
        (Method::FloatTree, section::BOXES, 0, "box 0 is not the smallest"),
        (Method::GridTree, section::BLOCKS, 0, "its columns are not those of its values"),
        (Method::CellScan, section::BLOCKS, 0, "the point at slot 0: a value is"),
        (Method::GridTree, section::SHAPE, offset_of!(Shape, step), "the shape's step"),
        (Method::GridTree, section::SHAPE, offset_of!(Shape, error), "the shape's error"),
        (Method::GridTree, section::ROWS, 3, "is above the last"),
        (Method::GridTree, section::COPIED_ROWS, 3, "is above the last"),
        (Method::GridTree, section::COPIES, 4, "copies"),
    ] {
        let error = section_after(method, kind, at, flip).to_string();
        assert!(error.contains(message), "{} {kind} {at}: {error}", method.name());
    }
    let error = section_after(Method::GridTree, section::LABELS, 5, |_| 4).to_string();
    assert_eq!(error, "row 5 has a label that there is not");
    let error = section_after(Method::GridTree, section::VALUES, 3, |_| 0x7f).to_string();
    assert!(error.contains("the point at slot 0") || error.contains("not finite"), "{error}");
}

#[test]
fn what_is_on_its_grid_must_be_on_it() {
    for (method, kind, at, message) in [
        (Method::GridTree, section::BLOCKS, 1, "its place is not on the grid"),
        (Method::CellScan, section::PLACES, 1, "a value is"),
        (Method::GridTree, section::BOXES, 0, "box 0 is not the smallest"),
        (Method::GridTree, section::SHAPE, offset_of!(Shape, step), "the shape's step"),
        (Method::CellScan, section::SHAPE, offset_of!(Shape, error), "the shape's error"),
    ] {
        let error = refusal_of(method, true, |image| {
            let byte = range(image, kind).start + at;
            image[byte] ^= if kind == section::SHAPE || kind == section::BOXES { 1 } else { 0x7f };
        });
        assert!(error.to_string().contains(message), "{} {kind} {at}: {error}", method.name());
    }
    let mark = offset_of!(Shape, method) + 3;
    let flip = |image: &mut Vec<u8>| {
        let byte = range(image, section::SHAPE).start + mark;
        image[byte] ^= 0x80;
    };
    for method in [Method::GridTree, Method::CellScan] {
        // With values that must not be there, and without those that must.
        assert!(matches!(refusal_of(method, false, flip), RowImageError::Format(_)), "{}", method.name());
        assert!(matches!(refusal_of(method, true, flip), RowImageError::Format(_)), "{}", method.name());
    }
    assert!(matches!(refusal_after(Method::FloatTree, flip), RowImageError::Shape { field: "method", .. }));
}

#[test]
fn label_masks_must_be_those_of_the_rows() {
    let labels: Vec<u8> = (0..ROWS).map(|row| u8::from(row % 4 == 0)).collect();
    let options = RowOptions { labels: Some(&labels), label_count: 2, ..options(Method::GridTree) };
    let mut image = row_sets::image(Rows::new(DIMENSIONS, &values()).unwrap(), options);
    open(&image).unwrap();
    let byte = range(&image, section::LABEL_MASKS).start;
    image[byte] ^= 1;
    reseal(&mut image);
    assert_eq!(open(&image).err(), Some(RowImageError::LabelMasks { node: 0 }));
}

/// What is accepted answers as brute force over what it holds.
fn check_answers(index: &RowIndex<'_>, query: &[f32]) {
    let weights: Vec<f64> = index.dimensions().iter().map(|dimension| dimension.weight).collect();
    let mut nearest = NearestRows::default();
    let all = index.search(query, ROWS, &mut nearest).unwrap().to_vec();
    let few = index.search(query, 5, &mut nearest).unwrap();
    assert_eq!(few, &all[..few.len()]);
    for found in &all {
        assert_eq!(found.distance, row_distance(query, &index.values(found.slot as usize), &weights));
    }
    assert_eq!(all.len(), index.shape().rows as usize);
}

#[test]
fn images_changed_at_random_are_refused_or_answer_as_brute_force_does() {
    let mut random = Random(5);
    let mut images = Method::ALL.map(image).to_vec();
    images.extend([Method::GridTree, Method::CellScan].map(on_grid));
    let (mut refused, mut accepted) = (0, 0);
    for number in 0..CHANGED {
        let mut image = images[number % images.len()].clone();
        for _ in 0..1 + random.below(3) {
            let byte = random.below(image.len());
            image[byte] ^= 1 << random.below(8);
        }
        if !number.is_multiple_of(2) {
            reseal(&mut image);
        }
        match open(&image) {
            Err(_) => refused += 1,
            Ok(index) => {
                assert!(!number.is_multiple_of(2), "a wrong checksum was accepted");
                accepted += 1;
                check_answers(&index, &[1.0, 0.5, 2.0]);
            }
        }
    }
    assert!(refused > CHANGED / 2 && accepted > 0, "{refused} refused, {accepted} accepted");
}
