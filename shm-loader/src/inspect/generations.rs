//! What has a number in a folder, and who reads it.

use super::inspection::{GenerationReport, GenerationState, SegmentReport};
use super::soundness::{self, Check};
use crate::Trust;
use crate::folder::Folder;
use crate::generation::{Generations, file_name};
use crate::segment::Segment;

/// By number. `read` are the numbers that somebody reads.
pub(super) fn reports(
    folder: &Folder,
    trust: &Trust,
    found: &Generations,
    read: &[u64],
    published: Option<&SegmentReport>,
    check: Check,
) -> Vec<GenerationReport> {
    let mut reports: Vec<GenerationReport> = Vec::new();
    for one in &found.named {
        let is_current = Some(one.number) == found.current;
        let state = match () {
            () if is_current => GenerationState::Current,
            () if one.number <= found.last => GenerationState::Kept,
            () => GenerationState::Unfinished,
        };
        let (sound, problem) = match published.filter(|_| is_current) {
            Some(report) => (Some(report.problem.is_none()), report.problem.clone()),
            None if check == Check::All => checked(folder, trust, one.number),
            None => (None, None),
        };
        reports.push(GenerationReport {
            number: one.number,
            state,
            read: read.contains(&one.number),
            inode: Some(one.stat.st_ino),
            bytes: Some(one.stat.st_size.unsigned_abs()),
            sound,
            problem,
        });
    }
    let nameless = read.iter().filter(|number| found.named.iter().all(|one| one.number != **number));
    reports.extend(nameless.map(|number| GenerationReport {
        number: *number,
        state: GenerationState::Replaced,
        read: true,
        inode: None,
        bytes: None,
        sound: None,
        problem: None,
    }));
    reports.sort_by_key(|report| report.number);
    reports
}

fn checked(folder: &Folder, trust: &Trust, number: u64) -> (Option<bool>, Option<String>) {
    let problem = match Segment::attach_in(folder, &file_name(number), trust) {
        Ok(segment) => soundness::validated(&segment, false).err(),
        Err(error) => Some(error.to_string()),
    };
    (Some(problem.is_none()), problem)
}
