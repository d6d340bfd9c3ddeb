//! The one write.

use std::collections::{BTreeMap, BTreeSet};

use super::table::Table;
use super::tables::{AccountKey, BodyRow, Held, InboxState, OutboxRow, PaymentRow, Tables, is_held_by};
use crate::audit::{AuditHead, AuditRecord};
use crate::charge::Funds;
use crate::event::OutboxMessage;
use crate::ids::{ChargeId, PaymentId};
use crate::payment::Revision;
use crate::ports::CommitError;
use crate::time::Timestamp;
use crate::unit_of_work::{Due, InboxFate, InboxMark, OrderRead, OrderWrite, PaymentWrite, UnitOfWork};

impl Tables {
    /// Applies a unit of work; what it changed before an error is for the caller to take back.
    pub(super) fn commit(&mut self, work: &UnitOfWork, now: Timestamp) -> Result<(), CommitError> {
        for read in &work.orders_read {
            self.check_order(read)?;
        }
        self.append_records(work)?;
        for write in &work.payments {
            self.write_payment(write, now)?;
        }
        for write in &work.orders {
            self.write_order(write)?;
        }
        for tender in &work.tenders {
            self.add_tender(tender)?;
        }
        for write in &work.live_orders {
            self.write_live_order(write)?;
        }
        for write in &work.exceptions {
            self.write_exception(write)?;
        }
        for write in &work.offline {
            self.write_offline(write)?;
        }
        for write in &work.idempotency {
            self.write_idempotency(write)?;
        }
        for mark in &work.inbox {
            self.mark_delivery(mark)?;
        }
        for message in &work.outbox {
            self.send_out(message, now)?;
        }
        for noted in &work.merchant_notes {
            let mut chain = self.merchant_chains.get(&noted.merchant).cloned().unwrap_or_default();
            let (record, head) = chain.head.append_noted(noted);
            chain.records.push(record);
            chain.head = head;
            self.merchant_chains.put(noted.merchant.clone(), chain);
        }
        for body in &work.bodies {
            let kept_since = self.bodies.get(&body.digest()).map(|kept| kept.at);
            let at = work.recorded_at().max(kept_since.unwrap_or(Timestamp::EPOCH));
            self.bodies.put(body.digest(), BodyRow { bytes: body.bytes.clone(), at });
        }
        Ok(())
    }

    fn check_order(&self, read: &OrderRead) -> Result<(), CommitError> {
        let key = (read.merchant.clone(), read.order_code.clone());
        let order = self.orders.get(&key).map_or(Revision::NEW, |order| order.revision);
        let own = self.of_order_code(&read.order_code).filter(|payment| payment.merchant == read.merchant);
        let payments: BTreeMap<PaymentId, Revision> = own.map(|payment| (payment.id, payment.revision)).collect();
        if order == read.order && payments == read.payments {
            Ok(())
        } else {
            Err(CommitError::Conflict { current: None })
        }
    }

    fn append_records(&mut self, work: &UnitOfWork) -> Result<(), CommitError> {
        let mut heads: BTreeMap<PaymentId, AuditHead> = BTreeMap::new();
        for record in &work.audit {
            let stored = self.payments.get(&record.payment);
            let conflict = CommitError::Conflict { current: stored.map(|row| row.payment.revision) };
            let stored_head = stored.map(|row| row.payment.audit).unwrap_or_default();
            let head = heads.entry(record.payment).or_insert(stored_head);
            if !follows(record, *head) {
                return Err(conflict);
            }
            *head = AuditHead { seq: record.seq, digest: record.digest() };
            self.records.put((record.payment, record.seq), record.clone());
        }
        let written: BTreeMap<PaymentId, AuditHead> =
            work.payments.iter().map(|write| (write.payment.id, write.payment.audit)).collect();
        for (payment, head) in &written {
            let stored = self.payments.get(payment);
            let stored_head = stored.map(|row| row.payment.audit).unwrap_or_default();
            if *head != heads.remove(payment).unwrap_or(stored_head) {
                return Err(CommitError::Conflict { current: stored.map(|row| row.payment.revision) });
            }
        }
        // A link without its payment would leave the payment's head behind.
        if heads.is_empty() { Ok(()) } else { Err(CommitError::Conflict { current: None }) }
    }

    fn write_payment(&mut self, write: &PaymentWrite, now: Timestamp) -> Result<(), CommitError> {
        let mut payment = write.payment.clone();
        let stored = self.payments.get(&payment.id).cloned();
        check_revision(stored.as_ref().map(|row| row.payment.revision), write.expected, "payment id")?;
        payment.revision = write.expected.next();
        self.claim_names(write)?;
        if let Some(row) = &stored {
            payment.details = row.payment.details.clone();
        }
        if let Some(due) = stored.and_then(|row| row.due) {
            self.due.remove(&(due, payment.id));
        }
        let (due, held) = match write.due {
            Due::Never => (None, None),
            Due::At(at) => (Some(at), None),
            Due::Leased(lease) => (Some(Timestamp::EPOCH), Some(Held::from(lease, now))),
        };
        if let Some(due) = due {
            self.due.put((due, payment.id), ());
        }
        let mut of_order = self.by_order.get(&payment.order_code).cloned().unwrap_or_default();
        if of_order.insert(payment.id) {
            self.by_order.put(payment.order_code.clone(), of_order);
        }
        self.payments.put(payment.id, PaymentRow { payment, due, held });
        Ok(())
    }

    /// Takes every name of a payment's charges that must be unique.
    fn claim_names(&mut self, write: &PaymentWrite) -> Result<(), CommitError> {
        let payment = &write.payment;
        let mut charges = BTreeSet::new();
        for charge in &payment.charges {
            let theirs = self.charges.get(&charge.id).is_some_and(|owner| *owner != payment.id);
            if theirs || !charges.insert(charge.id) {
                return Err(CommitError::Duplicate { what: "charge id" });
            }
            self.charges.put(charge.id, payment.id);
            let account = (charge.provider.clone(), charge.account.clone());
            let owner = (payment.id, charge.id);
            claim(&mut self.our_references, &charge.our_reference, &account, owner, "our reference")?;
            if let Some(charge_ref) = charge.provider_ref() {
                claim(&mut self.charge_refs, charge_ref, &account, owner, "provider reference")?;
            }
            let receipts = charge.state.funds().into_iter().flat_map(Funds::receipts);
            for receipt in receipts {
                claim(&mut self.receipts, &receipt.payment_ref, &account, owner, "receipt")?;
            }
        }
        Ok(())
    }

    fn write_order(&mut self, write: &OrderWrite) -> Result<(), CommitError> {
        let mut order = write.order.clone();
        let key = (order.merchant.clone(), order.code.clone());
        check_revision(self.orders.get(&key).map(|order| order.revision), write.expected, "order")?;
        order.revision = write.expected.next();
        self.orders.put(key, order);
        Ok(())
    }

    fn mark_delivery(&mut self, mark: &InboxMark) -> Result<(), CommitError> {
        let row = self.inbox.get(&mark.delivery).filter(|row| is_held_by(row.held, mark.token)).cloned();
        let mut row = row.ok_or(CommitError::LeaseLost)?;
        row.state = match &mark.fate {
            InboxFate::Done => InboxState::Done,
            InboxFate::Parked { .. } => InboxState::Parked,
            InboxFate::Dead { .. } => InboxState::Dead,
        };
        row.held = None;
        self.inbox_open.remove(&row.number);
        self.inbox.put(mark.delivery, row);
        Ok(())
    }

    fn send_out(&mut self, message: &OutboxMessage, now: Timestamp) -> Result<(), CommitError> {
        if self.outbox_ids.get(&message.id).is_some() {
            return Err(CommitError::Duplicate { what: "message id" });
        }
        let number = self.number();
        self.outbox_ids.put(message.id, number);
        self.changes.put((message.merchant.clone(), number), message.clone());
        self.outbox.put(number, OutboxRow { message: message.clone(), attempts: 0, due: now, held: None });
        Ok(())
    }
}

fn follows(record: &AuditRecord, head: AuditHead) -> bool {
    record.seq == head.seq.saturating_add(1) && record.previous == head.digest
}

fn check_revision(stored: Option<Revision>, expected: Revision, what: &'static str) -> Result<(), CommitError> {
    match stored {
        None if expected == Revision::NEW => Ok(()),
        Some(stored) if stored == expected => Ok(()),
        Some(_) if expected == Revision::NEW => Err(CommitError::Duplicate { what }),
        current => Err(CommitError::Conflict { current }),
    }
}

fn claim<K: Ord + Clone>(
    names: &mut Table<K, BTreeMap<AccountKey, (PaymentId, ChargeId)>>,
    name: &K,
    account: &AccountKey,
    owner: (PaymentId, ChargeId),
    what: &'static str,
) -> Result<(), CommitError> {
    let mut owners = names.get(name).cloned().unwrap_or_default();
    match owners.insert(account.clone(), owner) {
        Some(before) if before == owner => Ok(()),
        Some(_) => Err(CommitError::Duplicate { what }),
        None => {
            names.put(name.clone(), owners);
            Ok(())
        }
    }
}
