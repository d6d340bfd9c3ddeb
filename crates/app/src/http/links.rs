//! Links that lead back to us.

use mstore_pay_domain::ids::{AccountId, PaymentId, ProviderId};
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::time::Timestamp;

use crate::pages::link::{LinkError, LinkSigner, PayLink};

/// Makes links, and opens those of the pay page.
#[derive(Debug, Clone)]
pub(crate) struct Links {
    signer: LinkSigner,
    base: String,
}

impl Links {
    /// Links that start with `base`.
    pub(crate) const fn new(signer: LinkSigner, base: String) -> Self {
        Self { signer, base }
    }

    /// Where a payment's page is.
    pub(crate) fn page(&self, payment: &Payment) -> String {
        format!("{}/pay/{}", self.base, self.signer.token(&PayLink::to(payment)))
    }

    /// Where a payment's QR is rendered.
    pub(crate) fn qr(&self, payment: &Payment) -> String {
        format!("{}/qr.png", self.page(payment))
    }

    /// Where a payment is asked about: a path, so that it holds behind any name of ours.
    pub(crate) fn location(payment: &PaymentId) -> String {
        format!("/api/v1/pos/payments/{payment}")
    }

    /// Where a provider sends webhooks about an account.
    pub(crate) fn webhook(&self, provider: &ProviderId, account: &AccountId) -> String {
        format!("{}/api/v1/webhook/{provider}/{account}", self.base)
    }

    /// What a token leads to.
    pub(crate) fn open(&self, token: &str, now: Timestamp) -> Result<PayLink, LinkError> {
        self.signer.open(token, now)
    }
}
