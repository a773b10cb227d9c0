//! One instance of a policy for each key.

use std::{
    collections::HashMap,
    fmt,
    ops::Deref,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use super::{hash::KeyHash, home::Owner, own::Own, registry::label_key};
use crate::{
    resilience::{nanos, overrides::Scopes},
    site::Site,
    sync::{Mutex, lock},
    time,
};

/// A policy of which there can be one for each key.
pub trait Keyable: sealed::Sealed + Send + Sync + 'static {}

pub(crate) mod sealed {
    use std::sync::Arc;

    use super::Owner;

    /// What only this crate can do for a key.
    pub trait Sealed: Sized {
        /// Its name; empty: it has none of its own.
        fn own_name(&self) -> &'static str;

        /// One of this name with the same numbers, which has seen nothing yet.
        fn for_key(&self, owner: Owner<'_>, key: Arc<str>) -> Self;

        /// Whether a new one in its place would decide the same.
        fn is_at_rest(&self, now: u64) -> bool;
    }
}

impl<P: sealed::Sealed + Send + Sync + 'static> Keyable for P {}

/// One instance of a policy for each key: for each host, tenant or user.
///
/// At most 1,024 keys have one at a time, unless told otherwise. When there is one key more, those
/// go that have not been used for a minute, unless somebody holds them, or they would decide
/// otherwise than a new one: an exhausted limit and an open breaker stay. Is there still no room,
/// the key shares one instance with all others that found none, listed as the key `…`.
///
/// ```
/// use spandrel::resilience::{Keyed, Rate, RateLimiter};
///
/// static TENANTS: Keyed<RateLimiter> =
///     Keyed::new(RateLimiter::new("tenants", Rate::per_hour(1)));
///
/// assert!(TENANTS.get("acme").check().is_ok());
/// assert!(TENANTS.get("acme").check().is_err());
/// assert!(TENANTS.get("initech").check().is_ok());
/// ```
pub struct Keyed<P> {
    template: P,
    /// Whose name they have, if they have none of their own.
    site: Option<&'static Site>,
    /// Metrics tell the keys apart.
    labels_key: bool,
    max_keys: u32,
    /// Nanoseconds.
    idle: u64,
    kept: Own<Kept<P>>,
}

/// The instances so far.
struct Kept<P> {
    shards: [Mutex<Option<Shard<P>>>; SHARDS],
    overflow: OnceLock<Arc<Slot<P>>>,
    keys: AtomicU32,
    /// When the slots were looked through last.
    swept_at: AtomicU64,
}

impl<P> Kept<P> {
    const fn new() -> Self {
        Self {
            shards: [const { Mutex::new(None) }; SHARDS],
            overflow: OnceLock::new(),
            keys: AtomicU32::new(0),
            swept_at: AtomicU64::new(0),
        }
    }

    #[inline]
    fn shard(&self, key: &str) -> &Mutex<Option<Shard<P>>> {
        let last = key.as_bytes().last().copied().unwrap_or_default();
        &self.shards[(usize::from(last) ^ key.len()) % SHARDS]
    }
}

const SHARDS: usize = 16;
type Shard<P> = HashMap<Arc<str>, Arc<Slot<P>>, KeyHash>;

struct Slot<P> {
    policy: P,
    /// It was asked for since the slots were looked through last.
    is_used: AtomicBool,
}

/// The instance of one key, which stays as long as this lives; made by [`Keyed::get`].
pub struct Instanced<P>(Arc<Slot<P>>);

impl<P> Keyed<P> {
    /// One of these for each key.
    #[must_use]
    pub const fn new(template: P) -> Self {
        Self {
            template,
            site: None,
            labels_key: false,
            max_keys: 1024,
            idle: 60_000_000_000,
            kept: Own::new(Kept::new()),
        }
    }

    /// Keeps instances for at most so many keys at a time.
    ///
    /// # Panics
    ///
    /// If `keys` is 0 or above 1,000,000; in a `static`, that is an error at compile time.
    #[must_use]
    pub const fn max_keys(mut self, keys: u32) -> Self {
        assert!(keys >= 1 && keys <= 1_000_000, "`max_keys` is at least 1 and at most 1,000,000");
        self.max_keys = keys;
        self
    }

    /// Keeps an instance for at least so long after its last use; a minute unless told.
    #[must_use]
    pub const fn idle(mut self, time: Duration) -> Self {
        self.idle = nanos::of(time);
        self
    }

    /// Tells the keys apart in metrics, by the label `key`; unless told, they are added up.
    ///
    /// Each key costs the series of a policy, and everybody who reads metrics sees it.
    ///
    /// ```
    /// use spandrel::resilience::{Keyed, Rate, RateLimiter};
    ///
    /// static REGIONS: Keyed<RateLimiter> =
    ///     Keyed::new(RateLimiter::new("regions", Rate::per_second(100))).label_key();
    /// # let _ = REGIONS.get("eu");
    /// ```
    #[must_use]
    pub const fn label_key(mut self) -> Self {
        self.labels_key = true;
        self
    }

    /// Has them named after this function, if they have no name of their own.
    #[doc(hidden)]
    #[must_use]
    pub const fn of(mut self, site: &'static Site) -> Self {
        self.site = Some(site);
        self
    }

    /// What all of them are like.
    pub(crate) fn pattern(&self) -> &P {
        &self.template
    }

    pub(crate) fn most_keys(&self) -> u32 {
        self.max_keys
    }

    /// How many keys have an instance of their own now.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.kept().keys.load(Relaxed) as usize
    }

    #[inline(always)]
    fn kept(&self) -> &Kept<P> {
        self.kept.get(Kept::new)
    }
}

impl<P: Keyable> Keyed<P> {
    /// The instance of this key.
    ///
    /// Whoever holds what it returns keeps it from being evicted: hold it as long as the call lasts.
    #[must_use]
    pub fn get(&self, key: &str) -> Instanced<P> {
        self.with(key, |slot| Instanced(Arc::clone(slot)))
    }

    /// Does something with the instance of this key that takes no time and calls nobody.
    fn with<R>(&self, key: &str, act: impl FnOnce(&Arc<Slot<P>>) -> R) -> R {
        let kept = self.kept();
        let mut shard = lock(kept.shard(key));
        if let Some(slot) = shard.as_ref().and_then(|slots| slots.get(key)) {
            if !slot.is_used.load(Relaxed) {
                slot.is_used.store(true, Relaxed);
            }
            return act(slot);
        }
        if !self.has_room(kept) {
            drop(shard);
            self.sweep(kept);
            if !self.has_room(kept) {
                return act(self.overflow(kept));
            }
            shard = lock(kept.shard(key));
        }
        let slots = shard.get_or_insert_with(|| HashMap::with_hasher(KeyHash::new()));
        let key: Arc<str> = key.into();
        let slot = slots.entry(Arc::clone(&key)).or_insert_with(|| {
            kept.keys.fetch_add(1, Relaxed);
            let is_used = AtomicBool::new(true);
            Arc::new(Slot { policy: self.make(key), is_used })
        });
        act(slot)
    }

    /// Keys that come at the same moment may each find the last room: one more for each thread.
    fn has_room(&self, kept: &Kept<P>) -> bool {
        kept.keys.load(Relaxed) < self.max_keys
    }

    #[cold]
    fn overflow<'k>(&self, kept: &'k Kept<P>) -> &'k Arc<Slot<P>> {
        kept.overflow.get_or_init(|| {
            let policy = self.make("…".into());
            Arc::new(Slot { policy, is_used: AtomicBool::new(true) })
        })
    }

    #[cold]
    fn make(&self, key: Arc<str>) -> P {
        let name = match (self.template.own_name(), self.site) {
            ("", Some(site)) => site.name(),
            (name, _) => name,
        };
        if self.labels_key {
            label_key(name);
        }
        self.template.for_key(Owner { name, scopes: &self.scopes() }, key)
    }

    /// By what they can be addressed.
    pub(crate) fn scopes(&self) -> Scopes {
        self.site.map_or_else(|| Scopes::of_name(self.template.own_name()), Scopes::of_site)
    }

    /// Forgets those that were not used since this was done last, which was long enough ago.
    #[cold]
    fn sweep(&self, kept: &Kept<P>) {
        let (now, last) = (time::nanos(), kept.swept_at.load(Relaxed));
        let is_due = last == 0 || now.saturating_sub(last) >= self.idle;
        let mine =
            is_due && kept.swept_at.compare_exchange(last, now.max(1), Relaxed, Relaxed).is_ok();
        if !mine {
            return;
        }
        for shard in &kept.shards {
            let mut forgotten = Vec::new();
            if let Some(slots) = lock(shard).as_mut() {
                // Under the lock nobody begins to hold one.
                forgotten.extend(slots.extract_if(|_, slot| {
                    !slot.is_used.swap(false, Relaxed)
                        && Arc::strong_count(slot) == 1
                        && slot.policy.is_at_rest(now)
                }));
            }
            kept.keys.fetch_sub(forgotten.len() as u32, Relaxed);
        }
    }
}

impl<P> Deref for Instanced<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.0.policy
    }
}

impl<P> Clone for Instanced<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<P: fmt::Debug> fmt::Debug for Instanced<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.policy.fmt(f)
    }
}

impl<P: fmt::Debug> fmt::Debug for Keyed<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed")
            .field("template", &self.template)
            .field("keys", &self.keys())
            .finish_non_exhaustive()
    }
}
