//! What statements without values have become, so that it is worked out once.
//!
//! A program runs few statements, over and over. Each thread remembers some that came lately, found
//! by a hash and then compared whole. One with a value, a comment or a list in it is never kept: of
//! what is here, every character but space is shown in spans anyway.

use std::{cell::RefCell, fmt, mem, rc::Rc};

use super::{Dialect, Sanitised, Summary};

/// How long a statement may be.
const MAX_STATEMENT: usize = 2_048;
/// How much a thread keeps of all of them; what was asked for longest ago makes room.
const MAX_BYTES: usize = 65_536;
/// Where a statement can stand: in one of these sets…
const SETS: usize = 16;
/// …beside so many others, of which the one goes that was asked for longest ago.
const WAYS: usize = 4;

/// A statement and what it has become.
#[derive(Debug)]
pub(super) struct Known {
    asked: Option<Dialect>,
    statement: Box<str>,
    pub(super) dialect: Dialect,
    /// If it is not the statement itself.
    sanitised: Option<Box<str>>,
    pub(super) summary: Box<str>,
}

impl Known {
    pub(super) fn sanitised(&self) -> &str {
        self.sanitised.as_deref().unwrap_or(&self.statement)
    }

    fn bytes(&self) -> usize {
        let sanitised = self.sanitised.as_deref().map_or(0, str::len);
        self.statement.len() + sanitised + self.summary.len()
    }
}

thread_local! {
    static MEMORY: RefCell<Memory> = const { RefCell::new(Memory::new()) };
}

/// What there is to know of a statement.
#[derive(Debug)]
pub(super) enum Found {
    Known(Rc<Known>),
    /// It may be one to learn.
    New,
    /// It is none to remember.
    Refused,
}

/// What was remembered of a statement, if the dialect was the same that was asked for.
pub(super) fn find(asked: Option<Dialect>, statement: &str) -> Found {
    if statement.len() > MAX_STATEMENT {
        return Found::Refused;
    }
    with(|memory| memory.find(asked, statement)).unwrap_or(Found::Refused)
}

/// Remembers a new statement, if there is nothing secret in it.
#[cold]
pub(super) fn learn(
    asked: Option<Dialect>,
    statement: &str,
    dialect: Dialect,
) -> Option<Rc<Known>> {
    let sanitised = Sanitised::new(statement, dialect);
    if has_plain_value(statement) || !is_shown(statement, &sanitised) {
        with(|memory| memory.refuse(asked, statement));
        return None;
    }
    let (sanitised, summary) = (sanitised.to_string(), Summary::new(statement, dialect));
    let known = Rc::new(Known {
        asked,
        statement: statement.into(),
        dialect,
        sanitised: (sanitised != statement).then(|| sanitised.into()),
        summary: summary.to_string().into(),
    });
    with(|memory| memory.add(Rc::clone(&known)));
    Some(known)
}

/// Nothing, where the thread is about to end, or within itself.
fn with<R>(use_it: impl FnOnce(&mut Memory) -> R) -> Option<R> {
    MEMORY
        .try_with(|memory| memory.try_borrow_mut().ok().map(|mut memory| use_it(&mut memory)))
        .ok()?
}

/// Whether a first look finds a value, as it does in most statements that have one.
fn has_plain_value(statement: &str) -> bool {
    let is_number = |pair: &[u8]| matches!(pair, [b' ' | b'(' | b',' | b'=', b'0'..=b'9']);
    statement.contains('\'') || statement.as_bytes().windows(2).any(is_number)
}

/// Whether every character of a statement but space is shown; looks no further than to the first
/// that is not.
///
/// What stands for a value differs from it, and no token is shown as a longer one, so that none can
/// make up for another.
fn is_shown(statement: &str, sanitised: &Sanitised<'_>) -> bool {
    let mut compared = Compared(statement.as_bytes());
    fmt::write(&mut compared, format_args!("{sanitised}")).is_ok()
        && compared.0.iter().all(u8::is_ascii_whitespace)
}

/// What of a statement has not been shown yet.
struct Compared<'s>(&'s [u8]);

impl fmt::Write for Compared<'_> {
    fn write_str(&mut self, shown: &str) -> fmt::Result {
        for byte in shown.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
            match self.0.trim_ascii_start().split_first() {
                Some((first, rest)) if *first == byte => self.0 = rest,
                _ => return Err(fmt::Error),
            }
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Slot {
    hash: u64,
    known: Option<Rc<Known>>,
}

/// The statements of one thread.
#[derive(Debug)]
struct Memory {
    /// Set by set, each beginning with what was asked for last; empty before the first statement.
    slots: Vec<Slot>,
    bytes: usize,
    /// The hash of what was refused last, by its set: a query is asked about more than once.
    refused: [u64; SETS],
}

impl Memory {
    const fn new() -> Self {
        Self { slots: Vec::new(), bytes: 0, refused: [0; SETS] }
    }

    fn find(&mut self, asked: Option<Dialect>, statement: &str) -> Found {
        let hash = hash(asked, statement);
        let (refused, set) = self.set(hash);
        if *refused == hash {
            return Found::Refused;
        }
        let is = |slot: &Slot| slot.hash == hash && slot.is(asked, statement);
        let Some(at) = set.iter().position(is) else { return Found::New };
        if let Some(until) = set.get_mut(..=at) {
            until.rotate_right(1);
        }
        let known = set.first().and_then(|slot| slot.known.as_ref());
        known.map_or(Found::New, |known| Found::Known(Rc::clone(known)))
    }

    fn add(&mut self, known: Rc<Known>) {
        let bytes = known.bytes();
        self.slots.resize_with(SETS * WAYS, Slot::default);
        self.make_room(bytes);
        let hash = hash(known.asked, &known.statement);
        let (_, set) = self.set(hash);
        set.rotate_right(1);
        let Some(first) = set.first_mut() else { return };
        let forgotten = mem::replace(first, Slot { hash, known: Some(known) });
        self.bytes += bytes;
        self.bytes -= forgotten.known.map_or(0, |known| known.bytes());
    }

    /// Forgets in all sets what was asked for last of all in them, then what before, until there is
    /// room.
    fn make_room(&mut self, bytes: usize) {
        for way in (0..WAYS).rev() {
            if self.bytes + bytes <= MAX_BYTES {
                return;
            }
            for slot in self.slots.iter_mut().skip(way).step_by(WAYS) {
                let forgotten = mem::take(slot).known;
                self.bytes -= forgotten.map_or(0, |known| known.bytes());
            }
        }
    }

    fn refuse(&mut self, asked: Option<Dialect>, statement: &str) {
        let hash = hash(asked, statement);
        *self.set(hash).0 = hash;
    }

    /// What was refused there last, and what is known.
    fn set(&mut self, hash: u64) -> (&mut u64, &mut [Slot]) {
        let at = hash as usize % SETS;
        let set = self.slots.get_mut(at * WAYS..(at + 1) * WAYS);
        (&mut self.refused[at], set.unwrap_or_default())
    }
}

impl Slot {
    fn is(&self, asked: Option<Dialect>, statement: &str) -> bool {
        let is = |known: &Rc<Known>| known.asked == asked && *known.statement == *statement;
        self.known.as_ref().is_some_and(is)
    }
}

/// Only leads to a set: whether a statement is the right one is decided by comparing.
fn hash(asked: Option<Dialect>, statement: &str) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let product = u128::from(hash ^ word) * u128::from(ODD);
        product as u64 ^ (product >> 64) as u64
    };
    let bytes = statement.as_bytes();
    let (words, rest) = bytes.as_chunks();
    let seed = (statement.len() * 4 + asked.map_or(3, |dialect| dialect as usize)) as u64;
    let hash = words.iter().fold(seed, |hash, word| mix(hash, u64::from_ne_bytes(*word)));
    match bytes.last_chunk() {
        // The rest, and some of what has been seen.
        Some(last) => mix(hash, u64::from_ne_bytes(*last)),
        None => rest.iter().fold(hash, |hash, byte| mix(hash, u64::from(*byte))),
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn learn(statement: &str) -> Option<Rc<Known>> {
        super::learn(None, statement, Dialect::of(statement))
    }

    fn is_known(statement: &str) -> bool {
        matches!(find(None, statement), Found::Known(_))
    }

    /// All that the thread remembers, as text.
    fn everything() -> String {
        MEMORY.with_borrow(|memory| format!("{memory:?}"))
    }

    fn count() -> usize {
        let is_taken = |slot: &&Slot| slot.known.is_some();
        MEMORY.with_borrow(|memory| memory.slots.iter().filter(is_taken).count())
    }

    fn bytes() -> usize {
        MEMORY.with_borrow(|memory| {
            let bytes = |slot: &Slot| slot.known.as_ref().map_or(0, |known| known.bytes());
            let bytes = memory.slots.iter().map(bytes).sum();
            assert_eq!(memory.bytes, bytes);
            bytes
        })
    }

    #[test]
    fn no_value_stays_in_memory() {
        for statement in [
            "SELECT a FROM b WHERE c = 'canary'",
            "SELECT a FROM b WHERE c = \"canary\"",
            "SELECT $$canary$$",
            "SELECT $tag$canary$tag$",
            "SELECT a FROM b WHERE c = 'cut canary",
            "SELECT a FROM b WHERE c = 'it\\'s canary'",
            "SELECT a /* canary */ FROM b",
            "SELECT a FROM b -- canary",
            "SELECT a FROM b # canary",
            "SELECT a FROM canary WHERE b IN (?, ?)",
            "SELECT a FROM canary WHERE b = 1",
            "SELECT a FROM canary WHERE b = -1",
            "SELECT a FROM canary WHERE b = true",
            "SELECT a FROM canary WHERE b = ''",
            "SELECT E'canary', X'c0', 5 FROM canary",
        ] {
            assert!(learn(statement).is_none(), "{statement}");
            assert!(matches!(find(None, statement), Found::Refused), "{statement}");
        }

        assert!(learn("SELECT a FROM b WHERE c = ?").is_some());
        assert!(everything().contains("SELECT a FROM b WHERE c = ?"));
        assert!(!everything().contains("canary"), "{}", everything());
    }

    #[test]
    fn statements_that_differ_only_in_values_push_none_out() {
        assert!(learn("SELECT a FROM b").is_some());

        for value in 0..1_000 {
            assert!(learn(&format!("SELECT a FROM b WHERE c = {value}")).is_none());
        }

        assert!(is_known("SELECT a FROM b"));
        assert_eq!(count(), 1);
    }

    #[test]
    fn what_was_asked_for_lately_is_found_and_the_rest_is_bounded() {
        let statement = |at: usize| format!("SELECT a FROM table_{} WHERE c = ?", "x".repeat(at));
        for at in 0..500 {
            assert!(learn(&statement(at)).is_some());
            assert!(is_known(&statement(at)));
            assert!(bytes() <= MAX_BYTES && count() <= SETS * WAYS);
        }

        let long = format!("SELECT a FROM {}", "x".repeat(MAX_STATEMENT));
        assert!(matches!(find(None, &long), Found::Refused));
        let whole = &long[..MAX_STATEMENT];
        for at in 0..100 {
            assert!(learn(&whole[..MAX_STATEMENT - at]).is_some());
            assert!(bytes() <= MAX_BYTES);
        }
    }

    #[test]
    fn a_set_forgets_what_was_asked_for_longest_ago() {
        let mut memory = Memory::new();
        let known = |statement: &str| {
            let (statement, summary) = (statement.into(), "".into());
            let (asked, dialect) = (None, Dialect::Unknown);
            Rc::new(Known { asked, statement, dialect, sanitised: None, summary })
        };
        let set = |statement: &str| hash(None, statement) as usize % SETS;
        let numbered = (0..1_000).map(|at| format!("SELECT a FROM t_{at}"));
        let same: Vec<_> = numbered.filter(|text| set(text) == 0).take(WAYS + 1).collect();

        for statement in &same[..WAYS] {
            memory.add(known(statement));
        }
        assert!(matches!(memory.find(None, &same[0]), Found::Known(_)));
        memory.add(known(&same[WAYS]));

        let is_known = |text: &String| matches!(memory.find(None, text), Found::Known(_));
        let found: Vec<_> = same.iter().map(is_known).collect();
        assert_eq!(found, [true, false, true, true, true]);
    }

    #[test]
    fn a_statement_is_known_in_the_dialect_it_was_asked_for_in() {
        let statement = "SELECT \"a\" FROM b WHERE c = ?";

        assert!(super::learn(Some(Dialect::Ansi), statement, Dialect::Ansi).is_some());

        assert!(matches!(find(Some(Dialect::Ansi), statement), Found::Known(_)));
        assert!(matches!(find(None, statement), Found::New));
        assert!(matches!(find(Some(Dialect::MySql), statement), Found::New));
        // What may be a value there is none here.
        assert!(super::learn(None, statement, Dialect::Unknown).is_none());
    }

    #[test]
    fn each_thread_remembers_for_itself_until_it_ends() {
        struct Late;
        impl Drop for Late {
            fn drop(&mut self) {
                let statement = "SELECT a FROM late";
                assert_eq!(learn(statement).unwrap().sanitised(), statement);
            }
        }
        thread_local! {
            static LATE: Late = const { Late };
        }
        assert!(learn("SELECT a FROM b").is_some());

        let thread = thread::spawn(|| {
            assert!(!is_known("SELECT a FROM b"));
            LATE.with(|_| ());
            assert!(learn("SELECT a FROM b").is_some());
        });

        assert!(thread.join().is_ok());
    }

    #[test]
    fn a_memory_that_is_in_use_is_not_needed() {
        MEMORY.with_borrow_mut(|_| {
            assert_eq!(&*learn("SELECT a FROM b").unwrap().summary, "SELECT b");
            assert!(!is_known("SELECT a FROM b"));
        });
    }
}
