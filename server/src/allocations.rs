//! Proves that answering allocates nothing, by an allocator that counts.
#![allow(unsafe_code)]

use crate::buffers::Buffer;
use crate::conn::{Conn, Step};
use crate::handler::Phase;
use crate::limits::Limits;
use crate::scorer::{FraudScore, Scorer};
use index::Index;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::rc::Rc;
use transaction::{Label, Query, Rules};

thread_local! {
    /// Allocations of this thread; tests on other threads do not disturb.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is handed to the system's allocator unchanged; counting touches no memory of the caller.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller keeps the promises of `alloc`, which are those of this call.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from `System` by way of `alloc` or `realloc`, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the pointer came from `System` by way of `alloc` or `realloc`, with this layout.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn service() -> FraudScore {
    let vectors: Vec<Query> =
        (0..300i16).map(|n| Query::new(std::array::from_fn(|d| (n * 31 + d as i16 * 97) % 10_000)).unwrap()).collect();
    let labels: Vec<Label> = (0..300).map(|n| if n % 3 == 0 { Label::Fraud } else { Label::Legit }).collect();
    let image = index::build(&vectors, &labels, &Rules::default(), &|_, _, _| {}).unwrap();
    let scorer = Scorer::new(Index::open(image.leak()).unwrap(), Limits::default().body_bytes);
    FraudScore { phase: Rc::new(Cell::new(Phase::Ready)), scorer: Some(scorer) }
}

const PAYLOAD: &str = r#"{"id":"tx-1","transaction":{"amount":384.88,"installments":3,"requested_at":"2026-03-11T20:23:35Z"},"customer":{"avg_amount":769.76,"tx_count_24h":3,"known_merchants":["MERC-009","MERC-001"]},"merchant":{"id":"MERC-001","mcc":"5912","avg_amount":298.95},"terminal":{"is_online":false,"card_present":true,"km_from_home":13.7090520965},"last_transaction":{"timestamp":"2026-03-11T14:58:35Z","km_from_current":18.8626479774}}"#;

#[test]
fn answering_allocates_nothing() {
    let post =
        |body: &str| format!("POST /fraud-score HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let chunked = format!(
        "POST /fraud-score HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{PAYLOAD}\r\n0\r\n\r\n",
        PAYLOAD.len()
    );
    let requests = [
        (post(PAYLOAD), 200),
        (chunked, 200),
        (post("no json"), 400),
        (post(&PAYLOAD.replace("amount", "amounts")), 400),
        (post(PAYLOAD).replace("score", "scores"), 404),
        ("GET /ready HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), 200),
        ("GET /fraud-score HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), 405),
    ];
    let limits = Limits::default();
    let (mut service, mut buffer) = (service(), Buffer::new(&limits));
    let mut conn = Conn::new(&limits, 0);
    let before = COUNT.get();
    for round in 0..100 {
        for (request, status) in &requests {
            buffer.room()[..request.len()].copy_from_slice(request.as_bytes());
            buffer.received(request.len());
            assert_eq!(conn.received(&mut buffer, &mut service, round), Step::Write);
            assert_eq!(std::str::from_utf8(&buffer.unsent()[9..12]).unwrap().parse(), Ok(*status));
            buffer.sent(buffer.unsent().len());
            assert_eq!(conn.written(&mut buffer, &mut service, round), Step::Idle);
        }
    }
    assert_eq!(COUNT.get() - before, 0, "allocations in 700 requests");
}
