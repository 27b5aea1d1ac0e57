//! One test for each way in which header and section table can be wrong, most with a checksum made to fit.

use std::mem::offset_of;

use crate::common::corrupt::{
    REFERENCES, entry, entry_after, header, header_after, image, refusal, refusal_after, section,
};
use index::exact::TreeError;
use index::format::{FormatError, Header, SectionKind};
use index::{Index, OpenError};

#[test]
fn an_undamaged_image_is_accepted() {
    Index::open(&image()).unwrap();
}

#[test]
fn an_empty_file_is_rejected() {
    assert_eq!(refusal(&[]), OpenError::Format(FormatError::TooShort { bytes: 0 }));
}

#[test]
fn every_truncation_is_rejected() {
    let image = image();
    for length in (0..image.len()).step_by(97).chain(image.len() - 70..image.len()) {
        let error = refusal(&image[..length]);
        assert!(
            matches!(
                error,
                OpenError::Format(FormatError::TooShort { .. }) | OpenError::Format(FormatError::WrongLength { .. })
            ),
            "{length}: {error}"
        );
    }
}

#[test]
fn an_appended_byte_is_rejected() {
    let error = refusal_after(|image| image.push(0));
    assert!(matches!(error, OpenError::Format(FormatError::WrongLength { .. })), "{error}");
}

#[test]
fn another_file_is_rejected() {
    assert_eq!(header_after(|header| header.magic[0] ^= 1), OpenError::Format(FormatError::BadMagic));
}

#[test]
fn another_version_is_rejected() {
    assert_eq!(
        header_after(|header| header.version = 1),
        OpenError::Format(FormatError::UnsupportedVersion { found: 1 })
    );
}

#[test]
fn a_flipped_bit_anywhere_is_rejected() {
    let image = image();
    for position in (0..image.len()).step_by(211) {
        let mut image = image.clone();
        image[position] ^= 0x10;
        refusal(&image);
    }
}

#[test]
fn a_wrong_checksum_is_rejected() {
    let mut image = image();
    image[offset_of!(Header, checksum)] ^= 1;
    assert!(matches!(refusal(&image), OpenError::Format(FormatError::Checksum { .. })));
}

#[test]
fn a_wrong_header_length_is_rejected() {
    assert!(matches!(
        header_after(|header| header.header_bytes = 64),
        OpenError::Format(FormatError::HeaderField { field: "header_bytes", found: 64, required: 128 })
    ));
}

#[test]
fn another_number_of_dimensions_is_rejected() {
    assert!(matches!(
        header_after(|header| header.dimensions = 16),
        OpenError::Format(FormatError::HeaderField { field: "dimensions", .. })
    ));
}

#[test]
fn another_scale_is_rejected() {
    assert!(matches!(
        header_after(|header| header.scale = 1_000),
        OpenError::Format(FormatError::HeaderField { field: "scale", .. })
    ));
}

#[test]
fn another_number_of_sections_is_rejected() {
    assert!(matches!(
        header_after(|header| header.sections = 3),
        OpenError::Format(FormatError::HeaderField { field: "sections", .. })
    ));
}

#[test]
fn another_number_of_lanes_is_rejected() {
    assert!(matches!(
        header_after(|header| header.lanes = 8),
        OpenError::Format(FormatError::HeaderField { field: "lanes", .. })
    ));
}

#[test]
fn reserved_header_bytes_in_use_are_rejected() {
    assert_eq!(
        header_after(|header| header.reserved[8] = 1),
        OpenError::Format(FormatError::ReservedNotZero { place: "header" })
    );
}

#[test]
fn an_order_of_dimensions_that_is_no_permutation_is_rejected() {
    for wrong in [13, 14, 255] {
        let error = header_after(|header| header.order[usize::from(header.order[0] == wrong)] = wrong);
        assert!(matches!(error, OpenError::Tree(TreeError::DimensionOrder { .. })), "{error}");
    }
}

#[test]
fn another_root_of_the_rest_is_rejected() {
    let rest = header(&image()).rest;
    for wrong in [0, rest - 1, rest + 1, 1 << 30] {
        assert_eq!(header_after(|header| header.rest = wrong), OpenError::Tree(TreeError::RestRoot { found: wrong }));
    }
    // Without a rest its nodes are left over.
    assert!(matches!(
        header_after(|header| header.rest = u32::MAX),
        OpenError::Tree(TreeError::Unreachable { kind: "node", .. })
    ));
}

#[test]
fn fewer_than_five_references_are_rejected() {
    assert_eq!(
        header_after(|header| header.references = 4),
        OpenError::Format(FormatError::ReferenceCount { found: 4 })
    );
}

#[test]
fn more_references_than_tags_can_name_are_rejected() {
    assert_eq!(
        header_after(|header| header.references = 1 << 31),
        OpenError::Format(FormatError::ReferenceCount { found: 1 << 31 })
    );
}

#[test]
fn more_frauds_than_references_are_rejected() {
    let error = header_after(|header| header.frauds = REFERENCES + 1);
    assert_eq!(error, OpenError::Format(FormatError::FraudCount { header: REFERENCES + 1, found: REFERENCES }));
}

#[test]
fn a_wrong_fraud_count_is_rejected() {
    assert!(matches!(header_after(|header| header.frauds -= 1), OpenError::Tree(TreeError::FraudCount { .. })));
}

#[test]
fn more_points_than_the_header_says_are_rejected() {
    assert!(matches!(
        header_after(|header| header.references -= 1),
        OpenError::Tree(TreeError::ReferenceOutOfRange { .. })
    ));
}

#[test]
fn fewer_points_than_the_header_says_are_rejected() {
    let error = header_after(|header| header.references += 1);
    assert_eq!(error, OpenError::Tree(TreeError::PointCount { header: REFERENCES + 1, found: u64::from(REFERENCES) }));
}

#[test]
fn sections_in_another_order_are_rejected() {
    let error = entry_after(SectionKind::Nodes, |entry| entry.kind = SectionKind::Blocks as u32);
    assert_eq!(error, OpenError::Format(FormatError::SectionKind { section: "nodes", found: 5 }));
}

#[test]
fn an_unknown_section_is_rejected() {
    let error = entry_after(SectionKind::Blocks, |entry| entry.kind = 99);
    assert_eq!(error, OpenError::Format(FormatError::SectionKind { section: "blocks", found: 99 }));
}

#[test]
fn reserved_table_bytes_in_use_are_rejected() {
    let error = entry_after(SectionKind::Blocks, |entry| entry.reserved_too = 1);
    assert_eq!(error, OpenError::Format(FormatError::ReservedNotZero { place: "section table" }));
}

#[test]
fn a_misaligned_section_is_rejected() {
    let error = entry_after(SectionKind::Nodes, |entry| entry.offset += 4);
    assert!(matches!(error, OpenError::Format(FormatError::SectionMisaligned { section: "nodes", .. })), "{error}");
}

#[test]
fn a_section_past_the_end_is_rejected() {
    let error = entry_after(SectionKind::Blocks, |entry| entry.bytes += 32 << 20);
    assert_eq!(error, OpenError::Format(FormatError::SectionOutOfBounds { section: "blocks" }));
}

#[test]
fn a_section_whose_end_overflows_is_rejected() {
    let error = entry_after(SectionKind::Blocks, |entry| entry.offset = u64::MAX - 4095);
    assert_eq!(error, OpenError::Format(FormatError::SectionOutOfBounds { section: "blocks" }));
}

#[test]
fn overlapping_sections_are_rejected() {
    let error = entry_after(SectionKind::MccRisk, |entry| entry.offset = 0);
    assert_eq!(error, OpenError::Format(FormatError::SectionOverlap { section: "mcc_risk" }));
}

#[test]
fn a_section_with_a_broken_element_is_rejected() {
    let error = entry_after(SectionKind::Nodes, |entry| entry.bytes -= 4);
    assert!(matches!(error, OpenError::Format(FormatError::SectionLength { section: "nodes", .. })), "{error}");
}

#[test]
fn bytes_behind_the_last_section_are_rejected() {
    let error = entry_after(SectionKind::References, |entry| entry.bytes -= 16);
    assert!(matches!(error, OpenError::Format(FormatError::TrailingBytes { .. })), "{error}");
}

#[test]
fn bytes_between_sections_in_use_are_rejected() {
    let error = refusal_after(|image| {
        let nodes = entry(image, SectionKind::Nodes).offset as usize;
        image[nodes - 1] = 1;
    });
    assert_eq!(error, OpenError::Format(FormatError::ReservedNotZero { place: "bytes between sections" }));
}

#[test]
fn a_missing_normalization_is_rejected() {
    let error = entry_after(SectionKind::Normalization, |entry| entry.bytes = 0);
    // What was the section is now a gap that is not zero.
    assert_eq!(error, OpenError::Format(FormatError::ReservedNotZero { place: "bytes between sections" }));
    let error = refusal_after(|image| {
        section(image, SectionKind::Normalization).fill(0);
        entry(image, SectionKind::Normalization).bytes = 0;
    });
    assert!(
        matches!(error, OpenError::Format(FormatError::ElementCount { section: "normalization", found: 0, .. })),
        "{error}"
    );
}

#[test]
fn bytes_at_an_odd_address_are_rejected() {
    let image = image();
    let mut shifted = vec![0; image.len() + 8];
    let start = (1..8).find(|start| !shifted[*start..].as_ptr().addr().is_multiple_of(4)).unwrap();
    shifted[start..start + image.len()].copy_from_slice(&image);
    assert_eq!(refusal(&shifted[start..start + image.len()]), OpenError::Tree(TreeError::Misaligned));
}
