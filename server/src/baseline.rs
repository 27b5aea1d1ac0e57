//! The floor to compare with: the same server, on the same driver, with nothing behind it.

use crate::options::Serving;
use crate::responses::Responses;
use crate::serve::{conclude, prepare, serve_until_stopped};
use http::{Answered, Head, Responder, Service};
use listener::{Phase, SharedPhase};
use std::process::ExitCode;
use std::sync::Arc;

/// Options of a server that answers the same to every request.
#[derive(clap::Args, Debug, Clone)]
#[command(after_help = EXIT_CODES)]
pub struct BaselineOptions {
    /// Where and how to serve
    #[command(flatten)]
    pub serving: Serving,
}

const EXIT_CODES: &str =
    "Every valid request is answered with {\"approved\":true,\"fraud_score\":0.0}; its body is not looked at.

Exit codes:
  0  stopped by SIGTERM or SIGINT, every open request finished
  1  anything else, such as no working driver, or stopped before every connection was finished
  2  bad options, or the address cannot be listened on, such as a port in use
  5  the thread cannot be pinned to the core asked for
  6  the program is faulty; the last line says how";

/// Serves until SIGTERM or SIGINT, as [`crate::run`] does.
pub fn run_baseline(options: &BaselineOptions) -> ExitCode {
    let serving = &options.serving;
    conclude(serving, || {
        // Nobody reads what SIGHUP writes; it does nothing here.
        let signals = prepare(serving)?;
        let phase = Arc::new(SharedPhase::new(Phase::Ready));
        serve_until_stopped(
            serving,
            None,
            signals.stop,
            Baseline { phase: phase.clone(), responses: Responses::new() },
            phase,
            |_| Ok(()),
        )
    })
}

struct Baseline {
    phase: Arc<SharedPhase>,
    responses: Responses,
}

impl Service for Baseline {
    type Route = ();
    type Body = &'static [u8];

    fn route(&self, _: &Head<'_>) {}

    fn answer(&mut self, (): (), _: &[u8], responder: Responder<'_, &'static [u8]>) -> Answered {
        responder.prepared(self.responses.score(0))
    }

    fn is_closing(&self) -> bool {
        self.phase.get() == Phase::Draining
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::simulator::Peer;

    fn answer(request: &str) -> String {
        let phase = Arc::new(SharedPhase::new(Phase::Ready));
        let mut peer = Peer::new(Baseline { phase, responses: Responses::new() }, &http::Limits::default());
        peer.send(request.as_bytes());
        peer.text()
    }

    #[test]
    fn every_well_framed_request_gets_the_same_bytes() {
        let scored = answer("POST /fraud-score HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nno json!");
        assert!(
            scored.starts_with("HTTP/1.1 200 OK\r\n") && scored.ends_with(r#"{"approved":true,"fraud_score":0.0}"#)
        );
        for request in
            ["GET /ready HTTP/1.1\r\nHost: x\r\n\r\n", "PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1"]
        {
            assert_eq!(answer(request), scored, "{request}");
        }
    }

    #[test]
    fn a_badly_framed_request_is_still_refused() {
        let request = "POST /fraud-score HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12";
        assert!(answer(request).starts_with("HTTP/1.1 400 "));
    }

    #[test]
    fn head_gets_no_body() {
        assert!(answer("HEAD /ready HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\n"));
    }
}
