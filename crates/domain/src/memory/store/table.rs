//! A table whose changes can be taken back.

use std::borrow::Borrow;
use std::collections::BTreeMap;

/// Rows by key, and what the changes not yet kept have replaced.
#[derive(Debug)]
pub(super) struct Table<K, V> {
    rows: BTreeMap<K, V>,
    replaced: Vec<(K, Option<V>)>,
}

/// Something whose changes are kept or taken back together.
pub(super) trait Journaled {
    /// The changes stand.
    fn keep(&mut self);
    /// The changes never were.
    fn roll_back(&mut self);
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), replaced: Vec::new() }
    }
}

impl<K: Ord + Clone, V: Clone> Table<K, V> {
    pub(super) fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.rows.get(key)
    }

    pub(super) fn rows(&self) -> &BTreeMap<K, V> {
        &self.rows
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn put(&mut self, key: K, row: V) {
        let before = self.rows.insert(key.clone(), row);
        self.replaced.push((key, before));
    }

    pub(super) fn remove(&mut self, key: &K) {
        let before = self.rows.remove(key);
        self.replaced.push((key.clone(), before));
    }

    /// Changes a row in its place; `false` if there is none.
    pub(super) fn change(&mut self, key: &K, change: impl FnOnce(&mut V)) -> bool {
        let Some(mut row) = self.rows.get(key).cloned() else { return false };
        change(&mut row);
        self.put(key.clone(), row);
        true
    }
}

impl<K: Ord, V> Journaled for Table<K, V> {
    fn keep(&mut self) {
        self.replaced.clear();
    }

    fn roll_back(&mut self) {
        while let Some((key, before)) = self.replaced.pop() {
            match before {
                Some(row) => drop(self.rows.insert(key, row)),
                None => drop(self.rows.remove(&key)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_that_are_not_kept_never_were() {
        let mut table = Table::default();
        table.put(1, 'a');
        table.keep();
        table.put(1, 'b');
        table.put(2, 'c');
        table.remove(&1);
        assert!(table.change(&2, |row| *row = 'd'));
        table.roll_back();
        assert_eq!(table.rows(), &BTreeMap::from([(1, 'a')]));
    }
}
