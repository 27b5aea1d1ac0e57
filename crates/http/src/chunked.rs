//! Takes the chunked transfer coding off a body, in place.
//!
//! Data moves down over the size lines, so that the body lies in one piece however it was cut. The decoder eats
//! every byte it is given: nothing but decoded data stays in the buffer between two reads.

use crate::limits;
use crate::status::{Refusal, Status};

/// How far the coding has been taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoder {
    /// Bytes of the body so far; they lie at the front of the buffer.
    decoded: usize,
    limit: usize,
    state: State,
    /// Of the present size line.
    line_bytes: usize,
    trailer_bytes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size {
        size: usize,
    },
    /// White space before an extension.
    Space {
        size: usize,
    },
    Extension {
        size: usize,
    },
    SizeEnd {
        size: usize,
    },
    Data {
        left: usize,
    },
    DataCr,
    DataLf,
    TrailerStart,
    Trailer,
    TrailerLf,
    LastLf,
}

/// What `decode` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// More must be read; the first `kept` bytes are body, everything behind them is used up.
    Incomplete { kept: usize },
    /// The first `body` bytes are the body, the next request lies behind them up to `kept`.
    Complete { body: usize, kept: usize },
}

impl Decoder {
    /// A decoder that refuses more than `limit` bytes of body.
    pub const fn new(limit: usize) -> Self {
        Self { decoded: 0, limit, state: State::Size { size: 0 }, line_bytes: 0, trailer_bytes: 0 }
    }

    /// Goes on with `bytes`: the body so far, then what was read since.
    pub fn decode(&mut self, bytes: &mut [u8]) -> Result<Decoded, Refusal> {
        let mut next = self.decoded;
        while next < bytes.len() {
            if let State::Data { left } = self.state {
                let here = left.min(bytes.len() - next);
                bytes.copy_within(next..next + here, self.decoded);
                self.decoded += here;
                next += here;
                self.state = if here == left { State::DataCr } else { State::Data { left: left - here } };
                continue;
            }
            let is_last = self.state == State::LastLf;
            self.state = self.after(bytes[next])?;
            next += 1;
            if is_last {
                let rest = bytes.len() - next;
                bytes.copy_within(next.., self.decoded);
                return Ok(Decoded::Complete { body: self.decoded, kept: self.decoded + rest });
            }
        }
        Ok(Decoded::Incomplete { kept: self.decoded })
    }

    fn after(&mut self, byte: u8) -> Result<State, Refusal> {
        match self.state {
            State::Size { .. } | State::Space { .. } | State::Extension { .. } => self.after_line(byte),
            State::SizeEnd { size } => match (byte, size) {
                (b'\n', 0) => Ok(State::TrailerStart),
                (b'\n', _) => self.begin_data(size),
                _ => Err(Refusal::bad_request(LINE_END)),
            },
            State::Data { .. } => unreachable!("data is copied, not looked at"),
            State::DataCr if byte == b'\r' => Ok(State::DataLf),
            State::DataLf if byte == b'\n' => {
                self.line_bytes = 0;
                Ok(State::Size { size: 0 })
            }
            State::DataCr | State::DataLf => Err(Refusal::bad_request("a chunk is longer than its size says")),
            State::TrailerStart if byte == b'\r' => Ok(State::LastLf),
            State::TrailerStart | State::Trailer => self.after_trailer(byte),
            State::TrailerLf if byte == b'\n' => Ok(State::TrailerStart),
            State::LastLf if byte == b'\n' => Ok(State::LastLf),
            State::TrailerLf | State::LastLf => Err(Refusal::bad_request(LINE_END)),
        }
    }

    /// `byte` belongs to the line of a chunk's size.
    fn after_line(&mut self, byte: u8) -> Result<State, Refusal> {
        let is_first = self.line_bytes == 0;
        self.line_bytes += 1;
        if byte != b'\r' && self.line_bytes > limits::CHUNK_LINE_BYTES {
            return Err(Refusal::bad_request("the line of a chunk's size is too long"));
        }
        match (self.state, byte) {
            (State::Size { size }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default() as usize;
                // Any number of zeros may lead; too large for the type is too large for every limit.
                Ok(State::Size { size: size.saturating_mul(16).saturating_add(digit) })
            }
            (State::Size { size } | State::Extension { size }, b'\r') if !is_first => Ok(State::SizeEnd { size }),
            (State::Size { size } | State::Space { size }, b'\t' | b' ') if !is_first => Ok(State::Space { size }),
            (State::Size { size } | State::Space { size }, b';') if !is_first => Ok(State::Extension { size }),
            (State::Extension { size }, b'\t' | b' '..=b'~' | 0x80..) => Ok(State::Extension { size }),
            (State::Extension { .. }, _) => {
                Err(Refusal::bad_request("a chunk extension holds a character that is not allowed"))
            }
            _ => Err(Refusal::bad_request("a chunk size is not a hexadecimal number")),
        }
    }

    fn begin_data(&self, size: usize) -> Result<State, Refusal> {
        if size > self.limit - self.decoded {
            return Err(too_large());
        }
        Ok(State::Data { left: size })
    }

    fn after_trailer(&mut self, byte: u8) -> Result<State, Refusal> {
        self.trailer_bytes += 1;
        match byte {
            b'\r' => Ok(State::TrailerLf),
            _ if self.trailer_bytes > limits::TRAILER_BYTES => {
                Err(Refusal { status: Status::FieldsTooLarge, detail: "the trailer fields are over the limit" })
            }
            b'\t' | b' '..=b'~' | 0x80.. => Ok(State::Trailer),
            _ => Err(Refusal::bad_request("a trailer field holds a character that is not allowed")),
        }
    }
}

const LINE_END: &str = "CR and LF must come as a pair";

/// The refusal of a body that is too long, however it is framed.
pub const fn too_large() -> Refusal {
    Refusal { status: Status::ContentTooLarge, detail: "the body is over the limit" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type BodyAndRest = (Vec<u8>, Vec<u8>);

    /// Decodes `raw` cut at every position in `cuts`; body and what follows it.
    fn decode_cut(raw: &[u8], cuts: &[usize]) -> Result<Option<BodyAndRest>, u16> {
        let mut decoder = Decoder::new(100);
        let mut buffer = Vec::new();
        let mut from = 0;
        for &cut in cuts.iter().chain([&raw.len()]) {
            buffer.extend_from_slice(&raw[from..cut]);
            from = cut;
            match decoder.decode(&mut buffer).map_err(|refusal| refusal.status.line().0)? {
                Decoded::Incomplete { kept } => buffer.truncate(kept),
                Decoded::Complete { body, kept } => {
                    buffer.truncate(kept);
                    let mut rest = buffer.split_off(body);
                    rest.extend_from_slice(&raw[from..]);
                    return Ok(Some((buffer, rest)));
                }
            }
        }
        Ok(None)
    }

    const GOOD: &[u8] = b"5;x=\"y\"\r\nhello\r\n00B\r\n, wide worl\r\n1\r\nd\r\n0;z\r\nX-Trailer: 1\r\n\r\nGET /next";

    #[test]
    fn chunks_become_one_body_at_every_cut() {
        for cut in 0..=GOOD.len() {
            let (body, rest) = decode_cut(GOOD, &[cut]).unwrap().unwrap();
            assert_eq!((&body[..], &rest[..]), (&b"hello, wide world"[..], &b"GET /next"[..]), "cut at {cut}");
        }
        let every_byte: Vec<usize> = (1..GOOD.len()).collect();
        let (body, _) = decode_cut(GOOD, &every_byte).unwrap().unwrap();
        assert_eq!(body, b"hello, wide world");
    }

    #[test]
    fn malformed_chunks_are_refused() {
        for raw in [
            "\r\n",
            "x\r\n",
            " 5\r\nhello\r\n",
            "5 \r\nhello\r\n",
            "5 5\r\nhello\r\n",
            "5 \n;a\r\nhello\r\n",
            " ;a\r\n",
            "5\t\r\nhello\r\n",
            "+5\r\n",
            "-1\r\n",
            "0x5\r\n",
            "5\nhello\r\n",
            "5\rhello\r\n",
            "5\r\nhelloX\r\n",
            "5\r\nhello\n",
            "5\r\nhello\rX",
            ";a\r\n",
            "5;a\nb\r\n",
            "0\r\nA: b\n\r\n",
            "0\r\n\rX",
            "5;\0\r\n",
            "0\r\nA: \0\r\n\r\n",
        ] {
            assert_eq!(decode_cut(raw.as_bytes(), &[]), Err(400), "{raw:?}");
        }
    }

    #[test]
    fn sizes_over_the_limit_are_too_large() {
        for raw in ["65\r\n", "FFFFFFFF\r\n", "FFFFFFFFFFFFFFFFFFFF\r\n", "10000000000000000\r\n"] {
            assert_eq!(decode_cut(raw.as_bytes(), &[]), Err(413), "{raw:?}");
        }
        let mut two = format!("64\r\n{}\r\n", "a".repeat(100));
        assert_eq!(decode_cut(two.as_bytes(), &[]), Ok(None));
        two.push_str("1\r\n");
        assert_eq!(decode_cut(two.as_bytes(), &[]), Err(413));
    }

    #[test]
    fn leading_zeros_and_white_space_before_an_extension_are_read() {
        let zeros = "0".repeat(limits::CHUNK_LINE_BYTES - 1);
        for line in ["000000005", &format!("{zeros}5"), "5 ;x", "5\t \t; x = \"y\" ; z", "5 ;"] {
            let raw = format!("{line}\r\nhello\r\n{zeros}0\r\n\r\n");
            let every_byte: Vec<usize> = (1..raw.len()).collect();
            for cuts in [&[][..], &every_byte] {
                assert_eq!(decode_cut(raw.as_bytes(), cuts), Ok(Some((b"hello".to_vec(), Vec::new()))), "{line}");
            }
        }
    }

    #[test]
    fn endless_lines_and_trailers_are_refused() {
        for part in ["0", "5 ", "5;a", "5 ;"] {
            let line = format!("{part}{}", &part[part.len() - 1..].repeat(limits::CHUNK_LINE_BYTES));
            assert_eq!(decode_cut(line.as_bytes(), &[]), Err(400), "{part}");
        }
        let trailer = format!("0\r\n{}", "A: b\r\n".repeat(limits::TRAILER_BYTES / 4));
        assert_eq!(decode_cut(trailer.as_bytes(), &[]), Err(431));
    }

    proptest! {
        #[test]
        fn random_bytes_decode_the_same_however_they_are_cut(
            raw in proptest::collection::vec(proptest::sample::select(&b"0123aF;\r\n x"[..]), 0..200),
            cuts in proptest::collection::vec(0usize..200, 0..8),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(raw.len())).collect();
            cuts.sort_unstable();
            prop_assert_eq!(decode_cut(&raw, &cuts), decode_cut(&raw, &[]));
        }
    }
}
