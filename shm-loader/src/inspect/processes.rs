//! Finds the processes that map a segment of a folder.

use super::inspection::{InspectError, ProcessReport, SegmentState};
use super::maps::{self, FileMapping};
use crate::folder::Folder;
use rustix::fs::{self, Stat, major, minor};
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Longest command line shown.
const COMMAND_BYTES: u64 = 200;

pub(super) struct Scan {
    pub(super) processes: Vec<ProcessReport>,
    pub(super) not_readable: u32,
}

/// Goes through all processes; `published` is the number of the segment that is published, `kept` are those of others
/// that have a name.
pub(super) fn scan(folder: &Folder, published: Option<u64>, kept: &[u64]) -> Result<Scan, InspectError> {
    let known = Known { folder: folder.stat()?, published, kept };
    let mut scan = Scan { processes: Vec::new(), not_readable: 0 };
    for entry in std::fs::read_dir("/proc").map_err(InspectError::Processes)? {
        let entry = entry.map_err(InspectError::Processes)?;
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        match look_at(pid, &entry.path(), &known) {
            Ok(reports) => scan.processes.extend(reports),
            Err(error) if has_ended(&error) => {}
            Err(_) => scan.not_readable += 1,
        }
    }
    scan.processes.sort_by_key(|process| (process.pid, process.segment_inode));
    Ok(scan)
}

/// What tells a segment of the folder from other files on the same file system.
struct Known<'a> {
    folder: Stat,
    published: Option<u64>,
    kept: &'a [u64],
}

impl Known<'_> {
    fn state(&self, process: &Path, mapping: &FileMapping) -> Option<SegmentState> {
        if Some(mapping.inode) == self.published {
            return Some(SegmentState::Published);
        }
        if self.kept.contains(&mapping.inode) {
            return Some(SegmentState::Kept);
        }
        let name = mapping.path.file_name()?.as_encoded_bytes();
        let ours = name == crate::PUBLISHED.as_bytes() || name.starts_with(b".loading-");
        (ours && self.is_in_folder(process, mapping)).then_some(match mapping.deleted {
            true => SegmentState::Replaced,
            false => SegmentState::Loading,
        })
    }

    /// The path is the one that the process knows; in a container the folder has another name there than here.
    fn is_in_folder(&self, process: &Path, mapping: &FileMapping) -> bool {
        let Some(parent) = mapping.path.parent() else {
            return false;
        };
        let there = process.join("root").join(parent.strip_prefix("/").unwrap_or(parent));
        [there, parent.to_path_buf()].into_iter().any(|path| {
            fs::stat(path).is_ok_and(|stat| (stat.st_dev, stat.st_ino) == (self.folder.st_dev, self.folder.st_ino))
        })
    }
}

fn look_at(pid: u32, process: &Path, known: &Known<'_>) -> io::Result<Vec<ProcessReport>> {
    let device = (major(known.folder.st_dev), minor(known.folder.st_dev));
    let text = |name: &str| Ok::<_, io::Error>(BufReader::new(File::open(process.join(name))?));
    // `maps` is far cheaper to make than `smaps`, and most processes map nothing of ours
    let is_ours = |mapping: &FileMapping| known.state(process, mapping).is_some();
    if !maps::file_mappings(text("maps")?, device)?.iter().any(is_ours) {
        return Ok(Vec::new());
    }
    let [anonymous_rss_bytes] = maps::fields(text("status")?, ["RssAnon"])?;
    let [rss_bytes, pss_bytes] = maps::fields(text("smaps_rollup")?, ["Rss", "Pss"])?;
    let command = command(process)?;

    let mut reports: BTreeMap<u64, ProcessReport> = BTreeMap::new();
    for mapping in maps::file_mappings(text("smaps")?, device)? {
        let Some(segment) = known.state(process, &mapping) else {
            continue;
        };
        let report = reports.entry(mapping.inode).or_insert_with(|| ProcessReport {
            pid,
            command: command.clone(),
            segment,
            segment_inode: mapping.inode,
            segment_mapped_bytes: 0,
            segment_rss_bytes: 0,
            segment_pss_bytes: 0,
            segment_huge_bytes: None,
            anonymous_rss_bytes,
            rss_bytes,
            pss_bytes,
        });
        report.segment_mapped_bytes += mapping.bytes;
        report.segment_rss_bytes += mapping.rss_bytes;
        report.segment_pss_bytes += mapping.pss_bytes;
        if let Some(bytes) = mapping.huge_bytes {
            *report.segment_huge_bytes.get_or_insert(0) += bytes;
        }
    }
    Ok(reports.into_values().collect())
}

/// Bytes of a file's mappings in this process that are reached by huge pages; `None` where the kernel does not tell.
pub(super) fn huge_bytes_here(file: &Stat) -> Option<u64> {
    let text = BufReader::new(File::open("/proc/self/smaps").ok()?);
    let mappings = maps::file_mappings(text, (major(file.st_dev), minor(file.st_dev))).ok()?;
    mappings.iter().filter(|mapping| mapping.inode == file.st_ino).filter_map(|mapping| mapping.huge_bytes).max()
}

/// The command line, or the name in brackets where there is none.
fn command(process: &Path) -> io::Result<String> {
    let read = |path: PathBuf| -> io::Result<String> {
        let mut bytes = Vec::new();
        File::open(path)?.take(COMMAND_BYTES).read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches(['\0', '\n']).replace('\0', " ");
        // a process chooses its own command line: it must not write escape sequences to a terminal
        Ok(text.replace(char::is_control, "?"))
    };
    let line = read(process.join("cmdline"))?;
    if !line.is_empty() { Ok(line) } else { Ok(format!("[{}]", read(process.join("comm"))?)) }
}

fn has_ended(error: &io::Error) -> bool {
    error.kind() == ErrorKind::NotFound || Errno::from_io_error(error) == Some(Errno::SRCH)
}
