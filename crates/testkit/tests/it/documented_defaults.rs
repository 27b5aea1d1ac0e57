//! What docs/OPERATIONS.md says of containers and balancer is what their files say.

const OPERATIONS: &str = include_str!("../../../../docs/OPERATIONS.md");
const HTTP: &str = include_str!("../../../../docs/HTTP.md");
const COMPOSE: &str = include_str!("../../../../docker-compose.yml");
const HAPROXY: &str = include_str!("../../../../haproxy.cfg");

/// Rows of the table with these titles, cell by cell.
fn table(titles: &str) -> Vec<Vec<&'static str>> {
    let (_, rest) = OPERATIONS.split_once(&format!("{titles}\n")).unwrap_or_else(|| panic!("no table {titles}"));
    let rows = rest.lines().skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// The text between `before` and `after`.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before:?}"));
    rest.split_once(after).unwrap_or_else(|| panic!("no {after:?} behind {before:?}")).0
}

/// The number behind a keyword of haproxy.cfg.
fn haproxy(keyword: &str) -> &'static str {
    between(HAPROXY, &format!("\n    {keyword} "), "\n").trim()
}

#[test]
fn variables_of_the_compose_file_have_their_defaults() {
    let rows = table("| variable | meaning | default |");
    for row in &rows {
        let (variable, default) = (row[0].trim_matches('`'), row[2]);
        let set = between(COMPOSE, &format!("${{{variable}:-"), "}");
        assert!(default.starts_with(&format!("`{set}`")), "{variable} is {set} in docker-compose.yml, not {default}");
    }
    let mut variables: Vec<&str> = COMPOSE.split("${").skip(1).map(|rest| rest.split(":-").next().unwrap()).collect();
    variables.sort_unstable();
    variables.dedup();
    assert_eq!(variables.len(), rows.len(), "docs/OPERATIONS.md lists {variables:?}");
}

#[test]
fn limits_of_the_containers_are_those_of_the_compose_file() {
    let mut limits: Vec<&str> = COMPOSE.split("memory: ").skip(1).map(|rest| rest.split('M').next().unwrap()).collect();
    limits.sort_unstable();
    let documented = table("| | at rest | after 900/s for 60 s | limit |");
    let cells = documented.iter().filter(|row| row[0].starts_with('`') && !row[0].contains("whole"));
    let mut cells: Vec<&str> = cells.map(|row| row[3].trim_end_matches(" MB")).collect();
    cells.sort_unstable();
    assert_eq!(cells, limits);
    // one server more than has a row, and the stack's limit is at most the contest's
    let number = |text: &str| text.parse::<u32>().unwrap();
    let server = limits.iter().map(|limit| number(limit)).min().unwrap();
    let all: u32 = limits.iter().map(|limit| number(limit)).sum::<u32>() + server;
    let whole = documented.iter().find(|row| row[0] == "whole stack").unwrap();
    assert_eq!((whole[3], all), ("350 MB", 350));
    let split = table(
        "| loader / each server / balancer | p99 at 900/s | p99 at 1200/s | throttled periods | start to first 200 |",
    );
    let chosen = split.iter().find(|row| row[0].starts_with("**")).unwrap()[0].trim_matches('*');
    let mut cpus: Vec<&str> = COMPOSE.split("cpus: \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let mut parts: Vec<&str> = chosen.split(" / ").collect();
    cpus.sort_unstable();
    parts.sort_unstable();
    assert_eq!(parts, cpus);
}

#[test]
fn sentences_about_the_balancer_have_its_figures() {
    let thousands = |digits: &str| format!("{},{}", &digits[..digits.len() - 3], &digits[digits.len() - 3..]);
    let clients = between(HAPROXY, "FRAUDRING_MAXCONN-", "}");
    let descriptors = clients.parse::<u32>().unwrap() + 2 * 1024 + 64;
    let nofile = between(COMPOSE, "nofile: ", ",");
    let timeout_ms = haproxy("timeout server").trim_end_matches("ms");
    let expected = [
        (
            OPERATIONS,
            format!("{} clients at once need {} descriptors", thousands(clients), thousands(&descriptors.to_string())),
        ),
        (OPERATIONS, format!("Compose allows {}", thousands(nofile))),
        (OPERATIONS, format!("`timeout server {timeout_ms}ms`")),
        (OPERATIONS, format!("{timeout_ms} ms leave a client")),
        (HTTP, format!("**How many clients**: {} connections.", thousands(clients))),
        (HTTP, format!("use up the {} that there are", thousands(haproxy("tune.buffers.limit")))),
        (HTTP, format!("a buffer of {:.1} KB", haproxy("tune.bufsize").parse::<f64>().unwrap() / 1e3)),
        (HTTP, format!("costs its clients {} s", timeout_ms.parse::<f64>().unwrap() / 1e3)),
        (HTTP, format!("For a body of over 4 KiB it is {} s", between(HAPROXY, "set-timeout server ", "s if"))),
    ];
    for (document, sentence) in expected {
        let text = document.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&sentence), "no document says {sentence:?}");
    }
    assert!(HAPROXY.contains("maxconn 1024") && HAPROXY.contains("req.body_len gt 4096"));
    let memlock: u64 = between(COMPOSE, ", memlock: ", "}").parse().unwrap();
    assert!(OPERATIONS.contains(&format!("the compose file allows {} MiB", memlock >> 20)));
}
