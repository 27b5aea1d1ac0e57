//! What the program writes to a terminal: colours, unless `NO_COLOR` is set.

use testkit::terminal::{ESCAPE, lines, on_terminal};

#[test]
fn no_color_leaves_nothing_but_text() {
    for (arguments, status) in
        [("--help", 0), ("--no-option", 2), ("--listen unix:none/1.sock --shm-dir /nowhere --cpu none", 3)]
    {
        let shown = |variables: &[(&str, &str)]| {
            let mut command = on_terminal(80, &format!("{} {arguments}", env!("CARGO_BIN_EXE_server")));
            let output = command.envs(variables.iter().copied()).output().unwrap();
            assert_eq!(output.status.code(), Some(status), "{:?}", lines(&output.stdout));
            output.stdout
        };
        assert!(shown(&[]).contains(&(ESCAPE as u8)), "{arguments} has no colours at all");
        for variable in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let plain = shown(&[variable]);
            assert!(!plain.is_empty() && !plain.contains(&(ESCAPE as u8)), "{variable:?} {:?}", lines(&plain));
        }
    }
}
