use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::{Refund, RefundOutcome};

/// The refunds among the books.
#[derive(Debug, Default)]
pub(crate) struct Refunds {
    all: Vec<Refund>,
    by_id: HashMap<String, usize>,
    deadlines: BTreeSet<(DateTime<Utc>, usize)>,
}

impl Refunds {
    pub(super) fn ask(&mut self, refund: Refund) {
        let index = self.all.len();
        self.by_id.insert(refund.id.clone(), index);
        if let Some(due) = refund.due() {
            self.deadlines.insert((due, index));
        }
        self.all.push(refund);
    }

    pub(super) fn end(&mut self, id: &str, outcome: &RefundOutcome, at: DateTime<Utc>) {
        let Some(&index) = self.by_id.get(id) else { return };
        let Some(refund) = self.all.get_mut(index) else { return };
        if let Some(due) = refund.due() {
            self.deadlines.remove(&(due, index));
        }
        refund.outcome = outcome.clone();
        refund.updated_at = at;
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Refund> {
        self.all.get(*self.by_id.get(id)?)
    }

    /// All refunds, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Refund> {
        self.all.iter()
    }

    /// The pending refund that is settled first.
    pub(crate) fn next_due(&self) -> Option<(DateTime<Utc>, &Refund)> {
        let (at, index) = self.deadlines.first()?;
        Some((*at, self.all.get(*index)?))
    }
}
