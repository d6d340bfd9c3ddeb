use serde::Deserialize;

use super::answer::Refused;
use crate::ledger::{Books, Charge};
use crate::provider::Provider;

/// Which charge is meant: by the provider's id, by reference, or by order code.
#[derive(Debug, Deserialize)]
pub(super) struct Selector {
    provider: Option<Provider>,
    id: Option<String>,
    reference: Option<String>,
    order_code: Option<String>,
}

impl Selector {
    /// The charge meant. Where several bear the name, the newest that can still be paid, else the newest.
    pub(super) fn find(&self, books: &Books) -> Result<Charge, Refused> {
        let word = self
            .id
            .as_deref()
            .or(self.reference.as_deref())
            .or(self.order_code.as_deref())
            .ok_or_else(|| Refused::bad_request("one of id, reference or order_code is needed"))?;
        let candidates =
            || books.charge(word).into_iter().chain(books.charges_named(word)).filter(|charge| self.fits(charge));
        candidates()
            .filter(|charge| charge.status == crate::ledger::ChargeStatus::Open)
            .last()
            .or_else(|| candidates().last())
            .cloned()
            .ok_or_else(|| Refused::not_found(format!("no charge is called {word:?}")))
    }

    fn fits(&self, charge: &Charge) -> bool {
        let same = |wanted: &Option<String>, actual: Option<&str>| wanted.is_none() || wanted.as_deref() == actual;
        self.provider.is_none_or(|wanted| wanted == charge.provider)
            && same(&self.id, Some(&charge.id))
            && same(&self.reference, Some(&charge.reference))
            && same(&self.order_code, charge.order_code.as_deref())
    }
}
