//! Why something cannot be loaded, attached to or removed: an enum for each part that can fail.

mod activate;
mod attach;
mod folder;
mod load;
mod source;

pub use activate::ActivateError;
pub use attach::AttachError;
pub use folder::FolderError;
pub use load::LoadError;
pub use source::SourceError;
