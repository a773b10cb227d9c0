//! Finds series by the hash of their labels, without a lock.
//!
//! A table is only ever added to. When it is half full, one four times as large takes its place;
//! the smaller one stays, for readers who are in it: all of them together are a third larger than
//! the last one. Who does not find a series in a table that has just been replaced asks again,
//! under the lock under which series are added.

use std::sync::{
    OnceLock,
    atomic::{
        AtomicUsize,
        Ordering::{Acquire, Release},
    },
};

/// More than this many series a metric cannot have.
pub(crate) const MOST: usize = 100_000;

/// 16 to 262,144 places: more than twice as many as [`MOST`].
const SIZES: usize = 8;
const FIRST: usize = 16;

pub(crate) struct Table<S: 'static> {
    sizes: [OnceLock<Box<[Place<S>]>>; SIZES],
    current: AtomicUsize,
}

type Place<S> = OnceLock<(u64, &'static S)>;

impl<S> Table<S> {
    pub(crate) const fn new() -> Self {
        Self { sizes: [const { OnceLock::new() }; SIZES], current: AtomicUsize::new(0) }
    }

    /// The one of this hash that is meant.
    pub(crate) fn find(&self, hash: u64, is_meant: impl Fn(&S) -> bool) -> Option<&'static S> {
        self.of(hash).find(|found| is_meant(found))
    }

    /// All of this hash: one, unless somebody is unlucky.
    ///
    /// To be walked in place: what is compared with constants is then compared as such.
    #[inline(always)]
    pub(crate) fn of(&self, hash: u64) -> Of<'_, S> {
        Of { places: self.current().unwrap_or_default(), hash, at: hash as usize }
    }

    /// Adds one more; only one thread at a time may. `false`: there is no room.
    pub(crate) fn add(&self, hash: u64, added: &'static S, known: usize) -> bool {
        let size = self.current.load(Acquire);
        let places = self.sizes.get(size);
        let places = places.map(|places| places.get_or_init(|| Self::places(FIRST << (2 * size))));
        let Some(places) = places else { return false };
        if known < places.len() / 2 {
            put(places, hash, added);
            return true;
        }
        let Some(next) = self.sizes.get(size + 1) else { return false };
        let next = next.get_or_init(|| {
            let next = Self::places(FIRST << (2 * (size + 1)));
            places.iter().filter_map(Place::get).for_each(|(hash, one)| put(&next, *hash, one));
            next
        });
        put(next, hash, added);
        self.current.store(size + 1, Release);
        true
    }

    #[inline(always)]
    fn current(&self) -> Option<&[Place<S>]> {
        Some(self.sizes.get(self.current.load(Acquire))?.get()?)
    }

    fn places(count: usize) -> Box<[Place<S>]> {
        std::iter::repeat_with(OnceLock::new).take(count).collect()
    }
}

/// Those of one hash.
pub(crate) struct Of<'t, S: 'static> {
    places: &'t [Place<S>],
    hash: u64,
    at: usize,
}

impl<S> Iterator for Of<'_, S> {
    type Item = &'static S;

    #[inline(always)]
    fn next(&mut self) -> Option<&'static S> {
        // At least half of the places are empty: it ends.
        loop {
            let at = self.at & self.places.len().wrapping_sub(1);
            let (known, found) = self.places.get(at)?.get()?;
            self.at = self.at.wrapping_add(1);
            if *known == self.hash {
                return Some(found);
            }
        }
    }
}

fn put<S>(places: &[Place<S>], hash: u64, added: &'static S) {
    let (behind, from) = places.split_at(hash as usize & (places.len() - 1));
    let empty = from.iter().chain(behind).find(|place| place.get().is_none());
    // Only one thread adds.
    let _ = empty.map(|place| place.set((hash, added)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leak(number: u64) -> &'static u64 {
        Box::leak(Box::new(number))
    }

    #[test]
    fn what_was_added_is_found_through_every_growth() {
        let table = Table::new();

        for number in 0..5_000 {
            assert_eq!(table.find(number * 7, |_| true), None);
            assert!(table.add(number * 7, leak(number), number as usize));
            assert_eq!(table.find(number * 7, |_| true), Some(&number));
        }

        assert!((0..5_000).all(|number| table.find(number * 7, |_| true) == Some(&number)));
    }

    #[test]
    fn those_of_one_hash_are_told_apart() {
        let table = Table::new();

        for number in 0..6 {
            table.add(42, leak(number), number as usize);
        }

        assert!((0..6).all(|meant| table.find(42, |found| *found == meant) == Some(&meant)));
        assert_eq!(table.find(42, |found| *found == 6), None);
    }

    #[test]
    fn readers_find_what_was_there_before_while_others_are_added() {
        let table = Table::new();
        table.add(u64::MAX, leak(1), 0);

        std::thread::scope(|scope| {
            let reader =
                scope.spawn(|| (0..20_000).all(|_| table.find(u64::MAX, |_| true) == Some(&1)));
            for number in 1..3_000 {
                table.add(number, leak(number), number as usize);
            }
            assert!(reader.join().unwrap());
        });
    }
}
