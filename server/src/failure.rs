//! Why a server does not start, or does not end well.

use crate::decision_log::LogFileError;
use crate::reload::OtherSchema;
use admin::AdminError;
use command_line::KernelError;
use listener::listen::ListenError;
use runtime::affinity::PinError;
use runtime::driver::DriverError;
use scoring::ImageError;
use shm_loader::{AttachError, load_command};
use std::error::Error;
use std::io;
use std::path::PathBuf;

/// Why a server did not start, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Bad or busy address.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Bad or busy address of the admin listener.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// Nothing is published, or it cannot be mapped.
    #[error("{}", causes(.0))]
    NoIndex(AttachError),
    /// What is published is damaged or of another version.
    #[error("the index in {} is not valid: {error}; publish it again with `{}`", .dir.display(), load_command(.dir))]
    InvalidIndex {
        /// Where it lies.
        dir: PathBuf,
        /// What is wrong with it.
        error: ImageError,
    },
    /// What is published is sound, and cannot be served here.
    #[error("the index in {} cannot be served here: {error}", .dir.display())]
    OtherSchema {
        /// Where it lies.
        dir: PathBuf,
        /// Why not.
        error: OtherSchema,
    },
    /// What is published was changed while it was checked.
    #[error("the index in {} changed while it was checked; publish it again with `{}`", .dir.display(), load_command(.dir))]
    ChangedIndex {
        /// Where it lies.
        dir: PathBuf,
    },
    /// Not the kernel that was asked for.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// Not the core that was asked for.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// Neither io_uring nor epoll.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// Decisions cannot be written down.
    #[error("the decision log cannot be written: {0}")]
    DecisionLog(#[from] LogFileError),
    /// A field to leave out of the decision log that there is not.
    #[error("--redact {0}")]
    Redaction(String),
    /// The system refused something that it should not.
    #[error("cannot {what}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// SIGTERM came, and the clients did not finish in time.
    #[error("stopped before every connection was finished")]
    Unfinished,
}

impl Failure {
    /// The system refused something that serving needs.
    pub(crate) fn serving(error: io::Error) -> Self {
        Self::System { what: "start to serve", error }
    }

    /// The process's exit code, as the help lists them.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Listen(_) | Self::Admin(AdminError::Listen(_)) | Self::Kernel(_) | Self::Redaction(_) => 2,
            Self::NoIndex(_) => 3,
            Self::InvalidIndex { .. } | Self::OtherSchema { .. } | Self::ChangedIndex { .. } => 4,
            Self::Pin(_) => 5,
            Self::Admin(AdminError::System(_))
            | Self::DecisionLog(_)
            | Self::Driver(_)
            | Self::System { .. }
            | Self::Unfinished => 1,
        }
    }
}

/// An error and its causes in one line.
fn causes(mut error: &dyn Error) -> String {
    let mut text = error.to_string();
    while let Some(cause) = error.source() {
        text = format!("{text}: {cause}");
        error = cause;
    }
    text
}
