//! A payment: what the till asked for, by one method and for one amount; the charges that were
//! opened for it, and what they make of it.

mod details;
mod display;
mod status;

pub use details::{MetadataError, PaymentDetails};
pub use display::{Display, Withdrawal};
pub use status::{PaymentStatus, Standing};

use crate::audit::AuditHead;
use crate::charge::Charge;
use crate::ids::{BranchId, ChargeId, MerchantId, OrderCode, OurReference, PaymentId, ProviderRef};
use crate::method::Method;
use crate::money::Money;
use crate::time::Timestamp;

/// How often a payment was written. A commit names the revision it was decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(u64);

impl Revision {
    /// That of something never written.
    pub const NEW: Self = Self(0);

    /// A stored revision.
    #[must_use]
    pub const fn of(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Whether another charge may still be opened for a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intake {
    /// A create or its recovery is at work.
    Open,
    /// No more charges: one was opened, or the create ended otherwise.
    Closed,
}

/// The `reference_id` that the till knows the payment by; fixed with the first answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicReference {
    /// No answer was given yet.
    Unset,
    /// The provider's id of the charge in the first 200.
    Provider(ProviderRef),
    /// Our payment id: the first answer was no 200.
    Own,
}

/// Checks that changed nothing: counted, not recorded one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CheckLog {
    /// How many.
    pub count: u32,
    /// The last one.
    pub last_at: Option<Timestamp>,
}

/// What the till asked for, and all that came of it. The unit of consistency: payments and their
/// charges are read and written together, under one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Our id.
    pub id: PaymentId,
    /// The tenant.
    pub merchant: MerchantId,
    /// The branch, where the token named one.
    pub branch: Option<BranchId>,
    /// The POS order it pays.
    pub order_code: OrderCode,
    /// By what.
    pub method: Method,
    /// How much: whole rupiah above zero.
    pub amount: Money,
    /// Which attempt to pay that order this is, from 1.
    pub attempt: u32,
    /// What else the till said.
    pub details: PaymentDetails,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its display ends.
    pub expires_at: Timestamp,
    /// Under which revision it was read.
    pub revision: Revision,
    /// Whether more charges may be opened.
    pub intake: Intake,
    /// Whether its charge may be shown.
    pub display: Display,
    /// How the till refers to it.
    pub reference: PublicReference,
    /// The charges, oldest first.
    pub charges: Vec<Charge>,
    /// The head of its audit chain.
    pub audit: AuditHead,
    /// Checks that changed nothing.
    pub checks: CheckLog,
}

impl Payment {
    /// The charge the till is shown: the newest that is not hidden.
    #[must_use]
    pub fn shown_charge(&self) -> Option<&Charge> {
        self.charges.iter().rev().find(|charge| !charge.is_hidden())
    }

    /// Whether there is something to put before a customer, and it may be.
    #[must_use]
    pub fn can_be_shown(&self) -> bool {
        self.display == Display::Shown && self.shown_charge().is_some_and(|charge| charge.artefact().is_some())
    }

    /// The push of which nobody knows whether it reached the customer, while no more charges are opened.
    #[must_use]
    pub fn unanswered_push(&self) -> Option<&Charge> {
        let last = self.shown_charge().filter(|_| self.intake == Intake::Closed);
        last.filter(|charge| charge.is_unanswered_push())
    }

    /// Whether nothing but a till's word says that it was ever paid: the till reported it, and no charge of ours was
    /// opened for it.
    #[must_use]
    pub fn is_unproven(&self) -> bool {
        self.charges.is_empty()
    }

    /// The charge of that id.
    #[must_use]
    pub fn charge(&self, id: &ChargeId) -> Option<&Charge> {
        self.charges.iter().find(|charge| &charge.id == id)
    }

    /// The charge of that id, to change it.
    pub fn charge_mut(&mut self, id: &ChargeId) -> Option<&mut Charge> {
        self.charges.iter_mut().find(|charge| &charge.id == id)
    }

    /// The charge that the provider knows by that reference of ours.
    #[must_use]
    pub fn charge_by_reference(&self, reference: &OurReference) -> Option<&Charge> {
        self.charges.iter().find(|charge| &charge.our_reference == reference)
    }

    /// The charge that carries that id of the provider's, for itself or for money on it.
    #[must_use]
    pub fn charge_by_provider_ref(&self, provider_ref: &ProviderRef) -> Option<&Charge> {
        self.charges.iter().find(|charge| charge.provider_refs().any(|known| known == provider_ref))
    }

    /// The `reference_id` shown to the till.
    #[must_use]
    pub fn public_reference(&self) -> String {
        match &self.reference {
            PublicReference::Provider(provider_ref) => provider_ref.to_string(),
            PublicReference::Own | PublicReference::Unset => self.id.to_string(),
        }
    }
}
