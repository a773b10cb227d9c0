//! The headers of an HTTP message as a carrier.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Extractor, Injector};

impl Extractor for HeaderMap {
    fn get(&self, key: &str) -> Option<&str> {
        if self.len() > FEW {
            return HeaderMap::get(self, key).map(text);
        }
        self.iter().find(|(name, _)| is(name, key)).map(|(_, value)| text(value))
    }

    fn get_all(&self, key: &str) -> Vec<&str> {
        if self.len() > FEW {
            return HeaderMap::get_all(self, key).iter().map(text).collect();
        }
        let named = self.iter().filter(|(name, _)| is(name, key));
        named.map(|(_, value)| text(value)).collect()
    }

    fn keys(&self) -> Vec<&str> {
        self.keys().map(HeaderName::as_str).collect()
    }
}

impl Injector for HeaderMap {
    fn set(&mut self, key: &str, value: String) {
        // What the propagators write is always valid; a name or value of others that is not, is
        // not sent, because instrumentation never fails the call.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) {
            self.insert(name, value);
        }
    }

    fn remove(&mut self, key: &str) {
        HeaderMap::remove(self, key);
    }
}

/// Of so many headers each is looked at sooner than the hash of one name is made.
const FEW: usize = 16;

/// Names of headers are in lower case, and keys may be in any.
fn is(name: &HeaderName, key: &str) -> bool {
    name.as_str().eq_ignore_ascii_case(key)
}

/// A header with other bytes than ASCII is there, and is malformed: it must not count as absent.
fn text(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or("\u{fffd}")
}
