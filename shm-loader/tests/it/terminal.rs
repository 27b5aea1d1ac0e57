//! What the program writes to a terminal: colours, a bar and a report that is drawn over, unless `NO_COLOR` is set.

use crate::common::{SegmentFolder, index};
use testkit::terminal::{ESCAPE, lines, on_terminal};

#[test]
fn no_color_leaves_nothing_but_text() {
    let place = SegmentFolder::new();
    let (file, dir) = (place.file("an.index", &index(50, 1)), place.dir());
    let (file, dir) = (file.display(), dir.display());
    let program = env!("CARGO_BIN_EXE_shm-loader");
    for (line, status) in [
        (format!("{program} --help"), 0),
        (format!("{program} load"), 2),
        (format!("{program} load {file} --shm-dir {dir}"), 0),
        (format!("timeout --signal INT 2 {program} inspect --watch --shm-dir {dir}"), 124),
    ] {
        let shown = |variables: &[(&str, &str)]| {
            let output = on_terminal(80, &line).envs(variables.iter().copied()).output().unwrap();
            assert_eq!(output.status.code(), Some(status), "{line}: {:?}", lines(&output.stdout));
            output.stdout
        };
        assert!(shown(&[]).contains(&(ESCAPE as u8)), "{line} has no sequences at all");
        for variable in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let plain = shown(&[variable]);
            assert!(!plain.is_empty() && !plain.contains(&(ESCAPE as u8)), "{variable:?} {:?}", lines(&plain));
        }
    }
}
