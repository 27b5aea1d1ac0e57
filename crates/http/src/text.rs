//! Text on the stack, and inside JSON strings.

use std::fmt::{self, Display, Write as _};

/// Text on the stack; writing past its end cuts at a character and reports an error.
pub struct FixedText<const BYTES: usize> {
    bytes: [u8; BYTES],
    length: usize,
}

impl<const BYTES: usize> FixedText<BYTES> {
    pub const fn new() -> Self {
        Self { bytes: [0; BYTES], length: 0 }
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).expect("only whole characters are written")
    }
}

impl<const BYTES: usize> fmt::Write for FixedText<BYTES> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let kept = text.floor_char_boundary(BYTES - self.length);
        self.bytes[self.length..][..kept].copy_from_slice(&text.as_bytes()[..kept]);
        self.length += kept;
        if kept == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

/// Text as the inside of a JSON string.
pub struct JsonEscaped<'a>(pub &'a str);

impl Display for JsonEscaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                control if u32::from(control) < 0x20 => write!(f, "\\u{:04x}", u32::from(control))?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}
