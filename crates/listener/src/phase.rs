//! The life of a server.

/// Where in its life a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No index yet.
    Starting,
    /// Answers.
    Ready,
    /// Finishes the requests that are open, then ends.
    Draining,
}
