//! A map of texts as a carrier: message attributes, gRPC-like metadata, tests.

use std::{collections::HashMap, hash::BuildHasher};

use super::{Extractor, Injector};

/// Finds keys in any case; keys that differ in case only are several headers of one name.
impl<S: BuildHasher> Extractor for HashMap<String, String, S> {
    fn get(&self, key: &str) -> Option<&str> {
        self.get_all(key).first().copied()
    }

    fn get_all(&self, key: &str) -> Vec<&str> {
        let found = self.iter().filter(|(name, _)| name.eq_ignore_ascii_case(key));
        let mut found: Vec<(&String, &String)> = found.collect();
        found.sort_unstable(); // a map has no order, and the result must not depend on chance
        found.into_iter().map(|(_, value)| value.as_str()).collect()
    }

    fn keys(&self) -> Vec<&str> {
        self.keys().map(String::as_str).collect()
    }
}

impl<S: BuildHasher> Injector for HashMap<String, String, S> {
    fn set(&mut self, key: &str, value: String) {
        Injector::remove(self, key);
        self.insert(key.to_owned(), value);
    }

    fn remove(&mut self, key: &str) {
        self.retain(|name, _| !name.eq_ignore_ascii_case(key));
    }
}
