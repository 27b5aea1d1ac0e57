//! zstd, as `zstd -d` reads it: frames one after another, skippable ones passed over.

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::error::Error;
use std::io::{self, BufRead, ErrorKind, Read};

/// What every such file begins with.
pub(super) const ZSTD_MAGIC: &[u8] = b"\x28\xb5\x2f\xfd";

/// The first byte of a skippable frame is any from 0x50 to 0x5f.
const SKIPPABLE_MAGIC_REST: &[u8] = b"\x2a\x4d\x18";

/// Whether a file that begins like this begins with a frame.
pub(super) fn is_frame(head: &[u8]) -> bool {
    let is_skippable = |first: u8| first & 0xf0 == 0x50 && head[1..].starts_with(SKIPPABLE_MAGIC_REST);
    head.starts_with(ZSTD_MAGIC) || head.first().is_some_and(|first| is_skippable(*first))
}

/// The text of all frames of a zstd file, one after another.
pub(super) struct Frames<R> {
    source: R,
    decoder: FrameDecoder,
    is_in_frame: bool,
    is_first: bool,
}

impl<R: BufRead> Frames<R> {
    /// `source` begins with the first frame.
    pub(super) fn new(source: R) -> Self {
        Self { source, decoder: FrameDecoder::new(), is_in_frame: false, is_first: true }
    }

    /// Whether there is another frame.
    fn open_next(&mut self) -> io::Result<bool> {
        loop {
            if self.source.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.decoder.init(&mut self.source) {
                Ok(()) => break,
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let length = u64::from(length);
                    if io::copy(&mut self.source.by_ref().take(length), &mut io::sink())? < length {
                        return Err(cut_off());
                    }
                }
                Err(error) if !self.is_first && is_no_frame(&error) => {
                    return Err(invalid("behind the end of the zstd data stand other bytes: cut them off"));
                }
                Err(error) => return Err(named(&error)),
            }
            self.is_first = false;
        }
        self.is_first = false;
        self.is_in_frame = true;
        Ok(true)
    }

    fn check_sum(&self) -> io::Result<()> {
        let stored = self.decoder.get_checksum_from_data();
        if stored.is_some() && stored != self.decoder.get_calculated_checksum() {
            return Err(invalid("the zstd data is damaged: its checksum is another"));
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.is_in_frame || self.open_next()? {
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let blocks = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.source, blocks).map_err(|error| named(&error))?;
            }
            let length = self.decoder.read(buffer)?;
            if length > 0 || buffer.is_empty() {
                return Ok(length);
            }
            self.check_sum()?;
            self.is_in_frame = false;
        }
        Ok(0)
    }
}

/// Whether what follows does not begin like a frame.
fn is_no_frame(error: &FrameDecoderError) -> bool {
    match error {
        FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::BadMagicNumber(_)) => true,
        FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::MagicNumberReadError(error)) => {
            error.kind() == ErrorKind::UnexpectedEof
        }
        _ => false,
    }
}

/// What a decoder's error means for a file; errors of the source keep their own words.
fn named(error: &FrameDecoderError) -> io::Error {
    match error {
        FrameDecoderError::WindowSizeTooBig { .. } => {
            return invalid("its zstd window is over 128 MiB: decompress it with `zstd -d --long=31`");
        }
        FrameDecoderError::DictNotProvided { .. } => {
            return invalid("its zstd data needs a dictionary: decompress it with `zstd -d -D DICTIONARY`");
        }
        _ => {}
    }
    match source_error(error) {
        Some(source) if source.kind() == ErrorKind::UnexpectedEof => cut_off(),
        Some(source) => io::Error::new(source.kind(), source.to_string()),
        None => invalid("the zstd data is damaged"),
    }
}

/// The source's error that made the decoder fail, if it was one.
fn source_error(error: &FrameDecoderError) -> Option<&io::Error> {
    let mut cause = error.source();
    while let Some(found) = cause {
        if let Some(error) = found.downcast_ref() {
            return Some(error);
        }
        cause = found.source();
    }
    None
}

fn cut_off() -> io::Error {
    io::Error::new(ErrorKind::UnexpectedEof, "the zstd data is cut off: the file is not whole")
}

fn invalid(text: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, text)
}
