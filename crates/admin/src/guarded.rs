//! A service behind a guard, kept to a share of a core.

use crate::guard::Guard;
use http::{Answered, Head, Responder, Service, Status};
use listener::{Phase, SharedPhase};
use runtime::background::Pace;
use std::rc::Rc;
use std::sync::Arc;

/// What a guarded service answers.
#[derive(Clone, Copy, Debug)]
pub enum GuardedRoute<R> {
    /// Refused, and why.
    Refused(&'static str),
    /// What the service makes of it.
    Allowed(R),
}

/// A service that answers what its guard lets through.
#[derive(Debug)]
pub struct Guarded<S> {
    service: S,
    guard: Guard,
    pace: Rc<Pace>,
    phase: Arc<SharedPhase>,
}

impl<S> Guarded<S> {
    /// `service` behind `guard`; after each answer its thread rests as `pace` says, unless it is to end.
    pub fn new(service: S, guard: Guard, pace: Rc<Pace>, phase: Arc<SharedPhase>) -> Self {
        Self { service, guard, pace, phase }
    }

    fn is_ending(&self) -> bool {
        self.phase.get() == Phase::Draining
    }
}

impl<S: Service> Service for Guarded<S> {
    type Route = GuardedRoute<S::Route>;
    type Body = S::Body;

    fn route(&self, head: &Head<'_>) -> Self::Route {
        match self.guard.refuses(head.field("Host"), head.field("Origin")) {
            Some(why) => GuardedRoute::Refused(why),
            None => GuardedRoute::Allowed(self.service.route(head)),
        }
    }

    fn answer(&mut self, route: Self::Route, body: &[u8], responder: Responder<'_, Self::Body>) -> Answered {
        let answered = match route {
            GuardedRoute::Refused(why) => responder.problem(Status::Forbidden, why),
            GuardedRoute::Allowed(route) => self.service.answer(route, body, responder),
        };
        if !self.is_ending() {
            self.pace.rest();
        }
        answered
    }

    fn refused(&mut self, status: Status) {
        self.service.refused(status);
    }

    fn fields(&self) -> &'static str {
        self.service.fields()
    }

    fn is_closing(&self) -> bool {
        self.is_ending() || self.service.is_closing()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::simulator::Peer;

    struct Greeter;

    impl Service for Greeter {
        type Route = ();
        type Body = &'static [u8];

        fn route(&self, _: &Head<'_>) {}

        fn answer(&mut self, (): (), _: &[u8], responder: Responder<'_, &'static [u8]>) -> Answered {
            responder.copied(Status::Ok, "text/plain", b"hello")
        }

        fn fields(&self) -> &'static str {
            "X-Content-Type-Options: nosniff\r\n"
        }
    }

    fn answer(request: &str) -> String {
        let guard = Guard::new(&"tcp:127.0.0.1:9101".parse().unwrap());
        let (pace, phase) = (Rc::new(Pace::new(1_000)), Arc::new(SharedPhase::new(Phase::Ready)));
        let mut peer = Peer::new(Guarded::new(Greeter, guard, pace, phase), &http::Limits::default());
        peer.send(request.as_bytes());
        peer.text()
    }

    #[test]
    fn what_the_guard_refuses_does_not_reach_the_service() {
        let own = answer("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert!(own.starts_with("HTTP/1.1 200 ") && own.ends_with("hello"), "{own}");
        for fields in ["Host: evil.example", "Host: localhost\r\nOrigin: http://evil.example"] {
            let foreign = answer(&format!("GET / HTTP/1.1\r\n{fields}\r\n\r\n"));
            assert!(foreign.starts_with("HTTP/1.1 403 ") && !foreign.contains("hello"), "{foreign}");
        }
    }

    #[test]
    fn the_fields_of_the_service_come_with_every_answer() {
        for request in [
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
            "GET / HTTP/3.0\r\n\r\n",
        ] {
            let text = answer(request);
            assert!(text.contains("\r\nX-Content-Type-Options: nosniff\r\n"), "{text}");
        }
    }
}
