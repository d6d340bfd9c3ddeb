//! How much waits, and what came of late.

use async_trait::async_trait;

use super::MemoryStore;
use super::tables::Tables;
use crate::charge::{Artefact, Charge, Funds};
use crate::exception::ExceptionState;
use crate::ids::{AccountId, ProviderId};
use crate::payment::PaymentStatus;
use crate::ports::{Census, CensusCounts, PENDING_AGES, StoreError, Tidings};
use crate::time::Timestamp;

impl Tables {
    fn census(&self, now: Timestamp) -> CensusCounts {
        let pending = |since: Timestamp| {
            let rows = self.payments.rows().values().map(|row| &row.payment);
            let waiting = rows.filter(|payment| payment.status() == PaymentStatus::Pending);
            number(waiting.filter(|payment| payment.created_at <= since).count())
        };
        let mut counts = CensusCounts {
            pending: PENDING_AGES.map(|age| pending(now.minus(age))),
            messages: number(self.outbox.len()),
            oldest_message: self.outbox.rows().values().next().map(|row| row.message.at),
            ..CensusCounts::default()
        };
        for exception in self.exceptions.rows().values().filter(|known| known.state == ExceptionState::Open) {
            let count = counts.exceptions.entry(exception.misfit.kind().to_owned()).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }

    fn tidings(&self, (provider, account): (&ProviderId, &AccountId), since: Timestamp, until: Timestamp) -> Tidings {
        let deliveries = self.inbox.rows().values().map(|row| &row.delivery);
        let its_own = deliveries.filter(|delivery| delivery.provider == *provider && delivery.account == *account);
        let last_webhook = its_own.map(|delivery| delivery.received_at).max();
        let unheard_since = since.max(last_webhook.unwrap_or(since));
        let payments = || self.payments.rows().values().map(|row| &row.payment);
        let of_account = |charge: &&Charge| charge.provider == *provider && charge.account == *account;
        let paid = payments().filter(|payment| {
            let funds = payment.charges.iter().filter(of_account).filter_map(|charge| charge.state.funds());
            let mut receipts = funds.flat_map(Funds::receipts);
            receipts.any(|receipt| receipt.paid_at > unheard_since && receipt.paid_at < until)
        });
        let charges = payments().flat_map(|payment| &payment.charges).filter(of_account);
        let qr_codes = charges.filter_map(|charge| match charge.artefact()? {
            Artefact::Qr { qr_string } => Some((charge.id, qr_string)),
            Artefact::VirtualAccount { .. } | Artefact::Bill { .. } | Artefact::Link { .. } | Artefact::Push => None,
        });
        let last_qr = qr_codes.max().map(|(_, qr_string)| qr_string.clone());
        Tidings { last_webhook, paid_unheard: number(paid.count()), last_qr }
    }
}

fn number(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

#[async_trait]
impl Census for MemoryStore {
    async fn census(&self, now: Timestamp) -> Result<CensusCounts, StoreError> {
        Ok(self.read(|tables| tables.census(now)))
    }

    async fn tidings(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Tidings, StoreError> {
        Ok(self.read(|tables| tables.tidings((provider, account), since, until)))
    }
}
