//! The fallback: one buffer, `pread` and `write` in turn.

use super::sink::{BUFFER_BYTES, CopyError, Sink};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;

pub(super) fn copy(sink: &mut Sink<'_>) -> Result<(), CopyError> {
    let mut buffer = vec![0; BUFFER_BYTES];
    while sink.written < sink.total {
        let offset = sink.written;
        let wanted = sink.chunk_bytes(offset);
        match sink.source.read_at(&mut buffer[..wanted], offset) {
            Ok(0) => return Err(sink.truncated(offset)),
            Ok(got) => sink.write(&buffer[..got])?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(source) => return Err(CopyError::Read { offset, source }),
        }
    }
    Ok(())
}
