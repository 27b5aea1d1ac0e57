//! How a running server goes over to another index.
//!
//! A thread of its own, the *reload thread*, does all that takes time. It watches the folder (`watch`), and when something
//! else is published there it maps that, checks it and warms it up (`opening`), all at low priority and at a pace. What is
//! not sound is refused, said once and counted, and the generation before goes on answering (`refusal`). A sound one goes
//! to the serving thread through a slot (`handover`): a task of the loop takes it between two requests and gives the one
//! before back, so that nothing is mapped, checked, allocated or freed where requests wait. The last use of the old one
//! over, the reload thread gives its memory back. `current` tells other threads what answers, `asks` lets them ask for a look.

mod asks;
mod current;
mod handle;
mod handover;
mod opening;
mod refusal;
mod shape;
mod thread;
mod watch;

pub use asks::{Answer, Asks};
pub use current::{Current, CurrentGeneration};
pub use handle::Reload;
pub use handover::{Incoming, take_generations};
pub use opening::{Opened, Opening};
pub use refusal::{Reason, Refusal};
pub use shape::OtherSchema;

use runtime::background::{self, Cores};
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use thread::ReloadThread;
use watch::Watch;

/// Starts the reload thread, which then goes on from `first`, the generation that answers already, if there is one; what it
/// finds comes out of [`Incoming`]. A byte on `hangup` asks for a look.
///
/// # Errors
///
/// The system has no descriptor or no thread left.
pub fn start(
    opening: Opening,
    first: Option<&Opened>,
    hangup: UnixStream,
    cores: Cores,
) -> io::Result<(Reload, Incoming)> {
    let (asks, asked) = Asks::new()?;
    let (outgoing, incoming) = handover::slot()?;
    let reload = Reload { current: Arc::new(Current::new(first)), asks: Arc::new(asks) };
    let watch = Watch::new(opening.index_dir.clone(), [hangup, asked])?;
    let thread = ReloadThread::new(opening, first, watch, outgoing, reload.clone());
    // It ends with the process.
    background::start("reload", cores, move || thread.run())?;
    Ok((reload, incoming))
}

#[cfg(test)]
mod tests;
