//! The page for people, and the header fields that keep it to itself.

use std::sync::LazyLock;

/// One file, nothing from elsewhere.
const PAGE: &str = include_str!("page.html");

/// Where the page links to the metrics of its one server.
const METRICS: &str = "<a href=\"metrics\">metrics</a>";

/// Header fields of every answer. The policy is the page's own, which lists the hashes of its style and its script; what
/// is no page needs none.
static FIELDS: LazyLock<&'static str> = LazyLock::new(|| {
    let fields = format!(
        "Content-Security-Policy: {}; frame-ancestors 'none'\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\n",
        policy(PAGE).expect("the page has a policy: a test looks")
    );
    // Once in a process.
    Box::leak(fields.into_boxed_str())
});

/// The page of an admin listener, HTML. It asks `GET status` and `POST explain` of whoever serves it.
pub fn admin_page() -> &'static [u8] {
    PAGE.as_bytes()
}

/// The page of a listener that speaks for so many servers: it has the metrics of each at `metrics/1` and so on.
pub fn admin_page_of_all(servers: usize) -> String {
    let link = |number| format!("<a href=\"metrics/{number}\">{number}</a>");
    let links: Vec<String> = (1..=servers).map(link).collect();
    PAGE.replace(METRICS, &format!("metrics of server {}", links.join(", ")))
}

/// Header fields of every answer of an admin listener, each with its end of line.
pub fn admin_fields() -> &'static str {
    &FIELDS
}

/// The content security policy in a page.
fn policy(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("<meta http-equiv=\"Content-Security-Policy\" content=\"")?;
    Some(rest.split_once('"')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_several_servers_links_to_the_metrics_of_each() {
        assert_eq!(PAGE.matches(METRICS).count(), PAGE.matches("href=\"metrics").count());
        let page = admin_page_of_all(3);
        assert_eq!(page.matches("href=\"metrics/").count(), 3 * PAGE.matches(METRICS).count());
        assert!(!page.contains("href=\"metrics\"") && page.contains("href=\"metrics/3\""));
    }

    #[test]
    fn the_fields_have_the_policy_of_the_page() {
        let policy = policy(PAGE).unwrap();
        assert!(
            policy.contains("default-src 'none'") && policy.contains("'sha256-") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert!(FIELDS.contains(policy) && FIELDS.contains("frame-ancestors 'none'\r\n"));
        assert!(FIELDS.split("\r\n").all(|line| line.is_empty() || line.contains(": ")));
        // with status line, type and length there must be room for them in a head
        assert!(FIELDS.len() < 768, "{}", FIELDS.len());
    }
}
