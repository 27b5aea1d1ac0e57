//! What `-` is wherever a command names a file. The unit tests of the program compare this with the definition of the
//! command line, the tests beside this file try every row.

/// Command, option or argument as the help shows it, and what `-` does there.
pub const NAMED_FILES: &[(&str, &str, Dash)] = &[
    ("up", "--index", Dash::Reads),
    ("up", "--schema", Dash::Reads),
    ("up", "--data", Dash::Reads),
    ("up reload", "[FILE]", Dash::Reads),
    ("replay", "--payloads", Dash::Reads),
    ("replay", "--schema", Dash::Reads),
    ("replay", "--data", Dash::Reads),
    ("replay", "--references-file", Dash::Reads),
    ("replay", "--index", Dash::Reads),
    ("load-test", "--payloads", Dash::Reads),
    ("load-test", "--schema", Dash::Reads),
    ("load-test", "--data", Dash::Reads),
    ("load-test", "--record", Dash::Writes),
    ("load-test", "--results", Dash::Writes),
    ("explain", "<FILE|->", Dash::Reads),
    ("explain", "--index", Dash::Reads),
    ("index build", "--references", Dash::Reads),
    ("index build", "--out", Dash::Writes),
    ("index build", "--normalization", Dash::Reads),
    ("index build", "--mcc-risk", Dash::Reads),
    ("index build", "--from", Dash::Reads),
    ("index build", "--add", Dash::Reads),
    ("index build", "--data", Dash::Reads),
    ("index build", "--schema", Dash::Reads),
    ("index query", "<FILE>", Dash::Reads),
    ("index query", "--vectors", Dash::Reads),
    ("index query", "--data", Dash::Reads),
    ("index query", "--out", Dash::Writes),
    ("index info", "<FILE>", Dash::Reads),
    ("index effort", "[FILE]", Dash::Reads),
    ("index effort", "--references", Dash::Reads),
    ("data head", "<FILE|->", Dash::Reads),
    ("data columns", "<FILE|->", Dash::Reads),
    ("dataset references", "--out", Dash::Writes),
    ("dataset payloads", "--references", Dash::Reads),
    ("dataset payloads", "--out", Dash::Writes),
    ("evaluate", "[FILE]", Dash::Reads),
    ("evaluate", "--references", Dash::Reads),
    ("schema check", "<FILE|->", Dash::Reads),
    ("schema infer", "<FILE|->", Dash::Reads),
    ("shm load", "<FILE>", Dash::Reads),
    ("server", "--decision-log", Dash::Writes),
];

/// What `-` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// stdin
    Reads,
    /// stdout
    Writes,
}
