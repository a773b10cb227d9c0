//! Routes and the names of their spans, made once.
//!
//! A table that only grows, read without a lock. It is bounded, for whoever names routes may be
//! mistaken about how many there are: where it is full, a request has a method and no route.

use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

#[cfg(feature = "tower")]
use super::measure::Found;
use super::method;

/// A method and a route.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: &'static str,
    /// The pattern of the path; of a remote procedure its name; empty: there is none.
    pub(super) path: &'static str,
    /// What its spans are called.
    #[cfg_attr(
        not(any(feature = "tower", feature = "reqwest")),
        expect(dead_code, reason = "only layers have spans")
    )]
    pub(super) name: &'static str,
    #[cfg(feature = "tower")]
    pub(super) found: Found,
}

const MOST: usize = 1_024;
const SLOTS: usize = 2 * MOST;

static TABLE: [OnceLock<Route>; SLOTS] = [const { OnceLock::new() }; SLOTS];
static COUNT: AtomicUsize = AtomicUsize::new(0);

impl Route {
    const fn new(method: &'static str, path: &'static str, name: &'static str) -> Self {
        Self {
            method,
            path,
            name,
            #[cfg(feature = "tower")]
            found: Found::new(),
        }
    }
}

/// A route, which must be one of few.
pub(super) fn of(method: &'static str, path: &str) -> &'static Route {
    match find(method, path) {
        Ok(route) => route,
        Err(free) => free.and_then(|free| make(free, method, path)).unwrap_or_else(|| bare(method)),
    }
}

/// A route, if it has been seen before.
#[cfg(any(test, feature = "tower"))]
pub(super) fn known(method: &'static str, path: &str) -> Option<&'static Route> {
    find(method, path).ok()
}

/// A method without a route.
pub(super) fn bare(method: &'static str) -> &'static Route {
    const fn alone(at: usize) -> Route {
        if at < method::KNOWN.len() {
            Route::new(method::KNOWN[at], "", method::KNOWN[at])
        } else {
            Route::new(method::OTHER, "", "HTTP")
        }
    }
    static BARE: [Route; method::COUNT] = [
        alone(0),
        alone(1),
        alone(2),
        alone(3),
        alone(4),
        alone(5),
        alone(6),
        alone(7),
        alone(8),
        alone(9),
        alone(10),
    ];
    let other = &BARE[method::KNOWN.len()];
    BARE.iter().find(|route| route.method == method).unwrap_or(other)
}

/// The route, or the slot where it would stand.
fn find(method: &'static str, path: &str) -> Result<&'static Route, Option<usize>> {
    let start = hash(method, path);
    for step in 0..SLOTS {
        let at = start.wrapping_add(step) % SLOTS;
        match TABLE[at].get() {
            Some(route) if route.path == path && route.method == method => return Ok(route),
            Some(_) => {}
            None => return Err(Some(at)),
        }
    }
    Err(None)
}

#[cold]
fn make(mut at: usize, method: &'static str, path: &str) -> Option<&'static Route> {
    if path.is_empty() {
        return None;
    }
    if COUNT.fetch_add(1, Relaxed) >= MOST {
        COUNT.fetch_sub(1, Relaxed);
        return None;
    }
    loop {
        // Another thread may take the slot first, maybe for the very same route.
        let route = TABLE[at].get_or_init(|| written(method, path));
        if route.path == path && route.method == method {
            return Some(route);
        }
        at = (at + 1) % SLOTS;
    }
}

fn written(method: &'static str, path: &str) -> Route {
    let name = format!("{} {path}", method::in_name(method));
    // A remote procedure is called by its own name.
    let is_procedure = !path.starts_with('/');
    let path: &'static str = String::leak(path.to_owned());
    Route::new(method, path, if is_procedure { path } else { String::leak(name) })
}

fn hash(method: &str, path: &str) -> usize {
    let mut hash =
        method.len() as u64 ^ method.as_bytes().first().map_or(0, |byte| u64::from(*byte) << 8);
    for chunk in path.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash =
            (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
    hash as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_made_once_and_named_after_its_method() {
        let (first, second) = (of("GET", "/made/{id}"), of("GET", "/made/{id}"));

        assert!(std::ptr::eq(first, second));
        assert_eq!((first.method, first.path, first.name), ("GET", "/made/{id}", "GET /made/{id}"));
        assert_eq!(of("POST", "/made/{id}").name, "POST /made/{id}");
        assert_eq!(of("_OTHER", "/made/{id}").name, "HTTP /made/{id}");
        assert_eq!(of("POST", "a.Service/Method").name, "a.Service/Method");
        assert!(known("GET", "/never-made").is_none());
    }

    #[test]
    fn a_method_without_a_route_is_named_alone() {
        for method in method::KNOWN {
            assert_eq!((bare(method).method, bare(method).name), (method, method));
        }
        assert_eq!((bare(method::OTHER).method, bare(method::OTHER).name), ("_OTHER", "HTTP"));
    }

    #[test]
    fn threads_that_make_the_same_route_at_once_get_the_same_one() {
        let made: Vec<usize> = std::thread::scope(|scope| {
            let make = || std::ptr::from_ref(of("PUT", "/at-once/{id}")).addr();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });

        assert!(made.iter().all(|route| *route == made[0]));
    }
}
