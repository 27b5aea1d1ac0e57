//! A listener for those who run a program, beside the thread that serves its clients.
//!
//! It has a thread of its own at low priority, with a runtime on epoll, and keeps to a share of a core by its own clock
//! ([`SHARE`]): whatever is asked of it, the serving thread does not notice. Requests of foreign web pages are refused by
//! [`Guard`]. What is answered is up to the program's [`http::Service`].
//!
//! ```no_run
//! use admin::Admin;
//! use runtime::background::Cores;
//! # use http::{Answered, Head, Responder, Service, Status};
//! # struct Alive;
//! # impl Service for Alive {
//! #     type Route = ();
//! #     type Body = &'static [u8];
//! #     fn route(&self, _: &Head<'_>) {}
//! #     fn answer(&mut self, (): (), _: &[u8], responder: Responder<'_, &'static [u8]>) -> Answered {
//! #         responder.copied(Status::Ok, "text/plain", b"alive\n")
//! #     }
//! # }
//!
//! let admin = Admin::start(&"tcp:127.0.0.1:0".parse()?, Cores::of_this_thread(), || Alive)?;
//! println!("http://{}", admin.address());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod address;
mod guard;
mod guarded;
pub mod metrics;
mod thread;

pub use address::AdminAddress;
pub use guard::Guard;
pub use guarded::Guarded;
pub use thread::{Admin, AdminError, LIMITS, SHARE};
