//! The steps of a load and of an activation, each a place at which tests kill the loader.

/// Kills the loader right after the step that it names. For tests alone.
const KILL_AFTER: &str = "FRAUDRING_TEST_KILL_AFTER";

/// A step that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The folder's lock is held.
    Locked,
    /// What killed loaders left is removed, and their numbers are counted.
    Settled,
    /// The copy's pages are set aside.
    Reserved,
    /// All bytes are copied.
    Copied,
    /// The copy, or the kept generation, was checked.
    Checked,
    /// The copy has its generation's name; the kept generation a temporary one beside its own.
    Named,
    /// It is what readers find.
    Published,
    /// It is recorded that it was checked.
    Recorded,
    /// Its number is counted.
    Counted,
    /// The names of generations that are not kept are gone.
    Trimmed,
}

impl Step {
    /// Steps of a load, in their order.
    pub const OF_LOAD: [Self; 10] = [
        Self::Locked,
        Self::Settled,
        Self::Reserved,
        Self::Copied,
        Self::Checked,
        Self::Named,
        Self::Published,
        Self::Recorded,
        Self::Counted,
        Self::Trimmed,
    ];

    /// Steps of an activation, in their order.
    pub const OF_ACTIVATE: [Self; 6] =
        [Self::Locked, Self::Settled, Self::Checked, Self::Named, Self::Published, Self::Recorded];

    /// As `docs/FORMAT.md` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Settled => "settled",
            Self::Reserved => "reserved",
            Self::Copied => "copied",
            Self::Checked => "checked",
            Self::Named => "named",
            Self::Published => "published",
            Self::Recorded => "recorded",
            Self::Counted => "counted",
            Self::Trimmed => "trimmed",
        }
    }

    /// Says that the step is done, and returns, unless a test wants the loader killed here.
    pub(crate) fn done(self) {
        if std::env::var_os(KILL_AFTER).is_some_and(|name| name == self.name()) {
            // as the kernel's memory killer does it: nothing of this process runs after that
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        }
    }
}
