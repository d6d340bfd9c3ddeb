use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::answer::Refused;
use crate::ledger::{Books, Charge, ChargeStatus, SnapPage};
use crate::midtrans;
use crate::provider::Provider;
use crate::sandbox::{Pen, Sandbox};

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
            .filter(|charge| charge.status == ChargeStatus::Open)
            .last()
            .or_else(|| candidates().last())
            .cloned()
            .ok_or_else(|| Refused::not_found(format!("no charge is called {word:?}")))
    }

    /// The charge that a customer would pay: of a page on which nothing is under way, what is picked on it now.
    pub(super) fn to_pay(
        &self,
        sandbox: &Sandbox,
        pen: &mut Pen<'_>,
        host: &str,
        now: DateTime<Utc>,
    ) -> Result<Charge, Refused> {
        let found = self.find(pen);
        let is_over = |charge: &Charge| match charge.status {
            ChargeStatus::Failed | ChargeStatus::Canceled | ChargeStatus::Expired => true,
            ChargeStatus::Open | ChargeStatus::Authorized | ChargeStatus::Paid => false,
        };
        let page = self.page(pen).cloned().filter(|page| match &found {
            Ok(charge) => is_over(charge) && page.is_open(now),
            Err(_) => true,
        });
        let picked = page.and_then(|page| midtrans::pick_first(sandbox, pen, &page, host, now));
        picked.map_or(found, Ok)
    }

    /// The page meant, the newest of several.
    pub(super) fn page<'a>(&self, books: &'a Books) -> Option<&'a SnapPage> {
        let same = |wanted: &Option<String>, actual: Option<&str>| wanted.is_none() || wanted.as_deref() == actual;
        let names_one = self.id.is_some() || self.reference.is_some() || self.order_code.is_some();
        let fits = |page: &&SnapPage| {
            same(&self.id, Some(&page.token))
                && same(&self.reference, Some(&page.order_id))
                && same(&self.order_code, page.order_code().as_deref())
        };
        let is_meant = names_one && self.provider.is_none_or(|wanted| wanted == Provider::Midtrans);
        books.pages().filter(|_| is_meant).filter(fits).max_by_key(|page| page.made_at)
    }

    fn fits(&self, charge: &Charge) -> bool {
        let same = |wanted: &Option<String>, actual: Option<&str>| wanted.is_none() || wanted.as_deref() == actual;
        self.provider.is_none_or(|wanted| wanted == charge.provider)
            && same(&self.id, Some(&charge.id))
            && same(&self.reference, Some(&charge.reference))
            && same(&self.order_code, charge.order_code.as_deref())
    }
}
