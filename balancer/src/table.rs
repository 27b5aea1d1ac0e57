//! The connections: a duplicate of each client's socket, and which server has it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A fixed table of connections.
#[derive(Debug)]
pub struct Table {
    entries: Vec<Entry>,
    free: Vec<u32>,
    /// Where the next search for one that can leave begins.
    hand: u32,
}

#[derive(Debug, Default)]
struct Entry {
    socket: Option<OwnedFd>,
    server: Option<u8>,
    generation: u32,
}

impl Table {
    /// Room for `count` connections.
    pub fn new(count: usize) -> Self {
        let entries = std::iter::repeat_with(Entry::default).take(count).collect();
        // Those with low numbers are used first, so that few pages are.
        let free = (0..count as u32).rev().collect();
        Self { entries, free, hand: 0 }
    }

    /// Whether an entry is free.
    pub fn has_room(&self) -> bool {
        !self.free.is_empty()
    }

    /// How many connections are open.
    pub fn open_count(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// Keeps a socket; its number, or the socket if there is no room.
    pub fn open(&mut self, socket: OwnedFd) -> Result<u32, OwnedFd> {
        let Some(connection) = self.free.pop() else { return Err(socket) };
        let entry = &mut self.entries[connection as usize];
        *entry = Entry { socket: Some(socket), server: None, generation: entry.generation.wrapping_add(1) };
        Ok(connection)
    }

    /// Gives a socket up; `None` if there is none of that number.
    pub fn close(&mut self, connection: u32) -> Option<OwnedFd> {
        let entry = &mut self.entries[connection as usize];
        entry.server = None;
        let socket = entry.socket.take()?;
        self.free.push(connection);
        Some(socket)
    }

    /// How many connections had this number before and with this one.
    pub fn generation(&self, connection: u32) -> u32 {
        self.entries[connection as usize].generation
    }

    /// The socket of an open connection.
    pub fn socket(&self, connection: u32) -> Option<BorrowedFd<'_>> {
        self.entries[connection as usize].socket.as_ref().map(AsFd::as_fd)
    }

    /// Which server has it.
    pub fn server(&self, connection: u32) -> Option<usize> {
        self.entries[connection as usize].server.map(usize::from)
    }

    /// From now on this server has it, or none.
    pub fn set_server(&mut self, connection: u32, server: Option<usize>) {
        self.entries[connection as usize].server = server.map(|number| number as u8);
    }

    /// The first connection of a server from number `from` on.
    pub fn next_of(&self, server: usize, from: u32) -> Option<u32> {
        let rest = self.entries.get(from as usize..)?;
        let found = rest.iter().position(|entry| entry.server == Some(server as u8))?;
        Some(from + found as u32)
    }

    /// All numbers once, each search from where the last one ended.
    pub fn round(&mut self) -> u32 {
        let at = self.hand;
        self.hand = (at + 1) % self.entries.len() as u32;
        at
    }

    /// How many connections there may be.
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    fn socket() -> OwnedFd {
        UnixStream::pair().unwrap().0.into()
    }

    #[test]
    fn connections_are_limited_and_numbers_come_back() {
        let mut table = Table::new(2);
        let numbers = [table.open(socket()).unwrap(), table.open(socket()).unwrap()];
        assert_eq!((numbers, table.has_room(), table.open_count()), ([0, 1], false, 2));
        assert!(table.open(socket()).is_err());
        assert!(table.close(0).is_some() && table.close(0).is_none());
        assert_eq!((table.open(socket()).unwrap(), table.socket(1).is_some()), (0, true));
    }

    #[test]
    fn those_of_a_server_are_found() {
        let mut table = Table::new(8);
        for number in 0..6 {
            table.open(socket()).unwrap();
            table.set_server(number, Some(number as usize % 2));
        }
        table.set_server(3, None);
        table.close(5);
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(number) = table.next_of(1, from) {
            found.push(number);
            from = number + 1;
        }
        assert_eq!(found, [1]);
        assert_eq!((table.server(4), table.server(3), table.next_of(0, 8)), (Some(0), None, None));
    }
}
