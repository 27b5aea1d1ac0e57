//! The kernel's text about a process's memory: `/proc/PID/maps`, `smaps`, `smaps_rollup` and `status`.
//!
//! Not the crate `procfs`, because what is read here is under the control of other users: its parser slices a
//! mapped file's path at fixed places, so a file with the path `/SYSV` ends the program, and it refuses a whole
//! process for one path that is not UTF-8.

use std::ffi::OsStr;
use std::io::{self, BufRead, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Longest text read about one process: 65,530 mappings, the kernel's limit, of which `smaps` says about 1 KiB each.
const TEXT_LIMIT_BYTES: u64 = 128 << 20;

/// One mapping of a file; `rss` and `pss` stay 0 when read from `maps`, which does not have them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileMapping {
    /// the file system, as (major, minor)
    pub(super) device: (u32, u32),
    pub(super) inode: u64,
    pub(super) bytes: u64,
    pub(super) path: PathBuf,
    /// no name leads to the file any more
    pub(super) deleted: bool,
    pub(super) rss_bytes: u64,
    pub(super) pss_bytes: u64,
    /// reached by huge pages; `None` if the text does not say
    pub(super) huge_bytes: Option<u64>,
}

/// Reads `maps` or `smaps` to the end and keeps the mappings of files on `device`.
pub(super) fn file_mappings(text: impl BufRead, device: (u32, u32)) -> io::Result<Vec<FileMapping>> {
    let mut kept: Vec<FileMapping> = Vec::new();
    let mut in_kept = false;
    each_line(text, |line| {
        // keys begin with a capital letter, addresses with a lower-case hexadecimal digit
        if line.first().is_some_and(u8::is_ascii_uppercase) {
            if let (true, Some(mapping)) = (in_kept, kept.last_mut()) {
                match kilobytes(line) {
                    Some((b"Rss", bytes)) => mapping.rss_bytes = bytes,
                    Some((b"Pss", bytes)) => mapping.pss_bytes = bytes,
                    Some((b"ShmemPmdMapped" | b"FilePmdMapped", bytes)) => {
                        mapping.huge_bytes = Some(mapping.huge_bytes.unwrap_or(0) + bytes);
                    }
                    _ => {}
                }
            }
            return Ok(());
        }
        let mapping = mapping(line).ok_or_else(|| io::Error::from(ErrorKind::InvalidData))?;
        in_kept = mapping.device == device && mapping.inode != 0;
        if in_kept {
            kept.push(mapping);
        }
        Ok(())
    })?;
    Ok(kept)
}

/// The values of `keys` in a text of `Key:   N kB` lines, in bytes; 0 for a key that is not there.
pub(super) fn fields<const N: usize>(text: impl BufRead, keys: [&str; N]) -> io::Result<[u64; N]> {
    let mut values = [0; N];
    each_line(text, |line| {
        if let Some((key, bytes)) = kilobytes(line) {
            for (wanted, value) in keys.iter().zip(&mut values) {
                if wanted.as_bytes() == key {
                    *value = bytes;
                }
            }
        }
        Ok(())
    })?;
    Ok(values)
}

fn each_line(text: impl BufRead, mut visit: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut text = text.take(TEXT_LIMIT_BYTES);
    let mut line = Vec::with_capacity(256);
    while text.read_until(b'\n', &mut line)? > 0 {
        if line.pop_if(|last| *last == b'\n').is_none() && text.limit() == 0 {
            return Err(ErrorKind::FileTooLarge.into());
        }
        visit(&line)?;
        line.clear();
    }
    Ok(())
}

/// `7f00-7f10 r--s 00000000 00:1a 42      /dev/shm/x (deleted)`
fn mapping(line: &[u8]) -> Option<FileMapping> {
    let mut rest = line;
    let mut field = || {
        let end = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
        let (field, after) = rest.split_at(end);
        rest = after.strip_prefix(b" ").unwrap_or(after);
        std::str::from_utf8(field).ok()
    };
    let (start, end) = field()?.split_once('-')?;
    let (_permissions, _offset) = (field()?, field()?);
    let (major, minor) = field()?.split_once(':')?;
    let inode = field()?.parse().ok()?;
    let path = rest.trim_ascii_start();
    let name = path.strip_suffix(b" (deleted)");
    Some(FileMapping {
        device: (u32::from_str_radix(major, 16).ok()?, u32::from_str_radix(minor, 16).ok()?),
        inode,
        bytes: u64::from_str_radix(end, 16).ok()?.checked_sub(u64::from_str_radix(start, 16).ok()?)?,
        path: PathBuf::from(OsStr::from_bytes(name.unwrap_or(path))),
        deleted: name.is_some(),
        rss_bytes: 0,
        pss_bytes: 0,
        huge_bytes: None,
    })
}

/// `Rss:     104 kB` as the key and bytes.
fn kilobytes(line: &[u8]) -> Option<(&[u8], u64)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (key, value) = (&line[..colon], std::str::from_utf8(&line[colon + 1..]).ok()?);
    let number: u64 = value.trim().strip_suffix(" kB")?.trim_end().parse().ok()?;
    Some((key, number.checked_mul(1024)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMAPS: &[u8] = b"\
55e0a000-55e0b000 r-xp 00002000 fe:00 1234                       /usr/bin/server
Size:                  4 kB
Rss:                   4 kB
Pss:                   2 kB
VmFlags: rd ex mr mw me sd
7f0000000000-7f0000300000 r--s 00000000 00:1a 42                 /dev/shm/fraud ring/current.index (deleted)
Size:               3072 kB
KernelPageSize:        4 kB
Rss:                 104 kB
Pss:                  52 kB
Pss_Dirty:            48 kB
Private_Dirty:         0 kB
ShmemPmdMapped:     2048 kB
FilePmdMapped:         0 kB
7f1000000000-7f1000001000 rw-p 00000000 00:00 0 
Rss:                   4 kB
Pss:                   4 kB
7f2000000000-7f2000001000 r--s 00000000 00:1a 43                 /SYSV
7ffc0000-7ffd0000 rw-p 00000000 00:00 0                          [stack]
";

    #[test]
    fn mappings_on_the_device_are_kept_with_their_own_memory_only() {
        let kept = file_mappings(SMAPS, (0, 0x1a)).unwrap();
        assert_eq!(kept.len(), 2);
        assert_eq!(
            kept[0],
            FileMapping {
                device: (0, 0x1a),
                inode: 42,
                bytes: 0x300000,
                path: "/dev/shm/fraud ring/current.index".into(),
                deleted: true,
                rss_bytes: 104 << 10,
                pss_bytes: 52 << 10,
                huge_bytes: Some(2 << 20),
            }
        );
        assert_eq!((kept[1].inode, kept[1].deleted, kept[1].rss_bytes), (43, false, 0));
        assert_eq!(kept[1].path, PathBuf::from("/SYSV"));
    }

    #[test]
    fn a_path_that_is_not_utf8_is_kept() {
        let line = b"1000-3000 r--s 00000000 00:1a 7 /dev/shm/\xff\xfe\n";
        let kept = file_mappings(&line[..], (0, 0x1a)).unwrap();
        assert_eq!(kept[0].path.as_os_str().as_bytes(), b"/dev/shm/\xff\xfe");
        assert_eq!(kept[0].bytes, 0x2000);
    }

    #[test]
    fn a_line_that_is_no_mapping_is_an_error_and_not_a_panic() {
        for line in ["", "zz", "1000", "1000-2000 r--s", "2000-1000 r--s 0 00:1a 7 /x", "1-2 r--s 0 001a 7 /x"] {
            let text = format!("{line}\n");
            assert!(file_mappings(text.as_bytes(), (0, 0x1a)).is_err(), "{line:?}");
        }
    }

    #[test]
    fn fields_are_read_in_bytes_and_missing_ones_are_zero() {
        let text = b"Name:\tserver\nVmRSS:\t    2048 kB\nRssAnon:\t     512 kB\nThreads:\t1\n";
        assert_eq!(fields(&text[..], ["RssAnon", "VmRSS", "RssHuge"]).unwrap(), [512 << 10, 2048 << 10, 0]);
    }

    #[test]
    fn the_kernels_own_text_about_this_process_is_understood() {
        let open = |name: &str| io::BufReader::new(std::fs::File::open(format!("/proc/self/{name}")).unwrap());
        let program = rustix::fs::stat("/proc/self/exe").unwrap();
        let device = (rustix::fs::major(program.st_dev), rustix::fs::minor(program.st_dev));
        for name in ["maps", "smaps"] {
            let kept = file_mappings(open(name), device).unwrap();
            assert!(kept.iter().any(|mapping| mapping.inode == program.st_ino), "{name}");
        }
        let [anonymous] = fields(open("status"), ["RssAnon"]).unwrap();
        let [rss, pss] = fields(open("smaps_rollup"), ["Rss", "Pss"]).unwrap();
        assert!(anonymous > 0 && pss > 0 && rss >= pss);
    }
}
