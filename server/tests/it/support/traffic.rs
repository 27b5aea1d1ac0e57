//! Requests that go on while a test looks at something else.

use super::{Server, payload, post};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A few hundred a second are enough to be seen, and leave the cores to others.
const PAUSE: Duration = Duration::from_millis(2);

/// One connection with one payload after the other, until dropped.
pub struct Traffic {
    goes_on: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Traffic {
    pub fn to(server: &Server) -> Self {
        let (mut client, goes_on) = (server.connect(), Arc::new(AtomicBool::new(true)));
        let asked = Arc::clone(&goes_on);
        let thread = std::thread::spawn(move || {
            for number in (0..1000).cycle().take_while(|_| asked.load(Ordering::Relaxed)) {
                client.send(post(&payload(number)));
                assert_eq!(client.answer().status, 200);
                std::thread::sleep(PAUSE);
            }
        });
        Self { goes_on, thread: Some(thread) }
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.goes_on.store(false, Ordering::Relaxed);
        let ended = self.thread.take().expect("taken here alone").join();
        assert!(ended.is_ok() || std::thread::panicking(), "the traffic failed");
    }
}
