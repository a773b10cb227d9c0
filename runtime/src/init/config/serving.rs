//! What the program itself serves: its metrics for Prometheus, and what else it knows of itself.

use std::{fmt, net::IpAddr};

use super::{Code, Features, Setting, Source, general::word};
use crate::init::env::{Reader, Rejected, parse, table};

/// The port that OpenTelemetry has for exporters to Prometheus.
const PORT: u16 = 9_464;
const LOCALHOST: &str = "localhost";

/// What is served, and to whom.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Serving {
    /// Everything; `None`: nothing of it.
    pub(crate) admin: Setting<Option<Address>>,
    /// `/metrics` alone; `None`: not by itself.
    pub(crate) prometheus: Setting<Option<Address>>,
    port: Option<Source>,
    pub(crate) token: Setting<Option<Token>>,
    /// Names by which the program may be called, besides those of this machine.
    pub(crate) hosts: Setting<Vec<String>>,
    /// Whether names of metrics may have all of UTF-8.
    pub(crate) has_utf8_names: Setting<bool>,
}

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// What a client has to know; in no output.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

const NAMES: [(&str, bool); 2] = [("underscores", false), ("utf8", true)];

impl Serving {
    pub(super) fn read(reader: &mut Reader<'_>, code: &Code, features: Features) -> Self {
        let serving = Self::values(reader, code);
        serving.demand_features(reader, features);
        serving.demand_token(reader);
        if let Some(address) = &serving.prometheus.value
            && serving.token.value.is_none()
            && !address.is_loopback()
        {
            reader.inform(format!(
                "everybody who can reach {address} can read the metrics; set `{}` to ask for a \
                 token",
                table::ADMIN_TOKEN.name
            ));
        }
        serving
    }

    /// Whether metrics are served, with or without the rest.
    pub(super) fn is_any(&self) -> bool {
        self.admin.value.is_some() || self.prometheus.value.is_some()
    }

    fn values(reader: &mut Reader<'_>, code: &Code) -> Self {
        let admin = reader.read(table::ADMIN, |text| Address::parse(text).map(Some));
        let token = reader.read(table::ADMIN_TOKEN, |text| Token::parse(text).map(Some));
        let hosts = reader.read(table::ADMIN_HOSTS, |text| {
            Ok(parse::list(text).map(str::to_ascii_lowercase).collect())
        });
        let names = reader.read(table::PROMETHEUS_NAMES, |text| word(&NAMES, text));
        let host = reader.read(table::PROMETHEUS_HOST, |text| Ok(text.to_owned()));
        let port = reader.first(&[table::PROMETHEUS_PORT, table::PROMETHEUS_METRICS_PORT], port);
        let in_code = |reader: &mut Reader<'_>, address: &Option<String>, what| {
            let address = address.as_deref()?;
            let parsed = Address::parse(address).ok();
            if parsed.is_none() {
                let advice = table::ADMIN.kind.advice();
                reader.problem(format!("the address {what} in code is none; write {advice}"));
            }
            Some(parsed)
        };
        let token_in_code = code.admin_token.as_deref().map(|token| {
            let token = Token::parse(token).ok();
            if token.is_none() {
                let advice = table::ADMIN_TOKEN.kind.advice();
                reader.problem(format!("the admin token in code is none; write {advice}"));
            }
            token
        });
        let named = || {
            let host = host.as_ref().map(|host| host.source);
            host.or(port.as_ref().map(|port| port.source))
        };
        let who = chosen(reader).unwrap_or_else(named);
        let prometheus = who.map(|source| {
            let host = host.map_or_else(|| LOCALHOST.to_owned(), |host| host.value);
            let port = port.as_ref().map_or(PORT, |port| port.value);
            Setting { value: Some(Address { host, port }), source }
        });
        Self {
            admin: Setting::pick(in_code(reader, &code.admin, "of the admin server"), admin, None),
            prometheus: Setting::pick(
                in_code(reader, &code.prometheus, "for Prometheus"),
                prometheus,
                None,
            ),
            port: port.map(|port| port.source),
            token: Setting::pick(token_in_code, token, None),
            hosts: Setting::pick(code.admin_hosts.clone(), hosts, Vec::new()),
            has_utf8_names: Setting::pick(code.utf8_names, names, false),
        }
    }

    fn demand_features(&self, reader: &mut Reader<'_>, features: Features) {
        for (setting, is_in, what, feature) in [
            (&self.admin, features.admin, "the admin server", "admin"),
            (&self.prometheus, features.prometheus, "the exporter `prometheus`", "prometheus"),
        ] {
            if setting.value.is_some() && !is_in {
                reader.problem(format!(
                    "{what} is asked for ({}) but not compiled in; write `features = \
                     [\"{feature}\"]` at `spandrel` in Cargo.toml",
                    setting.source
                ));
            }
        }
    }

    /// What others can reach needs a token.
    fn demand_token(&self, reader: &mut Reader<'_>) {
        let Some(address) = &self.admin.value else { return };
        if self.token.value.is_none() && !address.is_loopback() {
            reader.problem(format!(
                "other machines may reach the admin server on `{address}` ({}), so it has to ask \
                 for a token; set `{}`, or write `127.0.0.1:{}`",
                self.admin.source,
                table::ADMIN_TOKEN.name,
                address.port
            ));
        }
    }

    /// What is worth explaining.
    pub(super) fn lines(&self) -> Vec<(&'static str, String, Source)> {
        let mut lines = Vec::new();
        if let Some(address) = &self.admin.value {
            lines.push(("admin", address.to_string(), self.admin.source));
        }
        if let Some(address) = &self.prometheus.value {
            lines.push(("prometheus", address.to_string(), self.prometheus.source));
            let source = self.port.unwrap_or(Source::Default);
            lines.push(("prometheus port", address.port.to_string(), source));
        }
        if self.admin.value.is_some() || self.prometheus.value.is_some() {
            let token = if self.token.value.is_some() { "set" } else { "none" };
            lines.push(("admin token", token.to_owned(), self.token.source));
            let hosts = &self.hosts;
            let named = if hosts.value.is_empty() { "none".into() } else { hosts.value.join(",") };
            lines.push(("further admin hosts", named, hosts.source));
            let names = &self.has_utf8_names;
            let word = if names.value { "utf8" } else { "underscores" };
            lines.push(("prometheus names", word.to_owned(), names.source));
        }
        lines
    }
}

/// Who chose the exporter: `Some(None)`: others were chosen; `None`: nobody chose.
///
/// What is wrong with the list is said elsewhere.
fn chosen(reader: &mut Reader<'_>) -> Option<Option<Source>> {
    let variable = table::METRICS_EXPORTER;
    let text = reader.text(variable)?;
    let is_named = parse::list(text).any(|name| name.eq_ignore_ascii_case("prometheus"));
    Some(is_named.then_some(Source::Variable(variable.name)))
}

fn port(text: &str) -> Result<u16, Rejected> {
    text.parse().ok().filter(|port| *port > 0).ok_or_else(Rejected::not_understood)
}

impl Address {
    /// `host:port`, with an address of version 6 between brackets.
    fn parse(text: &str) -> Result<Self, Rejected> {
        let (host, port) = text.rsplit_once(':').ok_or_else(Rejected::not_understood)?;
        let port = port.parse().map_err(|_| Rejected::not_understood())?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_name = |host: &str| {
            host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
        };
        let host = match bare {
            Some(bare) if bare.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6()) => bare,
            None if !host.is_empty() && is_name(host) => host,
            _ => return Err(Rejected::not_understood()),
        };
        Ok(Self { host: host.to_ascii_lowercase(), port })
    }

    /// Whether only this machine can reach it.
    pub(crate) fn is_loopback(&self) -> bool {
        let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
        self.host == LOCALHOST || self.host.parse().is_ok_and(is_loopback)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

impl Token {
    /// What a header can hold.
    fn parse(text: &str) -> Result<Self, Rejected> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(text.to_owned()));
        }
        Err(Rejected::because("has characters that a header cannot hold"))
    }

    #[cfg(all(test, feature = "admin"))]
    pub(crate) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether this is it; takes as long whichever byte differs.
    #[cfg(feature = "prometheus")]
    pub(crate) fn is(&self, given: &str) -> bool {
        let (own, given) = (self.0.as_bytes(), given.as_bytes());
        let mut differs = u8::from(own.len() != given.len());
        for (index, byte) in given.iter().enumerate() {
            differs |= byte ^ own[index % own.len()];
        }
        std::hint::black_box(differs) == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_host_and_a_port() {
        for (text, shown, is_loopback) in [
            ("127.0.0.1:9464", "127.0.0.1:9464", true),
            ("localhost:0", "localhost:0", true),
            ("[::1]:1", "[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1", true),
            ("127.9.9.9:1", "127.9.9.9:1", true),
            ("0.0.0.0:80", "0.0.0.0:80", false),
            ("[::]:80", "[::]:80", false),
            ("Shop.Example:80", "shop.example:80", false),
            ("localhost.example:80", "localhost.example:80", false),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((&*address.to_string(), address.is_loopback()), (shown, is_loopback));
        }
        for text in ["9464", ":9464", "::1:9464", "host:", "host:70000", "a b:1", "[x]:1", "[::1]"]
        {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn no_output_shows_a_token() {
        let token = Token::parse("hunter2").unwrap();

        assert_eq!(format!("{token:?}"), "Token(…)");
        assert!(Token::parse("two words").is_err() && Token::parse("").is_err());
    }

    #[cfg(feature = "prometheus")]
    #[test]
    fn only_the_token_itself_is_it() {
        let token = Token::parse("hunter2").unwrap();

        assert!(token.is("hunter2"));
        for other in ["", "hunter", "hunter22", "hunter2hunter2", "Hunter2", "hunter3"] {
            assert!(!token.is(other), "{other}");
        }
    }
}
