//! Routes and the names of their spans, made once.
//!
//! Two tables that only grow, read without a lock: patterns of paths, and remote procedures, which
//! strangers may name. Each is bounded, for whoever names routes may be mistaken about how many
//! there are: where it is full, a request has a method and no route.

use std::{
    borrow::Cow,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
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
    /// The same path with another method.
    next: OnceLock<&'static Route>,
}

/// A pattern of paths or a remote procedure, and its routes, one for each method.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) text: &'static str,
    is_procedure: bool,
    /// As few as the methods that are told apart.
    first: OnceLock<&'static Route>,
}

impl Path {
    const fn new(text: &'static str, is_procedure: bool) -> Self {
        Self { text, is_procedure, first: OnceLock::new() }
    }

    /// The route of this path that a method has.
    pub(super) fn of(&self, method: &'static str) -> &'static Route {
        let mut slot = &self.first;
        loop {
            let route: &'static Route = slot.get_or_init(|| self.made(method));
            if route.method == method {
                return route;
            }
            slot = &route.next;
        }
    }

    /// The same, if it has been seen before.
    #[cfg(feature = "tower")]
    fn known(&self, method: &'static str) -> Option<&'static Route> {
        let mut next = self.first.get();
        while let Some(route) = next.filter(|route| route.method != method) {
            next = route.next.get();
        }
        next.copied()
    }

    /// What spans of this path and a method are called.
    fn name(&self, method: &'static str) -> Cow<'static, str> {
        match self.text {
            "" => method::in_name(method).into(),
            // A remote procedure is called by its own name.
            text if self.is_procedure => text.into(),
            text => format!("{} {text}", method::in_name(method)).into(),
        }
    }

    #[cold]
    fn made(&self, method: &'static str) -> &'static Route {
        let name = match self.name(method) {
            Cow::Borrowed(name) => name,
            Cow::Owned(name) => String::leak(name),
        };
        Box::leak(Box::new(Route {
            method,
            path: self.text,
            name,
            #[cfg(feature = "tower")]
            found: Found::new(),
            next: OnceLock::new(),
        }))
    }
}

/// Where a request has been led to: its path, and its route once the path is known to have one.
#[cfg(feature = "tower")]
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    /// While the path's is not seen, that of the method alone.
    pub(super) route: &'static Route,
    unseen: Option<&'static Path>,
}

#[cfg(feature = "tower")]
impl At {
    pub(super) fn of(path: Option<&'static Path>, method: &'static str) -> Self {
        let known = path.and_then(|path| path.known(method));
        let unseen = path.filter(|_| known.is_none());
        Self { route: known.unwrap_or_else(|| bare(method)), unseen }
    }

    pub(super) fn path(&self) -> &'static str {
        self.unseen.map_or(self.route.path, |path| path.text)
    }

    pub(super) fn span_name(&self) -> Cow<'static, str> {
        match self.unseen {
            Some(path) => path.name(self.route.method),
            None => Cow::Borrowed(self.route.name),
        }
    }

    /// The response is there, or will never be: 0.
    ///
    /// Routers match paths before methods: that a path has no such method, strangers can ask for
    /// with all methods, and it is not remembered.
    pub(super) fn answered(&mut self, status: u16) {
        if !matches!(status, 405 | 501)
            && let Some(path) = self.unseen.take()
        {
            self.route = path.of(self.route.method);
        }
    }
}

/// A route, which must be one of few.
pub(super) fn of(method: &'static str, path: &str) -> &'static Route {
    PATHS.of(path).unwrap_or(&NONE).of(method)
}

/// A pattern of paths, which must be one of few; `None`: there are too many.
#[cfg(feature = "tower")]
pub(super) fn path(pattern: &str) -> Option<&'static Path> {
    PATHS.of(pattern)
}

/// A method without a route.
#[cfg(any(feature = "tower", feature = "reqwest"))]
pub(super) fn bare(method: &'static str) -> &'static Route {
    NONE.of(method)
}

/// A remote procedure, which somebody must have answered to.
#[cfg(feature = "tower")]
pub(super) fn procedure(name: &str) -> Option<&'static Path> {
    PROCEDURES.of(name)
}

/// A remote procedure, if somebody has answered to it before.
#[cfg(feature = "tower")]
pub(super) fn known_procedure(name: &str) -> Option<&'static Path> {
    PROCEDURES.find(name).ok()
}

const MOST: usize = 1_024;
const SLOTS: usize = 2 * MOST;

static NONE: Path = Path::new("", false);
static PATHS: Table = Table::new(false);
#[cfg(feature = "tower")]
static PROCEDURES: Table = Table::new(true);

struct Table {
    slots: [OnceLock<&'static Path>; SLOTS],
    count: AtomicUsize,
    is_of_procedures: bool,
}

impl Table {
    const fn new(is_of_procedures: bool) -> Self {
        Self {
            slots: [const { OnceLock::new() }; SLOTS],
            count: AtomicUsize::new(0),
            is_of_procedures,
        }
    }

    /// The path, which from now on is known; `None`: there are too many.
    fn of(&self, text: &str) -> Option<&'static Path> {
        match self.find(text) {
            Ok(path) => Some(path),
            Err(free) => self.make(free?, text),
        }
    }

    /// The path, or the slot where it would stand.
    fn find(&self, text: &str) -> Result<&'static Path, Option<usize>> {
        let start = hash(text);
        for step in 0..SLOTS {
            let at = start.wrapping_add(step) % SLOTS;
            match self.slots[at].get() {
                Some(path) if path.text == text => return Ok(path),
                Some(_) => {}
                None => return Err(Some(at)),
            }
        }
        Err(None)
    }

    #[cold]
    fn make(&self, mut at: usize, text: &str) -> Option<&'static Path> {
        if text.is_empty() {
            return None;
        }
        if self.count.fetch_add(1, Relaxed) >= MOST {
            self.count.fetch_sub(1, Relaxed);
            return None;
        }
        loop {
            // Another thread may take the slot first, maybe for the very same path.
            let path = self.slots[at].get_or_init(|| {
                let text = String::leak(text.to_owned());
                Box::leak(Box::new(Path::new(text, self.is_of_procedures)))
            });
            if path.text == text {
                return Some(path);
            }
            at = (at + 1) % SLOTS;
        }
    }
}

fn hash(text: &str) -> usize {
    let mut hash = text.len() as u64;
    for chunk in text.as_bytes().chunks(8) {
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
    }

    #[test]
    fn a_method_without_a_route_is_named_alone() {
        for method in method::KNOWN {
            assert_eq!((of(method, "").method, of(method, "").name), (method, method));
        }
        assert_eq!((of(method::OTHER, "").method, of(method::OTHER, "").name), ("_OTHER", "HTTP"));
    }

    #[test]
    fn a_table_that_is_full_knows_what_it_knew_and_nothing_more() {
        static FULL: Table = Table::new(true);
        for number in 0..2 * MOST {
            FULL.of(&format!("filling.Service/Method{number}"));
        }

        assert!(FULL.of("filling.Service/OneMore").is_none());
        let known = FULL.of("filling.Service/Method0").unwrap();
        assert_eq!(known.of("POST").name, "filling.Service/Method0");
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
