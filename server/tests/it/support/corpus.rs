//! The committed requests: files of bytes whose names say what they must be answered.

use std::path::Path;

pub struct Case {
    pub name: String,
    pub request: Vec<u8>,
    pub status: u16,
    pub is_kept: bool,
}

impl Case {
    pub fn is_head(&self) -> bool {
        self.request.starts_with(b"HEAD")
    }
}

/// `corpus/STATUS-keep|close-what-it-is.http`, in order of the names.
pub fn corpus() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut cases: Vec<Case> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "http"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let status = name[..3].parse().unwrap();
            Case { is_kept: name[4..].starts_with("keep-"), status, request: std::fs::read(&path).unwrap(), name }
        })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(cases.len() > 80, "the corpus must be there");
    cases
}
