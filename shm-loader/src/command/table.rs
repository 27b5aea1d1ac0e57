//! The report of `inspect` for people.

use crate::{GenerationState, Inspection, SegmentReport, SegmentState};
use index::Info;
use scoring::{ImageInfo, RowsInfo};
use std::fmt::Write;

/// The whole report as text, with a newline at the end.
pub(super) fn render(report: &Inspection) -> String {
    let mut text = String::new();
    write(&mut text, report).expect("writing to a string cannot fail");
    text
}

fn write(text: &mut String, report: &Inspection) -> std::fmt::Result {
    match &report.segment {
        Some(segment) => write_segment(text, segment)?,
        None => writeln!(
            text,
            "no segment in {}: run `{}`",
            report.directory.display(),
            crate::load_command(&report.directory)
        )?,
    }
    for one in &report.generations {
        let state = match one.state {
            GenerationState::Current => "current",
            GenerationState::Kept => "kept",
            GenerationState::Replaced => "replaced",
            GenerationState::Unfinished => "unfinished",
        };
        let size = one.bytes.map(|bytes| format!(" ({})", size(bytes))).unwrap_or_default();
        let read = if one.read { "read" } else { "not read" };
        let sound = match (one.sound, &one.problem) {
            (_, Some(problem)) => format!(", PROBLEM {problem}"),
            (Some(true), None) => ", sound".to_owned(),
            _ => String::new(),
        };
        writeln!(text, "generation  {} {state}{size}, {read}{sound}", one.number)?;
    }
    for leftover in &report.leftovers {
        let size = size(leftover.bytes);
        writeln!(text, "unfinished  {} ({size}): a loader is at work, or was killed", leftover.name)?;
    }
    for older in &report.replaced_segments {
        let (inode, size, processes) = (older.inode, size(older.bytes), older.processes);
        writeln!(text, "replaced    inode {inode} ({size}), still mapped by {processes} process(es)")?;
    }
    write_processes(text, report)
}

fn write_segment(text: &mut String, segment: &SegmentReport) -> std::fmt::Result {
    let SegmentReport { path, inode, bytes, in_use, pages, index, problem, checked_by, .. } = segment;
    writeln!(text, "segment     {} (inode {inode})", path.display())?;
    writeln!(text, "size        {} ({bytes} bytes)", size(*bytes))?;
    writeln!(
        text,
        "resident    {} of {} pages of {} bytes ({})",
        pages.resident, pages.total, pages.page_bytes, pages.source
    )?;
    match pages.huge_bytes {
        Some(bytes) => writeln!(text, "huge pages  {} of it", size(bytes))?,
        None => writeln!(text, "huge pages  the kernel does not tell")?,
    }
    writeln!(text, "in use      {}", if *in_use { "yes, readers hold its lock" } else { "no" })?;
    if let Some(problem) = problem {
        writeln!(text, "PROBLEM     {problem}")?;
    }
    let Some(index) = index else {
        return Ok(());
    };
    writeln!(text, "checked by  {checked_by}")?;
    writeln!(text, "checksum    {}", index.checksum())?;
    match index {
        ImageInfo::References(index) => write_references(text, index),
        ImageInfo::Rows(rows) => write_rows(text, rows),
    }
}

fn write_references(text: &mut String, index: &Info) -> std::fmt::Result {
    writeln!(text, "references  {} ({} legit, {} fraud)", index.references, index.legit, index.fraud)?;
    writeln!(text, "a vector    {:.2} bytes", index.bytes_per_vector)?;
    writeln!(text, "sections")?;
    for section in &index.sections {
        writeln!(text, "  {:<20} {:>14} bytes  {:>10}", section.name, section.bytes, size(section.bytes))?;
    }
    Ok(())
}

fn write_rows(text: &mut String, rows: &RowsInfo) -> std::fmt::Result {
    let RowsInfo { index, schema, fingerprint, k, label_names } = rows;
    writeln!(text, "schema      {schema}, fingerprint {fingerprint}, k {k}")?;
    writeln!(text, "rows        {} ({} points), {:.2} bytes each", index.rows, index.points, index.bytes_per_row)?;
    writeln!(text, "dimensions  {}", index.dimensions)?;
    writeln!(text, "labels      {}", if label_names.is_empty() { "none".to_owned() } else { label_names.join(", ") })?;
    writeln!(text, "method      {}", index.method)
}

fn write_processes(text: &mut String, report: &Inspection) -> std::fmt::Result {
    if report.processes.is_empty() {
        writeln!(text, "processes   none that maps a segment")?;
    } else {
        writeln!(text, "processes   (own: anonymous memory; Pss: shared pages divided by their users)")?;
        let [own, rss, pss] = ["own", "segment RSS", "segment Pss"];
        let [all, share] = ["all RSS", "all Pss"];
        writeln!(
            text,
            "  {:>8} {own:>10} {rss:>12} {pss:>12} {all:>10} {share:>10}  {:<9}  command",
            "pid", "segment"
        )?;
    }
    for process in &report.processes {
        let state = match process.segment {
            SegmentState::Published => "published",
            SegmentState::Kept => "kept",
            SegmentState::Replaced => "replaced",
            SegmentState::Loading => "loading",
        };
        writeln!(
            text,
            "  {:>8} {:>10} {:>12} {:>12} {:>10} {:>10}  {state:<9}  {}",
            process.pid,
            size(process.anonymous_rss_bytes),
            size(process.segment_rss_bytes),
            size(process.segment_pss_bytes),
            size(process.rss_bytes),
            size(process.pss_bytes),
            process.command
        )?;
    }
    if report.processes_not_readable > 0 {
        let count = report.processes_not_readable;
        writeln!(text, "not readable: {count} process(es) whose memory this user may not look into (root sees most)")?;
    }
    Ok(())
}

/// In units of 10^6 bytes, as index sizes are given everywhere.
fn size(bytes: u64) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}
