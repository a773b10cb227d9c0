//! By which names the server may be called.
//!
//! A page in a browser may not read what other servers answer, but its own name may lead to any
//! address, also to this one (DNS rebinding). Such a request names the page's host: a name, never
//! an address, and one that its owner could register.

use std::net::{IpAddr, Ipv6Addr};

/// What the header `Host` may say.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowed {
    /// In lower case.
    pub(super) names: Vec<String>,
    /// The server is there for other machines as well, who call it as their network does: by an
    /// address, or by a name without a dot, which nobody can register.
    pub(super) is_public: bool,
}

impl Allowed {
    pub(super) fn allow(&self, header: &str) -> bool {
        let Some(host) = without_port(header) else { return false };
        let host = host.to_ascii_lowercase();
        if host == "localhost" || host.ends_with(".localhost") || self.names.contains(&host) {
            return true;
        }
        match address(&host) {
            Some(address) => self.is_public || address.to_canonical().is_loopback(),
            None => self.is_public && !host.contains('.'),
        }
    }
}

fn address(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match bare {
        Some(bare) => bare.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => host.parse().ok(),
    }
}

/// The host of a header that is one.
fn without_port(header: &str) -> Option<&str> {
    let end = header.rfind(']').map_or(0, |bracket| bracket + 1);
    let (host, port) = match header[end..].split_once(':') {
        Some((rest, port)) => (&header[..end + rest.len()], port),
        None => (header, ""),
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    let is_host = !host.is_empty() && host.bytes().all(is_name);
    (is_host && port.bytes().all(|byte| byte.is_ascii_digit())).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_names_reach_a_server_of_this_machine() {
        let allowed = Allowed { names: vec!["metrics.shop.example".into()], is_public: false };

        for host in [
            "localhost",
            "LocalHost:9464",
            "a.localhost:1",
            "127.0.0.1:9464",
            "127.0.0.1",
            "127.8.8.8:1",
            "[::1]:9464",
            "[::1]",
            "[::ffff:127.0.0.1]:9464",
            "Metrics.Shop.Example:9464",
        ] {
            assert!(allowed.allow(host), "{host}");
        }
        for host in [
            "",
            ":9464",
            "evil.example",
            "evil.example:9464",
            "localhost.evil.example",
            "evillocalhost",
            "127.0.0.1.evil.example",
            "10.0.0.1:9464",
            "orders",
            "[::2]:9464",
            "localhost:evil",
            "localhost:1:2",
            "me@localhost",
            "localhost/",
            "localhost, evil.example",
            "[::1",
            "::1",
        ] {
            assert!(!allowed.allow(host), "{host}");
        }
    }

    #[test]
    fn other_machines_call_by_addresses_and_names_of_their_network() {
        let allowed = Allowed { names: Vec::new(), is_public: true };

        for host in ["10.0.0.1:9464", "[2001:db8::1]:9464", "orders:9464", "localhost"] {
            assert!(allowed.allow(host), "{host}");
        }
        for host in ["evil.example:9464", "10.0.0.1.evil.example", "evil.example."] {
            assert!(!allowed.allow(host), "{host}");
        }
    }
}
