//! The provider's own books: what is true, whatever anybody was told.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::charge::{FailureReason, Payer, Receipt, RefundFact};
use crate::ids::{AccountId, ChargeId, IdError, OrderCode, OurReference, ProviderRef, RefundId};
use crate::method::Method;
use crate::money::{Money, ReportedMoney};
use crate::ports::Operation;
use crate::time::Timestamp;

/// A charge in the provider's books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookedCharge {
    /// The provider's id.
    pub charge_ref: ProviderRef,
    /// The account it belongs to.
    pub account: AccountId,
    /// Our id for it, as it was sent.
    pub charge: ChargeId,
    /// Our reference.
    pub our_reference: OurReference,
    /// The order code that travelled with it.
    pub order_code: OrderCode,
    /// By what it can be paid.
    pub method: Method,
    /// How much was asked for.
    pub amount: Money,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Until when it can be paid.
    pub expires_at: Timestamp,
    /// Where it stands, money aside.
    pub status: BookedStatus,
    /// The money that came.
    pub payments: Vec<BookedPayment>,
    /// The money that went back.
    pub refunds: BTreeMap<RefundId, RefundFact>,
}

/// Where a booked charge stands, money aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BookedStatus {
    /// It waits for money, or money came.
    Open,
    /// Its time was over.
    Expired,
    /// It was cancelled.
    Canceled,
    /// It failed.
    Failed(FailureReason),
}

/// Money that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookedPayment {
    /// As a caller is told of it.
    pub receipt: Receipt,
    /// When it was taken back, if it was.
    pub reversed_at: Option<Timestamp>,
}

/// The provider has no such charge or payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no such charge")]
pub struct NoSuchCharge;

impl From<IdError> for NoSuchCharge {
    fn from(_cannot_be_an_id: IdError) -> Self {
        Self
    }
}

/// Something that a webhook tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct News {
    pub(super) charge_ref: ProviderRef,
    pub(super) payment_ref: Option<ProviderRef>,
}

#[derive(Debug, Default)]
pub(super) struct Books {
    charges: Vec<BookedCharge>,
    news: Vec<News>,
    calls: Vec<Operation>,
    numbered: u32,
}

impl BookedCharge {
    /// Whether the provider knows it by that name: its id, our reference, or a payment's id.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.charge_ref.as_str() == name
            || self.our_reference.as_str() == name
            || self.payments.iter().any(|payment| payment.receipt.payment_ref.as_str() == name)
    }

    /// Where it stands at that time: without money it expires by itself.
    pub(super) fn status_at(&self, now: Timestamp) -> BookedStatus {
        if self.status == BookedStatus::Open && self.payments.is_empty() && self.expires_at <= now {
            BookedStatus::Expired
        } else {
            self.status.clone()
        }
    }
}

impl Books {
    pub(super) fn charges(&self) -> &[BookedCharge] {
        &self.charges
    }

    pub(super) fn calls(&self) -> &[Operation] {
        &self.calls
    }

    pub(super) fn note_call(&mut self, operation: Operation) {
        self.calls.push(operation);
    }

    pub(super) fn find(&self, name: &str) -> Option<&BookedCharge> {
        self.charges.iter().find(|charge| charge.is_called(name))
    }

    pub(super) fn find_mut(&mut self, name: &str) -> Result<&mut BookedCharge, NoSuchCharge> {
        self.charges.iter_mut().find(|charge| charge.is_called(name)).ok_or(NoSuchCharge)
    }

    /// Ids as a provider would make them: `kind-0000000001`.
    pub(super) fn new_ref(&mut self, kind: &str) -> Result<ProviderRef, IdError> {
        self.numbered = self.numbered.saturating_add(1);
        ProviderRef::parse(format!("{kind}-{:010}", self.numbered))
    }

    pub(super) fn add(&mut self, charge: BookedCharge) {
        self.charges.push(charge);
    }

    pub(super) fn pay(&mut self, name: &str, amount: &Money, now: Timestamp) -> Result<ProviderRef, NoSuchCharge> {
        let payment_ref = self.new_ref("spy")?;
        let charge = self.find_mut(name)?;
        let receipt_id = Some(payment_ref.to_string());
        let payer = Payer::told(Some("Bank Coba".to_owned()), None, receipt_id);
        let money = ReportedMoney::idr(amount.clone());
        let receipt = Receipt { payment_ref: payment_ref.clone(), money, paid_at: now, payer };
        charge.payments.push(BookedPayment { receipt, reversed_at: None });
        let news = News { charge_ref: charge.charge_ref.clone(), payment_ref: Some(payment_ref.clone()) };
        self.news.push(news);
        Ok(payment_ref)
    }

    pub(super) fn close(&mut self, name: &str, status: BookedStatus) -> Result<(), NoSuchCharge> {
        let charge = self.find_mut(name)?;
        charge.status = status;
        let news = News { charge_ref: charge.charge_ref.clone(), payment_ref: None };
        self.news.push(news);
        Ok(())
    }

    pub(super) fn reverse(&mut self, payment_ref: &ProviderRef, now: Timestamp) -> Result<(), NoSuchCharge> {
        let mut payments = self.charges.iter_mut().flat_map(|charge| charge.payments.iter_mut());
        let payment = payments.find(|payment| &payment.receipt.payment_ref == payment_ref).ok_or(NoSuchCharge)?;
        payment.reversed_at = Some(now);
        Ok(())
    }

    /// Takes out what webhooks have not told of yet for that account, oldest first.
    pub(super) fn take_news(&mut self, account: &AccountId) -> Vec<News> {
        let charges = &self.charges;
        let is_theirs = |news: &News| {
            charges.iter().any(|charge| charge.charge_ref == news.charge_ref && &charge.account == account)
        };
        let (theirs, others) = std::mem::take(&mut self.news).into_iter().partition(is_theirs);
        self.news = others;
        theirs
    }
}
