//! What a balancer says to a server: two messages of fixed size, in the byte order of the machine that both run on.

/// The first message of a balancer; with the descriptor of its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Which report of the page is this server's.
    pub server: u32,
    /// Connections of the page.
    pub connections: u32,
}

/// A connection; with the descriptor of its socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handed {
    /// Which word of the page is its own.
    pub connection: u32,
    /// The epoch of that word in which the server may serve it.
    pub epoch: u64,
}

/// Bytes of a [`Hello`].
pub const HELLO_BYTES: usize = 16;
/// Bytes of a [`Handed`].
pub const HANDED_BYTES: usize = 12;

/// What follows is of this version.
const MAGIC: [u8; 8] = *b"balance1";

impl Hello {
    /// To be sent.
    pub fn to_bytes(self) -> [u8; HELLO_BYTES] {
        let mut bytes = [0; HELLO_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&self.server.to_ne_bytes());
        bytes[12..].copy_from_slice(&self.connections.to_ne_bytes());
        bytes
    }

    /// As it was sent; `None` if it is something else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (magic, rest) = bytes.split_first_chunk()?;
        let (server, rest) = rest.split_first_chunk()?;
        let connections = rest.try_into().ok()?;
        (*magic == MAGIC)
            .then_some(Self { server: u32::from_ne_bytes(*server), connections: u32::from_ne_bytes(connections) })
    }
}

impl Handed {
    /// To be sent.
    pub fn to_bytes(self) -> [u8; HANDED_BYTES] {
        let mut bytes = [0; HANDED_BYTES];
        bytes[..4].copy_from_slice(&self.connection.to_ne_bytes());
        bytes[4..].copy_from_slice(&self.epoch.to_ne_bytes());
        bytes
    }

    /// As it was sent; `None` if it is something else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (connection, rest) = bytes.split_first_chunk()?;
        let epoch = rest.try_into().ok()?;
        Some(Self { connection: u32::from_ne_bytes(*connection), epoch: u64::from_ne_bytes(epoch) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_as_they_were_written() {
        let hello = Hello { server: 3, connections: 4096 };
        assert_eq!(Hello::from_bytes(&hello.to_bytes()), Some(hello));
        let handed = Handed { connection: 77, epoch: u64::MAX >> 2 };
        assert_eq!(Handed::from_bytes(&handed.to_bytes()), Some(handed));
    }

    #[test]
    fn anything_else_is_no_message() {
        let bytes = Hello { server: 3, connections: 4096 }.to_bytes();
        for end in 0..bytes.len() {
            assert_eq!(Hello::from_bytes(&bytes[..end]), None);
        }
        assert_eq!(Hello::from_bytes(&[&bytes[..], &[0]].concat()), None);
        assert_eq!(Hello::from_bytes(&[0; HELLO_BYTES]), None);
        assert_eq!(Handed::from_bytes(&[0; HANDED_BYTES - 1]), None);
        assert_eq!(Handed::from_bytes(&[0; HANDED_BYTES + 1]), None);
    }
}
