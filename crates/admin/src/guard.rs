//! Which requests may come from where.
//!
//! A web page can make its reader's browser ask any address, a loopback one included, and a name that its owner points
//! there makes the answer readable (DNS rebinding). So the name that was asked must be one that no stranger can own, and
//! a page must come from here.

use listener::ListenAddress;
use std::net::IpAddr;

/// Judges the fields `Host` and `Origin`.
#[derive(Clone, Debug)]
pub struct Guard {
    /// The host that the listener was given by name.
    host: Option<String>,
    /// A browser reaches it only by way of a tunnel, which may have any name.
    is_unix: bool,
}

impl Guard {
    /// For a listener at `address`.
    pub fn new(address: &ListenAddress) -> Self {
        match address {
            ListenAddress::Unix(_) => Self { host: None, is_unix: true },
            ListenAddress::Tcp(host) => Self { host: Some(name_of(host).to_owned()), is_unix: false },
        }
    }

    /// Why the request is refused, if it is.
    pub fn refuses(&self, host: Option<&[u8]>, origin: Option<&[u8]>) -> Option<&'static str> {
        let Ok(host) = str::from_utf8(host.unwrap_or_default()) else { return Some(FOREIGN_HOST) };
        if !self.is_unix && !host.is_empty() && !self.is_own(name_of(host)) {
            return Some(FOREIGN_HOST);
        }
        match origin {
            Some(origin) if !is_same_origin(origin, host) => Some("requests of other web pages are refused"),
            _ => None,
        }
    }

    /// An address, a name without a dot, which nobody can register, or the name that was configured.
    fn is_own(&self, name: &str) -> bool {
        let literal = name.trim_start_matches('[').trim_end_matches(']');
        literal.parse::<IpAddr>().is_ok()
            || !name.contains('.')
            || self.host.as_deref().is_some_and(|host| host.eq_ignore_ascii_case(name))
    }
}

const FOREIGN_HOST: &str =
    "this listener has another name: ask for it by an address, by localhost or by the name of --admin";

/// Without the port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_same_origin(origin: &[u8], host: &str) -> bool {
    let scheme_and_host =
        [b"http://".as_slice(), b"https://"].into_iter().find_map(|scheme| origin.strip_prefix(scheme));
    !host.is_empty() && scheme_and_host.is_some_and(|of| of.eq_ignore_ascii_case(host.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuses(listen: &str, host: &str, origin: Option<&str>) -> bool {
        Guard::new(&listen.parse().unwrap()).refuses(Some(host.as_bytes()), origin.map(str::as_bytes)).is_some()
    }

    #[test]
    fn a_name_that_a_stranger_can_own_is_refused() {
        for host in ["127.0.0.1:9101", "[::1]:9101", "localhost:9101", "LOCALHOST", "10.1.2.3:1", "api1:9101", "::1"] {
            assert!(!refuses("tcp:127.0.0.1:9101", host, None), "{host}");
        }
        for host in ["evil.example:9101", "127.0.0.1.evil.example", "localhost.evil.example:80", "a.b"] {
            assert!(refuses("tcp:127.0.0.1:9101", host, None), "{host}");
        }
        assert!(!refuses("tcp:metrics.internal:9101", "metrics.internal:9101", None));
        assert!(refuses("tcp:metrics.internal:9101", "other.internal:9101", None));
    }

    #[test]
    fn bytes_that_are_no_text_are_no_name() {
        assert!(Guard::new(&"tcp:127.0.0.1:1".parse().unwrap()).refuses(Some(b"\xff.x"), None).is_some());
    }

    #[test]
    fn a_unix_socket_has_any_name() {
        assert!(!refuses("unix:/run/admin", "evil.example", None));
        assert!(refuses("unix:/run/admin", "x", Some("http://evil.example")));
    }

    #[test]
    fn a_page_must_come_from_here() {
        for origin in ["http://127.0.0.1:9101", "https://127.0.0.1:9101", "HTTP://127.0.0.1:9101"] {
            let is_lower_case = origin.starts_with('h');
            assert_eq!(refuses("tcp:127.0.0.1:9101", "127.0.0.1:9101", Some(origin)), !is_lower_case, "{origin}");
        }
        for origin in ["null", "", "http://127.0.0.1", "http://127.0.0.1:9102", "http://evil.example:9101", "file://"] {
            assert!(refuses("tcp:127.0.0.1:9101", "127.0.0.1:9101", Some(origin)), "{origin}");
        }
    }
}
