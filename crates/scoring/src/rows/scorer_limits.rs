//! What a payload of an own schema may take beside its fields.

/// The longest id that an answer repeats, in bytes.
pub const MAX_ECHOED_ID_BYTES: usize = 256;
