//! The admin listener's page: its policy and its colours.

use sha2::{Digest, Sha256};

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
