//! What `--admin` takes.

use listener::ListenAddress;
use std::str::FromStr;

/// Where the admin listener is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminAddress {
    /// By where clients connect.
    Auto,
    /// There is none.
    None,
    /// There.
    At(ListenAddress),
}

impl AdminAddress {
    /// The address for a server whose clients connect to `public`.
    pub fn beside(&self, public: &ListenAddress) -> Option<ListenAddress> {
        match (self, public) {
            (Self::None, _) => None,
            (Self::At(address), _) => Some(address.clone()),
            (Self::Auto, ListenAddress::Tcp(_)) => Some(ListenAddress::Tcp("127.0.0.1:0".to_owned())),
            (Self::Auto, ListenAddress::Unix(path)) => {
                let mut path = path.clone().into_os_string();
                path.push(".admin");
                Some(ListenAddress::Unix(path.into()))
            }
        }
    }
}

impl FromStr for AdminAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "none" => Ok(Self::None),
            address => match address.parse() {
                Ok(address) => Ok(Self::At(address)),
                Err(_) => Err("give auto, none, unix:PATH or tcp:HOST:PORT, such as tcp:127.0.0.1:9101"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_admin_listener_is_beside_the_public_one_unless_it_is_told_where() {
        let beside = |text: &str, public: &str| {
            let address = text.parse::<AdminAddress>().unwrap().beside(&public.parse().unwrap());
            address.map(|address| address.to_string())
        };
        assert_eq!(beside("auto", "unix:/run/1.sock").as_deref(), Some("unix:/run/1.sock.admin"));
        assert_eq!(beside("auto", "tcp:0.0.0.0:80").as_deref(), Some("tcp:127.0.0.1:0"));
        assert_eq!(beside("none", "tcp:0.0.0.0:80"), None);
        assert_eq!(beside("tcp:[::1]:9101", "unix:/run/1.sock").as_deref(), Some("tcp:[::1]:9101"));
        assert!("9101".parse::<AdminAddress>().unwrap_err().contains("unix:PATH"));
    }
}
