//! The admin listener's page: its policy, its colours, and what a real browser makes of it.

use crate::support::browser::{Browser, chromium};
use crate::support::own_rows::{Own, own_payload, post_score};
use crate::support::traffic::Traffic;
use crate::support::{Client, IndexFolder, Listen, Sandbox, Server, is_missing, payload};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use space::DIMENSIONS;
use std::path::Path;

const PAGE: &str = include_str!("../../src/admin/page.html");

/// What lies between `begin` and `end`.
#[track_caller]
fn between<'page>(begin: &str, end: &str) -> &'page str {
    let (_, rest) = PAGE.split_once(begin).unwrap_or_else(|| panic!("no {begin:?}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end:?}")).0
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let encoded = |three: &[u8]| {
        let bits = (0..3).fold(0_usize, |bits, at| bits << 8 | usize::from(three.get(at).copied().unwrap_or(0)));
        let letter = move |at: usize| char::from(LETTERS[bits >> (18 - 6 * at) & 63]);
        let filled = three.len() + 1;
        (0..4).map(move |at| if at < filled { letter(at) } else { '=' })
    };
    bytes.chunks(3).flat_map(encoded).collect()
}

#[test]
fn the_policy_allows_what_is_in_the_page() {
    let policy = between("<meta http-equiv=\"Content-Security-Policy\" content=\"", "\">");
    for (directive, text) in
        [("script-src", between("\n<script>", "</script>")), ("style-src", between("\n<style>", "</style>"))]
    {
        let allowed = policy.split("; ").find_map(|part| part.strip_prefix(directive)).unwrap().trim();
        assert_eq!(allowed, format!("'sha256-{}'", base64(&Sha256::digest(text))), "{directive}");
    }
    // The policy refuses both, and only with a message in the console.
    assert!(!PAGE.contains(" style=\"") && !PAGE.contains(" onclick="), "styles and handlers are in the two elements");
    for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
        assert!(!PAGE.contains(word), "{word} makes markup or code of text");
    }
}

/// WCAG's relative luminance of `#rgb` or `#rrggbb`.
fn luminance(colour: &str) -> f64 {
    let digits = colour.strip_prefix('#').unwrap();
    let wide = digits.len() == 6;
    let channel = |at: usize| {
        let text = if wide { digits[2 * at..2 * at + 2].to_owned() } else { digits[at..=at].repeat(2) };
        let share = f64::from(u8::from_str_radix(&text, 16).unwrap()) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(1) + 0.0722 * channel(2)
}

#[test]
fn text_stands_out_from_its_ground_in_both_schemes() {
    let dark = between("@media (prefers-color-scheme: dark) {", "}");
    for scheme in [between(":root {", "}"), dark] {
        let colour = |name: &str| {
            let (_, rest) = scheme.split_once(&format!("--{name}: ")).unwrap_or_else(|| panic!("no {name}"));
            luminance(rest.split_once(';').unwrap().0)
        };
        let texts = ["ink", "soft", "accent", "legit", "fraud"];
        let grounds = ["paper", "card", "sunken"];
        let pairs = texts.iter().flat_map(|text| grounds.map(|ground| (*text, ground)));
        for (text, ground) in pairs.chain([("on-accent", "accent")]) {
            let (one, other) = (colour(text), colour(ground));
            let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
            assert!(contrast >= 4.5, "{text} on {ground}: {contrast:.2}");
        }
    }
}

#[test]
fn a_browser_shows_live_figures_and_explains_a_decision() {
    if is_missing("chromium", chromium().arg("--version")) {
        return;
    }
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Tcp, Sandbox::None, &["--admin", "tcp:127.0.0.1:0"]);
    let origin = format!("http://{}", server.admin().strip_prefix("tcp:").unwrap());
    let traffic = Traffic::to(&server);
    let mut browser = Browser::start();
    browser.call("Page.navigate", json!({"url": origin}));

    figures_move(&mut browser);
    figures_are_right(&mut browser);
    every_control_has_a_name(&mut browser);
    for (example, id) in ["tx-everyday", "tx-close-call", "tx-first", "tx-night"].iter().enumerate() {
        browser.evaluate(&format!("document.querySelectorAll('#examples button')[{example}].click()"));
        browser.wait_for(&format!("document.querySelector('.verdict + p')?.textContent.startsWith('{id}:')"));
        six_lines_are_drawn(&mut browser);
    }
    text_stays_text(&mut browser);
    it_fits_every_screen(&mut browser);
    assert_eq!(browser.complaints(), Vec::<&Value>::new());

    // From here on the browser itself reports the answers that are no success.
    a_fault_is_named(&mut browser);
    drop((traffic, server));
    browser.wait_for("document.querySelector('#state').textContent.startsWith('no answer since')");
    let elsewhere = |address: &&str| !address.starts_with(&format!("{origin}/")) && !address.starts_with("data:");
    assert_eq!(browser.requests().into_iter().find(elsewhere), None, "a request leaves {origin}");
}

/// A schema's names are whatever its author wrote.
#[test]
fn a_browser_draws_the_dimensions_of_an_own_schema() {
    const HOSTILE: &str = r#"<img src=x onerror="window.hit=1">"#;
    if is_missing("chromium", chromium().arg("--version")) {
        return;
    }
    let place = IndexFolder::empty();
    let labels = vec![HOSTILE.to_owned(), "late".to_owned()];
    place.publish_image(&Own { labels, more_dimensions: 2, k: 4, ..Own::default() }.build().image);
    let server = Server::start(&place, Listen::Tcp, Sandbox::None, &["--admin", "tcp:127.0.0.1:0"]);
    let mut client = Client::connect(&server.address);
    for n in 0..20 {
        assert_eq!(client.ask(post_score(&own_payload(n))).status, 200);
    }
    let mut browser = Browser::start();
    let origin = format!("http://{}", server.admin().strip_prefix("tcp:").unwrap());
    browser.call("Page.navigate", json!({"url": origin}));
    browser.wait_for("document.querySelector('#payload-path')?.textContent === 'POST /score'");
    assert!(browser.text("#subject").contains("Rows of loans"));
    assert!(browser.text("#live-lead").contains("500 rows"));
    assert!(browser.text("#servers-body").contains("Scored") && !browser.text("#servers-body").contains("Approved"));
    let example: Value = serde_json::from_str(browser.evaluate("by('payload').value").as_str().unwrap()).unwrap();
    assert!(example["terms"]["months"].is_number(), "the form holds a payload of the schema: {example}");

    browser.evaluate("document.querySelector('#examples button').click()");
    browser.wait_for("document.querySelector('.verdict + p')?.textContent.startsWith('example-1:')");
    for (selector, count) in
        [("#drawing .line", 5), ("#drawing .line.query", 1), ("#neighbours tr", 4), ("#dimensions tr", 6)]
    {
        browser.wait_for(&format!("document.querySelectorAll('{selector}').length === {count}"));
    }
    let drawn = browser.text("#drawing") + &browser.text("#dimensions");
    assert!(["amount", "months", "debt", "owner", "more"].iter().all(|name| drawn.contains(name)), "{drawn}");
    browser.evaluate("document.querySelector('[value=differences]').click()");
    browser.wait_for("document.querySelector('#drawing').textContent.includes('0')");
    ask(&mut browser, &own_payload(7).replace("\"request\":\"", "\"request\":\"<b>"));
    browser.wait_for("document.querySelector('.verdict + p').textContent.startsWith('<b>q')");
    assert_eq!(browser.evaluate("document.images.length + document.querySelectorAll('td b, p b').length"), 0);
    assert_eq!(browser.evaluate("typeof window.hit"), "undefined");
    for (width, scheme) in [(390, "light"), (1280, "dark")] {
        browser.show_as(width, scheme);
        let wide = browser.evaluate("document.documentElement.scrollWidth").as_u64().unwrap();
        assert!(wide <= width.into(), "{wide} pixels on {width}");
        browser.picture(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("rows-{width}-{scheme}.png")));
    }
    assert_eq!(browser.complaints(), Vec::<&Value>::new());
}

fn figures_move(browser: &mut Browser) {
    browser.wait_for("document.querySelector('#state')?.textContent === '1 server ready'");
    browser.wait_for("Number(document.querySelector('#rate').textContent.replace(',', '')) > 0");
    browser.wait_for("/^[0-9.,]+ (ns|µs|ms)$/.test(document.querySelector('#p99').textContent)");
    browser.wait_for("document.querySelectorAll('#latency-chart .bar').length > 0");
    let decided = "[...document.querySelectorAll('#servers-body tr')].slice(4, 6)\
                   .reduce((sum, row) => sum + Number(row.cells[1].textContent.replaceAll(',', '')), 0)";
    let before = browser.evaluate(decided);
    browser.wait_for(&format!("{decided} > {before}"));
}

/// The page's own arithmetic.
fn figures_are_right(browser: &mut Browser) {
    const BOUNDS: &str = "bounds: [100, 200, 400]";
    for (expression, expected) in [
        // Interpolated in its bucket, as histogram_quantile of Prometheus does.
        (format!("quantile({{{BOUNDS}, counts: [0, 10, 0, 0]}}, .5)"), json!(150)),
        (format!("quantile({{{BOUNDS}, counts: [50, 49, 1, 0]}}, .99)"), json!(200)),
        (format!("quantile({{{BOUNDS}, counts: [0, 0, 0, 7]}}, .5)"), json!(400)),
        (format!("quantile({{{BOUNDS}, counts: [0, 0, 0, 0]}}, .5)"), Value::Null),
        ("[time(950), time(2400), time(1e6), time(null)].join()".to_owned(), json!("950 ns,2.40 µs,1.00 ms,–")),
        ("[percent(0), percent(.043), percent(.43)].join()".to_owned(), json!("0\u{a0}%,4.3\u{a0}%,43\u{a0}%")),
        ("[roundUp(7), roundUp(11), roundUp(2000), roundUp(2001)].join()".to_owned(), json!("10,20,2000,5000")),
        // A server that was started again begins anew: its counts are no differences.
        (
            "['a', 'a', 'b'].map((pid, at) => remember({instance: 'test', pid, uptime_seconds: at})).map(t => t.length).join()"
                .to_owned(),
            json!("2,2,1"),
        ),
    ] {
        assert_eq!(browser.evaluate(&expression), expected, "{expression}");
    }
}

/// What a screen reader says of each control.
fn every_control_has_a_name(browser: &mut Browser) {
    const CONTROLS: [&str; 5] = ["button", "textbox", "radio", "link", "region"];
    let tree = browser.call("Accessibility.getFullAXTree", json!({}));
    let is_control = |node: &&Value| CONTROLS.iter().any(|role| node["role"]["value"] == *role);
    let controls: Vec<_> = tree["nodes"].as_array().unwrap().iter().filter(is_control).collect();
    assert!(controls.len() >= 9, "{controls:#?}");
    for control in controls {
        assert!(control["name"]["value"].as_str().is_some_and(|name| !name.is_empty()), "{control:#}");
    }
}

/// The query and its five neighbours.
fn six_lines_are_drawn(browser: &mut Browser) {
    for (selector, count) in
        [("#drawing .line", 6), ("#drawing .line.query", 1), ("#neighbours tr", 5), ("#dimensions tr", DIMENSIONS)]
    {
        browser.wait_for(&format!("document.querySelectorAll('{selector}').length === {count}"));
    }
    let text = browser.text("#drawing-text");
    assert!(text.starts_with("Parallel coordinates over 14 dimensions"), "{text}");
    // By keyboard: a neighbour's line is raised, and lowered again.
    for raised in [1, 0] {
        browser.evaluate("document.querySelector('#neighbours button').focus()");
        press(browser, "Enter", 0);
        browser.wait_for(&format!("document.querySelectorAll('#drawing .raised').length === {raised}"));
    }
    for (scale, ends) in [("differences", "0"), ("values", "none")] {
        browser.evaluate(&format!("document.querySelector('[value={scale}]').click()"));
        browser.wait_for(&format!("document.querySelector('#drawing').textContent.includes('{ends}')"));
        assert_eq!(browser.evaluate("document.querySelectorAll('#drawing .line').length"), 6);
    }
}

fn press(browser: &mut Browser, key: &str, modifiers: u32) {
    for kind in ["keyDown", "keyUp"] {
        let parameters = json!({"type": kind, "key": key, "code": key, "modifiers": modifiers, "text": "\r",
            "windowsVirtualKeyCode": 13});
        browser.call("Input.dispatchKeyEvent", parameters);
    }
}

/// Types a payload in and sends it by Ctrl+Enter.
fn ask(browser: &mut Browser, payload: &str) {
    browser.evaluate(&format!("document.querySelector('#payload').value = {}", json!(payload)));
    browser.evaluate("document.querySelector('#payload').focus()");
    press(browser, "Enter", 2);
}

/// A payload's id is whatever a client sends.
fn text_stays_text(browser: &mut Browser) {
    const HOSTILE: &str = r#"<img src=x onerror="window.hit=1"><script>window.hit=2</script>"#;
    let mut hostile: Value = serde_json::from_str(&payload(1)).unwrap();
    hostile["id"] = json!(HOSTILE);
    ask(browser, &hostile.to_string());
    browser.wait_for("document.querySelector('.verdict + p').textContent.includes('<img')");
    assert!(browser.text("#verdict-box").contains(HOSTILE));
    assert_eq!(browser.evaluate("document.images.length + document.scripts.length"), 1, "the page's own script");
    assert_eq!(browser.evaluate("typeof window.hit"), "undefined");
}

/// Nothing is cut off on a phone; the pictures are for a look.
fn it_fits_every_screen(browser: &mut Browser) {
    browser.evaluate("document.querySelectorAll('#examples button')[1].click()");
    browser.wait_for("document.querySelector('.verdict + p').textContent.startsWith('tx-close-call')");
    for (width, scheme) in [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")] {
        browser.show_as(width, scheme);
        let wide = browser.evaluate("document.documentElement.scrollWidth").as_u64().unwrap();
        assert!(wide <= width.into(), "{wide} pixels on {width}");
        let ground = browser.evaluate("getComputedStyle(document.body).backgroundColor");
        assert_eq!(ground, if scheme == "light" { "rgb(246, 245, 241)" } else { "rgb(15, 19, 21)" });
        browser.picture(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("page-{width}-{scheme}.png")));
    }
}

fn a_fault_is_named(browser: &mut Browser) {
    ask(browser, &payload(1).replace("\"installments\"", "\"instalments\""));
    browser.wait_for("document.querySelector('.verdict').textContent === 'Not explained'");
    let text = browser.text("#verdict-box");
    assert!(text.contains("installments"), "{text}");
    assert_eq!(browser.evaluate("document.querySelector('#details').hidden"), true);
}
