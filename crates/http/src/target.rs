//! What a request asks for by its target and its Host field: RFC 9112, section 3.2, over RFC 3986's grammar.

use std::net::Ipv6Addr;

/// A request target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A path, without its query.
    Path(&'a str),
    /// `http://` before something that is no host.
    InvalidHost,
    /// None of the forms that name a path.
    Other,
}

impl<'a> Target<'a> {
    /// `text` as it stands in the request line: a path, or `http://host` and a path.
    #[inline]
    pub fn parse(text: &'a str) -> Self {
        if text.starts_with('/') {
            return Self::Path(without_query(text));
        }
        let Some((scheme, rest)) = text.split_once("://") else { return Self::Other };
        if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return Self::Other;
        }
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        match authority.as_bytes() {
            // Unlike the field, a URI of this scheme needs a host.
            [] | [b':', ..] => Self::InvalidHost,
            authority if !is_host(authority) => Self::InvalidHost,
            _ if path.starts_with('/') => Self::Path(without_query(path)),
            _ => Self::Path("/"),
        }
    }
}

fn without_query(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

/// Whether this is a Host field's value: `uri-host [ ":" port ]`, where both may be empty.
#[inline]
pub fn is_host(value: &[u8]) -> bool {
    let (host_is_valid, rest) = match value {
        [b'[', rest @ ..] => {
            let Some(end) = rest.iter().position(|&byte| byte == b']') else { return false };
            (is_ip_literal(&rest[..end]), &rest[end + 1..])
        }
        _ => {
            let end = value.iter().position(|&byte| byte == b':').unwrap_or(value.len());
            (is_name(&value[..end]), &value[end..])
        }
    };
    let port_is_valid = match rest {
        [] => true,
        [b':', port @ ..] => port.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    host_is_valid && port_is_valid
}

/// What may stand in a name as it is: RFC 3986's unreserved characters and sub-delimiters.
const IN_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let others = b"-._~!$&'()*+,;=";
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < others.len() {
        table[others[at] as usize] = true;
        at += 1;
    }
    table
};

fn is_name(name: &[u8]) -> bool {
    let mut rest = name;
    loop {
        rest = match rest {
            [] => return true,
            [b'%', first, second, rest @ ..] if first.is_ascii_hexdigit() && second.is_ascii_hexdigit() => rest,
            [byte, rest @ ..] if IN_NAME[usize::from(*byte)] => rest,
            _ => return false,
        }
    }
}

/// An IPv6 address, or `vHEX.…` of a version to come.
fn is_ip_literal(literal: &[u8]) -> bool {
    if let [b'v' | b'V', rest @ ..] = literal {
        let Some(dot) = rest.iter().position(|&byte| byte == b'.') else { return false };
        let (version, address) = (&rest[..dot], &rest[dot + 1..]);
        let is_part = |&byte: &u8| byte == b':' || IN_NAME[usize::from(byte)];
        return dot > 0
            && version.iter().all(u8::is_ascii_hexdigit)
            && !address.is_empty()
            && address.iter().all(is_part);
    }
    str::from_utf8(literal).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_and_absolute_form_lead_to_the_same_path() {
        for text in
            ["/ready", "/ready?x=1", "http://host/ready", "HTTPS://[::1]:1/ready?a=http://b/c", "/ready?a://b/c"]
        {
            assert_eq!(Target::parse(text), Target::Path("/ready"), "{text}");
        }
        for (text, path) in [
            ("/", "/"),
            ("//ready", "//ready"),
            ("/x://h/ready", "/x://h/ready"),
            ("http://host", "/"),
            ("http://host?a=/ready", "/"),
            ("http://host/?a=/ready", "/"),
            ("?/ready", ""),
        ] {
            let expected = if path.is_empty() { Target::Other } else { Target::Path(path) };
            assert_eq!(Target::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_an_absolute_form_names_no_path() {
        for text in ["://c/ready", "a?b://c/ready", "ready", "*", "c:80", "c/ready", "ftp://c/ready", "1://c/ready", ""]
        {
            assert_eq!(Target::parse(text), Target::Other, "{text}");
        }
        for text in ["http:///ready", "http://:80/ready", "http://a@b/ready", "http://a:b/ready", "http://[::/ready"] {
            assert_eq!(Target::parse(text), Target::InvalidHost, "{text}");
        }
    }

    #[test]
    fn hosts_are_told_from_what_is_none() {
        for value in [
            "",
            "a",
            ":",
            ":80",
            "a:",
            "a.b-c_d~:9999",
            "127.0.0.1:80",
            "[::1]",
            "[::ffff:1.2.3.4]:80",
            "[v1.a:b]",
            "a%2fb",
            "a,b",
            "(a)",
        ] {
            assert!(is_host(value.as_bytes()), "{value}");
        }
        for value in [
            "a b/c@d",
            "a b",
            "a/b",
            "a@b",
            "a?b",
            "a#b",
            "a\\b",
            "a\"b",
            "a<b",
            "a:b",
            "a:80:80",
            "a:-1",
            "a%2",
            "a%zz",
            "[::1",
            "::1",
            "[]",
            "[::1]a",
            "[1.2.3.4]",
            "[::1%25eth0]",
            "[v.a]",
            "[v1.]",
            "[vg.a]",
            "[v1.a]]",
            "a\tb",
            "\u{e9}",
        ] {
            assert!(!is_host(value.as_bytes()), "{value}");
        }
    }
}
