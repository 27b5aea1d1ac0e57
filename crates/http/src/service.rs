//! What answers requests.

use crate::head::Head;
use crate::response::{Answered, Responder};
use crate::status::Status;

/// What answers requests: the paths and methods that it has, and what it says to each.
///
/// A request comes in two steps, as its head is gone from the buffer when its body is complete: [`route`](Self::route)
/// keeps of the head what the answer needs, [`answer`](Self::answer) gets that with the body. Whatever concerns the
/// protocol is answered before either is called.
pub trait Service {
    /// What a request asks for, and whatever else of its head the answer depends on. Kept while the body arrives, in
    /// every connection, so it should be small.
    type Route: Copy;

    /// A body that may be larger than the buffer, such as `Rc<[u8]>`: the connection keeps it until the client has it.
    type Body: AsRef<[u8]>;

    /// Looks at a whole head.
    fn route(&self, head: &Head<'_>) -> Self::Route;

    /// Answers a whole request, whose body may be empty.
    fn answer(&mut self, route: Self::Route, body: &[u8], responder: Responder<'_, Self::Body>) -> Answered;

    /// Called when the protocol refuses a request with this status, before or instead of [`route`](Self::route) and
    /// [`answer`](Self::answer).
    fn refused(&mut self, status: Status) {
        let _ = status;
    }

    /// Header fields that every response carries but the prepared ones, errors of the protocol included: each with its end of
    /// line, together some hundred bytes.
    fn fields(&self) -> &'static str {
        ""
    }

    /// Whether a connection is closed after the next answer, whatever the client asked for.
    fn is_closing(&self) -> bool {
        false
    }
}
