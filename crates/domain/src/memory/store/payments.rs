//! Payments: finding, leasing, and the door to the one write.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::MemoryStore;
use super::tables::{AccountKey, Held, Tables, is_free, is_held_by};
use crate::idempotency::IdempotencySlot;
use crate::ids::{AccountId, LeaseToken, MerchantId, OrderCode, OurReference, PaymentId, ProviderId, ProviderRef};
use crate::lease::Lease;
use crate::payment::{Payment, Revision};
use crate::ports::{
    BeforeSale, CommitError, LeasedPayment, OrderWithPayments, PaymentFilter, PaymentInOrder, PaymentName,
    PaymentPlace, PaymentRepository, StoreError,
};
use crate::time::Timestamp;
use crate::unit_of_work::UnitOfWork;

impl Tables {
    fn find(&self, id: &PaymentId) -> Option<Payment> {
        self.payments.get(id).map(|row| row.payment.clone())
    }

    /// The merchant's oldest payment with a charge of that id of its provider's.
    fn of_charge(&self, merchant: &MerchantId, provider_ref: &ProviderRef) -> Option<Payment> {
        let owners = self.charge_refs.get(provider_ref).into_iter().flat_map(|owners| owners.values());
        let own = owners.filter_map(|(id, _)| self.find(id)).filter(|payment| &payment.merchant == merchant);
        own.min_by_key(|payment| (payment.created_at, payment.id))
    }

    pub(super) fn of_order_code(&self, code: &OrderCode) -> impl Iterator<Item = &Payment> {
        let ids = self.by_order.get(code).into_iter().flatten();
        ids.filter_map(|id| self.payments.get(id)).map(|row| &row.payment)
    }

    fn of_order(&self, merchant: &MerchantId, code: &OrderCode) -> Vec<Payment> {
        let own = self.of_order_code(code).filter(|payment| &payment.merchant == merchant);
        let mut payments: Vec<Payment> = own.cloned().collect();
        payments.sort_by_key(|payment| (payment.created_at, payment.id));
        payments
    }

    fn order_with_payments(&self, merchant: &MerchantId, code: &OrderCode) -> OrderWithPayments {
        let order = self.orders.get(&(merchant.clone(), code.clone())).cloned();
        OrderWithPayments { order, payments: self.of_order(merchant, code) }
    }

    fn claim_due(&mut self, due_at: Timestamp, limit: u32, held: Held, now: Timestamp) -> Vec<LeasedPayment> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let free = |id: &PaymentId| self.payments.get(id).is_some_and(|row| is_free(row.held, now));
        let due = self.due.rows().keys().take_while(|(due, _)| *due <= due_at).map(|(_, id)| *id);
        let taken: Vec<PaymentId> = due.filter(free).take(limit).collect();
        for id in &taken {
            self.payments.change(id, |row| row.held = Some(held));
        }
        taken
            .iter()
            .filter_map(|id| self.find(id))
            .map(|payment| LeasedPayment { payment, token: held.token })
            .collect()
    }

    fn reschedule(&mut self, id: &PaymentId, token: LeaseToken, checked_at: Timestamp, next: Option<Timestamp>) {
        let Some(mut row) = self.payments.get(id).filter(|row| is_held_by(row.held, token)).cloned() else { return };
        if let Some(due) = row.due {
            self.due.remove(&(due, *id));
        }
        if let Some(next) = next {
            self.due.put((next, *id), ());
        }
        row.due = next;
        row.held = None;
        row.payment.checks.count = row.payment.checks.count.saturating_add(1);
        row.payment.checks.last_at = Some(checked_at);
        self.payments.put(*id, row);
    }
}

/// The first of an order's payments, oldest first, that holds money.
fn oldest_paid(payments: &[Payment]) -> Option<PaymentId> {
    payments.iter().find(|payment| payment.status().holds_money()).map(|payment| payment.id)
}

#[async_trait]
impl PaymentRepository for MemoryStore {
    async fn payment(&self, merchant: &MerchantId, id: &PaymentId) -> Result<Option<Payment>, StoreError> {
        Ok(self.read(|tables| tables.find(id)).filter(|payment| &payment.merchant == merchant))
    }

    async fn payment_in_order(
        &self,
        merchant: &MerchantId,
        name: &PaymentName,
    ) -> Result<Option<PaymentInOrder>, StoreError> {
        Ok(self.read(|tables| {
            let payment = match name {
                PaymentName::Id(id) => tables.find(id).filter(|payment| &payment.merchant == merchant)?,
                PaymentName::ProviderRef(provider_ref) => tables.of_charge(merchant, provider_ref)?,
            };
            let OrderWithPayments { order, payments } = tables.order_with_payments(merchant, &payment.order_code);
            Some(PaymentInOrder { payment, order, paid_by: oldest_paid(&payments) })
        }))
    }

    async fn by_provider_ref(
        &self,
        merchant: &MerchantId,
        provider_ref: &ProviderRef,
    ) -> Result<Option<Payment>, StoreError> {
        Ok(self.read(|tables| tables.of_charge(merchant, provider_ref)))
    }

    async fn by_account_refs(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        refs: &[ProviderRef],
    ) -> Result<Vec<OrderWithPayments>, StoreError> {
        let account: AccountKey = (provider.clone(), account.clone());
        Ok(self.read(|tables| {
            let names = refs.iter().flat_map(|name| [tables.charge_refs.get(name), tables.receipts.get(name)]);
            let owners: BTreeSet<_> = names.filter_map(|owners| owners?.get(&account)).map(|(id, _)| id).collect();
            let found = owners.into_iter().filter_map(|id| tables.find(id));
            let orders: BTreeSet<_> = found.map(|payment| (payment.merchant, payment.order_code)).collect();
            orders.iter().map(|(merchant, code)| tables.order_with_payments(merchant, code)).collect()
        }))
    }

    async fn by_our_reference(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        reference: &OurReference,
    ) -> Result<Option<Payment>, StoreError> {
        let account: AccountKey = (provider.clone(), account.clone());
        Ok(self.read(|tables| {
            let owner = tables.our_references.get(reference)?.get(&account);
            owner.and_then(|(id, _)| tables.find(id))
        }))
    }

    async fn by_account_order(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        code: &OrderCode,
    ) -> Result<Vec<Payment>, StoreError> {
        let there = |payment: &&Payment| is_at_account(payment, provider, account);
        Ok(self.read(|tables| tables.of_order_code(code).filter(there).cloned().collect()))
    }

    async fn at_account(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        since: Timestamp,
        after: Option<PaymentPlace>,
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError> {
        let wanted = |payment: &&Payment| {
            payment.created_at >= since
                && after.is_none_or(|after| PaymentPlace::of(payment) > after)
                && is_at_account(payment, provider, account)
        };
        let mut found: Vec<Payment> = self.read(|tables| {
            let payments = tables.payments.rows().values().map(|row| &row.payment);
            payments.filter(wanted).cloned().collect()
        });
        found.sort_by_key(PaymentPlace::of);
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn of_order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Vec<Payment>, StoreError> {
        Ok(self.read(|tables| tables.of_order(merchant, code)))
    }

    async fn order_with_payments(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
    ) -> Result<OrderWithPayments, StoreError> {
        Ok(self.read(|tables| tables.order_with_payments(merchant, code)))
    }

    async fn before_sale(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
        slot: &Option<IdempotencySlot>,
    ) -> Result<BeforeSale, StoreError> {
        Ok(self.read(|tables| BeforeSale {
            key: slot.as_ref().and_then(|slot| tables.idempotency.get(slot).cloned()),
            order: tables.order_with_payments(merchant, code),
        }))
    }

    async fn paid_of_order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Option<PaymentId>, StoreError> {
        Ok(self.read(|tables| oldest_paid(&tables.of_order(merchant, code))))
    }

    async fn list(
        &self,
        filter: &PaymentFilter,
        after: Option<PaymentPlace>,
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError> {
        let wanted =
            |payment: &&Payment| filter.admits(payment) && after.is_none_or(|after| PaymentPlace::of(payment) < after);
        let mut found: Vec<Payment> = self.read(|tables| {
            let payments = tables.payments.rows().values().map(|row| &row.payment);
            payments.filter(wanted).cloned().collect()
        });
        found.sort_by_key(|payment| std::cmp::Reverse(PaymentPlace::of(payment)));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn revisions(&self, payments: &[PaymentId]) -> Result<Vec<(PaymentId, Revision)>, StoreError> {
        Ok(self.read(|tables| {
            let found = payments.iter().filter_map(|id| tables.find(id));
            found.map(|payment| (payment.id, payment.revision)).collect()
        }))
    }

    async fn claim_due(&self, now: Timestamp, limit: u32, lease: Lease) -> Result<Vec<LeasedPayment>, StoreError> {
        let clock_now = self.now();
        let held = Held::from(lease, clock_now);
        self.write(|tables| Ok(tables.claim_due(now, limit, held, clock_now)))
    }

    async fn reschedule(
        &self,
        payment: &PaymentId,
        token: LeaseToken,
        checked_at: Timestamp,
        next: &Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.write(|tables| {
            tables.reschedule(payment, token, checked_at, *next);
            Ok(())
        })
    }

    async fn commit(&self, work: &UnitOfWork) -> Result<(), CommitError> {
        let now = self.now();
        self.write(|tables| tables.commit(work, now))
    }
}

fn is_at_account(payment: &Payment, provider: &ProviderId, account: &AccountId) -> bool {
    payment.charges.iter().any(|charge| &charge.provider == provider && &charge.account == account)
}
