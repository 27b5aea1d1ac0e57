//! What the kernel tells of this process.

use std::fs;

/// Memory of this process in bytes, as `/proc/self/status` has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Memory {
    /// Anonymous pages: its own.
    pub private_bytes: u64,
    /// Pages of files and of shared memory, which others may use, too: the program and the index.
    pub shared_bytes: u64,
}

impl Memory {
    /// Reads it; all 0 where there is no `/proc`.
    pub fn now() -> Self {
        Self::parse(&fs::read_to_string("/proc/self/status").unwrap_or_default())
    }

    fn parse(status: &str) -> Self {
        let figure = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let kib: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            kib.unwrap_or(0) * 1024
        };
        Self { private_bytes: figure("RssAnon"), shared_bytes: figure("RssFile") + figure("RssShmem") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_lines_are_added_up() {
        let status = "Name:\tserver\nVmRSS:\t 99 kB\nRssAnon:\t  8 kB\nRssFile:\t  4 kB\nRssShmem:\t  2 kB\n";
        assert_eq!(Memory::parse(status), Memory { private_bytes: 8 << 10, shared_bytes: 6 << 10 });
        assert_eq!(Memory::parse(""), Memory::default());
        assert!(Memory::now().private_bytes > 0);
    }
}
