//! Why the balancer does not start, or ends.

use ::admin::AdminError;
use listener::listen::ListenError;
use runtime::affinity::PinError;
use std::io;

/// Why the balancer did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Bad or busy address.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Bad or busy address of the admin listener.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// More servers than a page has reports.
    #[error("there are {0} servers; there may be {most}", most = handoff::SERVERS)]
    TooManyServers(usize),
    /// Not the core that was asked for.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// The system refused something that it should not.
    #[error("cannot {what}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        error: io::Error,
    },
}

impl Failure {
    /// The process's exit code, as the help lists them.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Listen(_) | Self::Admin(AdminError::Listen(_)) | Self::TooManyServers(_) => 2,
            Self::Pin(_) => 5,
            Self::Admin(AdminError::System(_)) | Self::System { .. } => 1,
        }
    }
}
