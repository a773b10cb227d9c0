//! From a key of the facade to the handle that was made for it.

use std::sync::Mutex;

use ::metrics::Key;

use crate::{
    metrics::{LabelVisitor, Labels, Table},
    sync::lock,
};

/// Handles by their keys, found without a lock.
///
/// A key is a name with labels as somebody wrote them, so there may be several of one series.
pub(super) struct Keys<H: 'static> {
    table: Table<(Key, H)>,
    count: Mutex<usize>,
}

/// Further ones are made each time.
const MOST: usize = 20_000;

impl<H: Clone + Send + Sync> Keys<H> {
    pub(super) const fn new() -> Self {
        Self { table: Table::new(), count: Mutex::new(0) }
    }

    pub(super) fn find(&self, key: &Key, make: impl FnOnce() -> H) -> H {
        let hash = key.get_hash();
        if let Some((_, handle)) = self.table.find(hash, |(known, _)| known == key) {
            return handle.clone();
        }
        let handle = make();
        let mut count = lock(&self.count);
        let is_new = self.table.find(hash, |(known, _)| known == key).is_none();
        if is_new && *count < MOST {
            let known = Box::leak(Box::new((key.to_retained(), handle.clone())));
            self.table.add(hash, known, *count);
            *count += 1;
        }
        handle
    }
}

/// The labels of a key.
pub(super) struct Given<'k>(pub(super) &'k Key);

impl Labels for Given<'_> {
    fn visit(&self, visitor: &mut impl LabelVisitor) {
        self.0.labels().for_each(|label| visitor.label(label.key(), &label.value()));
    }
}
