//! HTTP/1.1 for servers as a state machine: bytes and time in, steps out.
//!
//! It knows no socket, no runtime and no path. Every split of the bytes and every order of requests can be tested without
//! a network (feature `simulator`), and the production loop drives the same type.
//!
//! # The life of a request
//!
//! 1. A [`Connection`] is idle and needs nothing. When bytes can be read, its driver lends it a [`Buffer`], reads into
//!    the buffer's room and calls [`Connection::received`].
//! 2. The head is parsed as soon as its last line is there. What two parsers could frame differently is refused, and so
//!    is everything else that concerns the protocol: each [`Limits`] value, a missing host, a coding that is not known.
//!    These errors are written here, as `application/problem+json`.
//! 3. [`Service::route`] keeps of the head what the answer needs.
//! 4. When the body is complete and any chunked coding taken off it, [`Service::answer`] gives one whole response by its
//!    [`Responder`]: prepared at start-up ([`Responder::prepared`]), copied into the buffer ([`Responder::copied`]), or
//!    held and sent in parts, whatever its size ([`Responder::held`]).
//! 5. The driver does what each [`Step`] says. It writes [`Buffer::unsent`] and calls [`Connection::written`], until
//!    [`Step::Idle`] tells that the buffer can be given back.
//!
//! Pipelined requests are answered in order, some of them in one write. After a request that is not framed beyond doubt
//! the connection is closed. Time is [`Connection::deadline_ms`]: when that has passed, [`Connection::expired`] is due.
//! Nothing here allocates once buffers, prepared responses and held bodies are made.
//!
//! ```
//! use http::{Answered, Buffer, Connection, Head, Limits, Responder, Service, Status, Step};
//!
//! struct Echo;
//!
//! impl Service for Echo {
//!     type Route = bool;
//!     type Body = &'static [u8];
//!
//!     fn route(&self, head: &Head<'_>) -> bool {
//!         (head.method(), head.path()) == ("POST", Some("/echo"))
//!     }
//!
//!     fn answer(&mut self, is_echo: bool, body: &[u8], responder: Responder<'_, &'static [u8]>) -> Answered {
//!         if is_echo {
//!             responder.copied(Status::Ok, "text/plain", body)
//!         } else {
//!             responder.problem(Status::NotFound, "there is POST /echo here")
//!         }
//!     }
//! }
//!
//! let limits = Limits::default();
//! let (mut connection, mut buffer) = (Connection::new(&limits, 0), Buffer::new(&limits));
//! let request = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
//! buffer.room()[..request.len()].copy_from_slice(request);
//! buffer.received(request.len());
//! assert_eq!(connection.received(&mut buffer, &mut Echo, 0), Step::Write);
//! let response = buffer.unsent();
//! assert_eq!(response, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi");
//! buffer.sent(response.len());
//! assert_eq!(connection.written(&mut buffer, &mut Echo, 0), Step::Idle);
//! ```

mod buffer;
mod chunked;
mod connection;
#[cfg(any(test, feature = "simulator"))]
pub mod fuzzing;
mod head;
pub mod limits;
mod response;
mod service;
#[cfg(any(test, feature = "simulator"))]
pub mod simulator;
mod status;
mod target;
mod text;

pub use buffer::Buffer;
pub use connection::{Connection, Step};
pub use head::Head;
pub use limits::Limits;
pub use response::{Answered, CONTINUE, Prepared, Responder};
pub use service::Service;
pub use status::Status;
