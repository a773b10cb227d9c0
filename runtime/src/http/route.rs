//! Routes and the names of their spans, made once.
//!
//! A table that only grows, read without a lock. It is bounded, for whoever names routes may be
//! mistaken about how many there are: where it is full, a request has a method and no route.

use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use super::method;

/// A method and a route.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    pub(super) method: &'static str,
    /// The pattern of the path; of a remote procedure its name; empty: there is none.
    pub(super) path: &'static str,
    /// What its spans are called.
    pub(super) name: &'static str,
}

const MOST: usize = 1_024;
const SLOTS: usize = 2 * MOST;

static TABLE: [OnceLock<Route>; SLOTS] = [const { OnceLock::new() }; SLOTS];
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A route, which must be one of few.
pub(super) fn of(method: &'static str, path: &str) -> Route {
    match find(method, path) {
        Ok(route) => *route,
        Err(free) => free.and_then(|free| make(free, method, path)).unwrap_or(bare(method)),
    }
}

/// A route, if it has been seen before.
pub(super) fn known(method: &'static str, path: &str) -> Option<Route> {
    find(method, path).ok().copied()
}

/// A method without a route.
pub(super) fn bare(method: &'static str) -> Route {
    Route { method, path: "", name: method::in_name(method) }
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
fn make(mut at: usize, method: &'static str, path: &str) -> Option<Route> {
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
            return Some(*route);
        }
        at = (at + 1) % SLOTS;
    }
}

fn written(method: &'static str, path: &str) -> Route {
    let name = format!("{} {path}", method::in_name(method));
    // A remote procedure is called by its own name.
    let is_procedure = !path.starts_with('/');
    let path: &'static str = String::leak(path.to_owned());
    Route { method, path, name: if is_procedure { path } else { String::leak(name) } }
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
