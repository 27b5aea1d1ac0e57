//! What references and payloads may lie in: encodings and compressions that are read, and others that are named.

use crate::common::message;
use dataset::{DataError, ReadReferences, read_json, read_payloads, read_references};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::{self, Read, Write};

const ROW: &str = r#"{"vector":[0.01,0.0833,0.05,0.8261,0.1667,-1,-1,0.0432,0.25,0,1,0,0.2,0.0416],"label":"legit"}"#;
const MARK: &[u8] = b"\xef\xbb\xbf";

fn rows(count: usize) -> String {
    format!("[{}]", vec![ROW; count].join(","))
}

fn read(bytes: impl AsRef<[u8]>) -> Result<ReadReferences, DataError> {
    read_references(bytes.as_ref(), &|_, _, _| {})
}

#[track_caller]
fn count(bytes: impl AsRef<[u8]>) -> usize {
    read(bytes).unwrap().references.labels.len()
}

/// The error with all its causes, as commands print it.
#[track_caller]
fn refusal(bytes: impl AsRef<[u8]>) -> String {
    message(&read(bytes).unwrap_err())
}

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes.as_ref(), ruzstd::encoding::CompressionLevel::Fastest)
}

/// Made by `zstd -19`, with a checksum: blocks of all kinds of an encoder that is not the decoder's own.
const ZSTD_19: &[u8] = include_bytes!("../data/two-thousand-references.json.zst");

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[test]
fn a_message_says_its_cause_once() {
    for (bytes, expected) in [
        ("x", "not references, an array or one object a line: expected value at line 1 column 1"),
        ("[x]", "reference 0 (counted from 0): expected value at line 1 column 2"),
        ("[] x", "not one array of references and no more: trailing characters at line 1 column 4"),
        ("", "it is empty"),
    ] {
        assert_eq!(refusal(bytes), expected);
    }
    let broken = [&gzip(rows(1))[..20], &[0; 20]].concat();
    let said = refusal(&broken);
    assert_eq!(said.matches("gzip data").count(), 1, "{said}");
    assert_eq!(
        message(&read_payloads(&b"x"[..]).unwrap_err()),
        "not a payload file: expected value at line 1 column 1"
    );
    let error = read_payloads(&br#"{"entries":[1]}"#[..]).unwrap_err();
    assert_eq!(message(&error).matches("invalid type").count(), 1, "{}", message(&error));
}

#[test]
fn a_byte_order_mark_of_utf_8_is_passed_over() {
    assert_eq!(count(joined(&[MARK, rows(2).as_bytes()])), 2);
    assert_eq!(count(gzip(joined(&[MARK, rows(2).as_bytes()]))), 2);
    assert_eq!(read_payloads(&joined(&[MARK, br#"{"entries":[]}"#])[..]).unwrap(), []);
    assert_eq!(read_json::<u8>(&joined(&[MARK, b"7"])[..], "a number").unwrap(), 7);
    // only one, and only as the first bytes
    assert!(read(joined(&[MARK, MARK, rows(2).as_bytes()])).is_err());
    assert!(read(joined(&[b" ", MARK, rows(2).as_bytes()])).is_err());
}

#[test]
fn text_that_is_not_utf_8_is_named_with_the_command_that_converts_it() {
    let utf_16 = |to_bytes: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
        format!("{mark}{}", rows(2)).encode_utf16().flat_map(to_bytes).collect()
    };
    let utf_32 = |to_bytes: fn(u32) -> [u8; 4]| -> Vec<u8> {
        format!("\u{feff}{}", rows(2)).chars().flat_map(|character| to_bytes(character.into())).collect()
    };
    for (bytes, name, command) in [
        (utf_16(u16::to_le_bytes, "\u{feff}"), "UTF-16", "iconv -f UTF-16 -t UTF-8"),
        (utf_16(u16::to_be_bytes, "\u{feff}"), "UTF-16", "iconv -f UTF-16 -t UTF-8"),
        (utf_16(u16::to_le_bytes, ""), "UTF-16", "iconv -f UTF-16LE -t UTF-8"),
        (utf_16(u16::to_be_bytes, ""), "UTF-16", "iconv -f UTF-16BE -t UTF-8"),
        (utf_32(u32::to_le_bytes), "UTF-32", "iconv -f UTF-32 -t UTF-8"),
        (utf_32(u32::to_be_bytes), "UTF-32", "iconv -f UTF-32 -t UTF-8"),
    ] {
        let expected = format!("it is {name} text: make it plain UTF-8 text with `{command}`");
        assert_eq!(refusal(&bytes), expected);
        assert_eq!(refusal(gzip(&bytes)), expected);
        assert_eq!(message(&read_payloads(&bytes[..]).unwrap_err()), expected);
    }
}

#[test]
fn other_compressions_are_named_with_the_command_that_undoes_them() {
    for (head, said) in [
        (&b"\xfd7zXZ\0\0\x04"[..], "compressed by xz: make it plain UTF-8 text with `xz -d`"),
        (b"BZh91AY&SY", "compressed by bzip2: make it plain UTF-8 text with `bzip2 -d`"),
        (b"\x04\x22\x4d\x18\x64\x40", "compressed by lz4: make it plain UTF-8 text with `lz4 -d`"),
        (b"PK\x03\x04\x14\0", "a ZIP archive: make it plain UTF-8 text with `unzip`"),
    ] {
        assert_eq!(refusal(head), format!("it is {said}"));
    }
    for twice in [gzip(gzip("[]")), gzip(zstd("[]")), zstd(gzip("[]")), zstd(zstd("[]"))] {
        assert!(refusal(&twice).starts_with("it is compressed twice: "), "{}", refusal(&twice));
    }
}

#[test]
fn rows_without_an_array_around_them_are_read() {
    for text in [
        format!("{ROW}\n{ROW}\n{ROW}\n"),
        format!("{ROW}\r\n{ROW}\r\n\r\n{ROW}"),
        format!("\n  {ROW}{ROW}\t{}", ROW.replace(',', ",\n  ")),
    ] {
        let lines = read(&text).unwrap();
        assert_eq!(lines.references, read(rows(3)).unwrap().references, "{text}");
        assert_eq!(count(gzip(&text)), 3);
    }
    assert_eq!(count(joined(&[MARK, ROW.as_bytes()])), 1);
}

#[test]
fn a_wrong_line_is_named_by_its_place() {
    let broken = ROW.replace("0.01", "7");
    assert_eq!(
        refusal(format!("{ROW}\n{broken}\n{ROW}")),
        "reference 1 (counted from 0): dimension 0 is 7, outside [-1, 1] at line 2 column 14"
    );
    let other = refusal(format!("{ROW}\n{{\"score\":1}}"));
    assert!(other.starts_with("reference 1 (counted from 0): unknown field `score`, expected"), "{other}");
    for text in [format!("{ROW},\n{ROW}"), format!("{ROW}\n[{ROW}]"), format!("{ROW}\n]"), format!("{ROW}\n{ROW} x")] {
        assert!(matches!(read(&text), Err(DataError::Reference { element: 1 | 2, .. })), "{text}");
    }
    let text = format!("{ROW}\n{ROW}");
    for length in (1..text.len()).filter(|length| ![ROW.len(), ROW.len() + 1].contains(length)) {
        assert!(read(&text[..length]).is_err(), "{length} of {} bytes were read", text.len());
    }
}

#[test]
fn gzip_of_several_members_is_read() {
    let text = rows(500);
    let (begin, rest) = text.split_at(1234);
    assert_eq!(count(joined(&[&gzip(begin), &gzip(""), &gzip(rest)])), 500);
}

#[test]
fn zeros_behind_gzip_are_padding() {
    for zeros in [1, 2, 7, 511, 1 << 18] {
        assert_eq!(count(joined(&[&gzip(rows(3)), &vec![0; zeros]])), 3, "{zeros} zeros");
    }
}

#[test]
fn other_bytes_behind_gzip_are_named() {
    for rest in [&b"x"[..], b"more", b"\0\0x", b"\x1fx and so on", b"\x1f\x8bx and more", &joined(&[b"\0", &gzip("")])]
    {
        assert_eq!(
            refusal(joined(&[&gzip(rows(3)), rest])),
            "cannot read: behind the end of the gzip data stand other bytes: cut them off",
            "{rest:?}"
        );
    }
}

#[test]
fn gzip_that_is_cut_off_or_damaged_says_so() {
    let whole = gzip(rows(50));
    for length in [3, 10, whole.len() / 2, whole.len() - 8, whole.len() - 1] {
        let cut = refusal(&whole[..length]);
        assert_eq!(cut, "cannot read: the gzip data is cut off: the file is not whole", "{length} bytes");
        let second = refusal(joined(&[&gzip(""), &whole[..length]]));
        assert_eq!(second, "cannot read: the gzip data is cut off: the file is not whole", "{length} bytes");
    }
    let mut damaged = whole.clone();
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 1;
    assert!(refusal(&damaged).starts_with("cannot read: the gzip data is damaged: "), "{}", refusal(&damaged));
}

#[test]
fn zstd_is_read_and_its_checksum_is_checked() {
    assert_eq!(count(ZSTD_19), 2000);
    assert_eq!(count(zstd(rows(3))), 3);
    assert_eq!(count(zstd(joined(&[MARK, rows(3).as_bytes()]))), 3);
    assert_eq!(read_payloads(&zstd(r#"{"entries":[]}"#)[..]).unwrap(), []);
    let mut damaged = ZSTD_19.to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(refusal(damaged), "cannot read: the zstd data is damaged: its checksum is another");
}

#[test]
fn zstd_of_several_frames_and_skippable_ones_is_read() {
    let skippable = b"\x5a\x2a\x4d\x18\x05\0\0\0hello";
    let text = rows(500);
    let (begin, rest) = text.split_at(1234);
    assert_eq!(count(joined(&[skippable, &zstd(begin), skippable, &zstd(""), &zstd(rest), skippable])), 500);
    let short = &skippable[..skippable.len() - 1];
    assert_eq!(refusal(joined(&[&zstd("[]"), short])), "cannot read: the zstd data is cut off: the file is not whole");
}

#[test]
fn zstd_that_is_cut_off_or_followed_by_other_bytes_says_so() {
    for length in (4..ZSTD_19.len()).step_by(997).chain([ZSTD_19.len() - 1]) {
        let said = refusal(&ZSTD_19[..length]);
        assert_eq!(said, "cannot read: the zstd data is cut off: the file is not whole", "{length} bytes");
    }
    for rest in [&b"x"[..], b"more", b"\0\0\0\0\0\0"] {
        let said = refusal(joined(&[ZSTD_19, rest]));
        assert_eq!(said, "cannot read: behind the end of the zstd data stand other bytes: cut them off");
    }
}

#[test]
fn zstd_that_needs_more_than_the_file_is_named() {
    // frame headers: a window of 256 MiB, then a dictionary's number
    let said = refusal(b"\x28\xb5\x2f\xfd\x00\x90\x01\x00\x00");
    assert_eq!(said, "cannot read: its zstd window is over 128 MiB: decompress it with `zstd -d --long=31`");
    let said = refusal(b"\x28\xb5\x2f\xfd\x01\x00\x07\x01\x00\x00");
    assert_eq!(said, "cannot read: its zstd data needs a dictionary: decompress it with `zstd -d -D DICTIONARY`");
}

#[test]
fn a_failing_source_keeps_its_own_words_behind_any_compression() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("unplugged"))
        }
    }
    for bytes in [rows(50).into_bytes(), gzip(rows(50)), ZSTD_19.to_vec()] {
        for length in [0, 3, 6, 12, bytes.len() - 1, bytes.len()] {
            let error = read_references(bytes[..length].chain(Failing), &|_, _, _| {}).unwrap_err();
            assert_eq!(message(&error), "cannot read: unplugged", "{length} of {} bytes", bytes.len());
        }
    }
}

#[test]
fn a_source_that_gives_single_bytes_is_recognised() {
    struct Drops<'a>(&'a [u8]);
    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = buffer.len().min(1);
            self.0.read(&mut buffer[..length])
        }
    }
    for bytes in [
        joined(&[MARK, rows(2).as_bytes()]),
        format!(" {ROW} {ROW}").into_bytes(),
        joined(&[&gzip(&rows(1).as_bytes()[..5]), &gzip(&rows(2)[5..]), &[0; 9]]),
        joined(&[&zstd(&rows(1).as_bytes()[..5]), &zstd(&rows(2)[5..])]),
    ] {
        let found = read_references(Drops(&bytes), &|_, _, _| {}).unwrap();
        assert_eq!(found.references.labels.len(), 2);
    }
}

proptest! {
    /// Damage is refused or harmless, whatever it hits: never a panic, never a wait.
    #[test]
    fn damaged_compressed_data_never_panics(at in 0..10_000usize, flip in 1..=255u8, is_gzip in any::<bool>()) {
        let mut bytes = if is_gzip { gzip(rows(40)) } else { ZSTD_19.to_vec() };
        let at = at % bytes.len();
        bytes[at] ^= flip;
        let _ = read(&bytes);
    }
}
