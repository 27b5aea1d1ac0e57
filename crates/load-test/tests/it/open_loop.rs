//! Requests leave when they should, whatever the target does.

use crate::support::{APPROVED, Reaction, payloads, run, serve, test};
use load_test::{LoadReport, Plan, RunError};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use testkit::wait::{PATIENCE, comes_true};

#[test]
fn requests_are_dropped_and_never_queued_when_all_connections_are_busy() {
    let server = serve(|_| Reaction::Late(Duration::from_millis(200), APPROVED));
    let mut test = test("steady:100,0.5");
    (test.least_connections, test.most_connections) = (2, 4);
    let report = run(&test, &server.target);
    // Four at once, each for 200 ms, and the plan lasts 500 ms: three rounds, fewer if the machine is slow.
    assert!((4..=12).contains(&report.sent), "{report:?}");
    assert_eq!((report.sent + report.dropped, report.answered), (50, report.sent));
    assert_eq!(report.connections.open, 4);
    let (latency, service) = (&report.latency_ms, &report.service_ms);
    eprintln!("latency {latency:?}, service {service:?}");
    // What waited for a connection would have waited for half of an answer's time on average.
    assert!(latency.p50 < 1.4 * service.p50, "nothing waited: {latency:?}, {service:?}");
    assert!(!report.valid);
    let doubts = report.invalid_because.join("; ");
    assert!(doubts.contains(&format!("{} requests were dropped", report.dropped)), "{doubts}");
    assert!(doubts.contains(&format!("{} of 50", report.sent)), "{doubts}");
}

#[test]
fn connections_grow_only_when_they_are_needed() {
    let server = serve(|_| Reaction::Body(APPROVED));
    let mut test = test("steady:200,0.3");
    (test.least_connections, test.most_connections) = (2, 50);
    let report = run(&test, &server.target);
    let most_at_once = |report: &LoadReport| 10 + (200.0 * report.latency_ms.max / 1e3).ceil() as usize;
    eprintln!("{:?}, at most {} at once", report.connections, most_at_once(&report));
    assert!(report.connections.open <= most_at_once(&report), "{:?}", report.connections);
    assert_eq!(server.accepted.load(Ordering::Relaxed) as u64, report.connections.opened);

    let server = serve(|_| Reaction::Late(Duration::from_millis(100), APPROVED));
    let report = run(&test, &server.target);
    eprintln!("{:?}, at most {} at once", report.connections, most_at_once(&report));
    // 200/s times 100 ms, and more by as much as the slowest answer took longer
    assert!((15..=most_at_once(&report)).contains(&report.connections.open), "{:?}", report.connections);
    assert_eq!(report.dropped, 0);
}

#[test]
fn a_run_can_begin_without_any_connection() {
    let server = serve(|_| Reaction::Body(APPROVED));
    let mut test = test("steady:200,0.2");
    test.least_connections = 0;
    assert!(run(&test, &server.target).all_right());
}

#[test]
fn an_interrupted_run_reports_what_it_has() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let server = serve(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Reaction::Body(APPROVED)
    });
    let (test, stop) = (test("steady:200,30"), AtomicBool::new(false));
    let begun = Instant::now();
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            comes_true(PATIENCE, || asked.load(Ordering::Relaxed) >= 50);
            stop.store(true, Ordering::Relaxed);
        });
        test.run(&server.target, &payloads(vec![0; 6000]), &stop, "test").unwrap()
    });
    let seconds = begun.elapsed().as_secs_f64();
    eprintln!("{} requests in {seconds:.2} of 30 s", report.sent);
    assert!(seconds < 15.0, "{seconds}");
    assert!(!report.complete && !report.valid);
    assert!(report.sent > 0 && report.sent as f64 <= 200.0 * seconds, "{} in {seconds} s", report.sent);
    assert_eq!(report.sent, report.answered + report.errors + report.unfinished);
}

#[test]
fn a_target_that_goes_away_costs_errors_and_no_time() {
    let server = serve(|number| if number < 20 { Reaction::Body(APPROVED) } else { Reaction::Close });
    let report = run(&test("steady:500,0.2"), &server.target);
    assert_eq!((report.answered, report.errors_by_kind.connection), (20, 80), "{report:?}");
    eprintln!("{:.2} of 0.2 s", report.seconds);
    assert!(report.seconds < 2.0, "{}", report.seconds);
}

#[test]
fn nobody_listening_is_said_before_anything_is_sent() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let target = format!("http://127.0.0.1:{port}").parse().unwrap();
    let error = test("steady:10,1").run(&target, &payloads(vec![0; 10]), &AtomicBool::new(false), "test").unwrap_err();
    assert!(matches!(error, RunError::Connect { .. }), "{error}");
    assert!(error.to_string().contains("is it running?"), "{error}");
}

#[test]
fn a_plan_longer_than_its_payloads_is_refused_with_the_number_needed() {
    let server = serve(|_| Reaction::Body(APPROVED));
    let stop = AtomicBool::new(false);
    let error = test("preview").run(&server.target, &payloads(vec![0; 300]), &stop, "test").unwrap_err();
    assert_eq!(error.to_string(), "the plan preview needs 54060 payloads, and numbered has 300");
    assert_eq!(server.accepted.load(Ordering::Relaxed), 0);
}

#[test]
fn a_core_that_is_not_there_is_refused() {
    let server = serve(|_| Reaction::Body(APPROVED));
    for cpu in [1000, 100_000] {
        let mut test = test("steady:10,1");
        test.cpu = Some(cpu);
        let error = test.run(&server.target, &payloads(vec![0; 10]), &AtomicBool::new(false), "test").unwrap_err();
        assert!(matches!(error, RunError::Pin { .. }), "{error}");
    }
}

#[test]
fn a_closed_loop_keeps_its_connections_busy_and_begins_its_payloads_again() {
    let server = serve(|_| Reaction::Late(Duration::from_millis(10), APPROVED));
    let mut test = test("steady:1,1");
    test.plan = Plan::Saturate { connections: 8, seconds: 0.5 };
    let report = run(&test, &server.target);
    eprintln!("{} requests in {:.2} s", report.sent, report.seconds);
    // At most 8 connections times 100 a second, each of which may have begun one more.
    let most = (8.0 * 100.0 * report.seconds) as u64 + 8;
    assert!((40..=most).contains(&report.sent), "{report:?}");
    assert!(report.all_right() && report.valid, "{report:?}");
    assert_eq!((report.connections.open, report.planned), (8, None));
    let rate = report.rate.unwrap().held;
    assert!((rate - report.sent as f64 / report.seconds).abs() < 1.0, "{rate}");
}

#[test]
fn a_closed_loop_against_a_refusing_target_ends_in_time() {
    let server = serve(|_| Reaction::Close);
    let mut test = test("steady:1,1");
    test.plan = Plan::Saturate { connections: 4, seconds: 0.3 };
    let report = run(&test, &server.target);
    assert!(report.answered == 0 && report.errors > 0, "{report:?}");
    eprintln!("{:.2} of 0.3 s", report.seconds);
    assert!(report.seconds < 3.0, "{}", report.seconds);
}
