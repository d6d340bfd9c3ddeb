//! What the customer and the test do at the provider.

use std::time::Duration;

use super::books::{BookedCharge, BookedStatus, NoSuchCharge};
use super::{Mishap, ScriptedProvider, ScriptedWebhooks, lock};
use crate::account::ProviderAccount;
use crate::charge::FailureReason;
use crate::ids::ProviderRef;
use crate::money::Money;
use crate::ports::{Availability, Operation};
use crate::webhook::RawWebhook;

impl ScriptedProvider {
    /// The customer pays: any amount, as often as they like, whether or not the charge is still open.
    /// `name` is our reference or the provider's id. Returns the id of the payment.
    ///
    /// # Errors
    /// [`NoSuchCharge`] if nothing is called so.
    pub fn pay(&self, name: &str, amount: &Money) -> Result<ProviderRef, NoSuchCharge> {
        lock(&self.books).pay(name, amount, self.clock.now())
    }

    /// The charge's time is over.
    ///
    /// # Errors
    /// [`NoSuchCharge`] if nothing is called so.
    pub fn expire(&self, name: &str) -> Result<(), NoSuchCharge> {
        lock(&self.books).close(name, BookedStatus::Expired)
    }

    /// The charge fails for that reason.
    ///
    /// # Errors
    /// [`NoSuchCharge`] if nothing is called so.
    pub fn fail(&self, name: &str, reason: FailureReason) -> Result<(), NoSuchCharge> {
        lock(&self.books).close(name, BookedStatus::Failed(reason))
    }

    /// The provider takes a payment back.
    ///
    /// # Errors
    /// [`NoSuchCharge`] if no payment has that id.
    pub fn reverse(&self, payment_ref: &ProviderRef) -> Result<(), NoSuchCharge> {
        lock(&self.books).reverse(payment_ref, self.clock.now())
    }

    /// The next call of that operation goes wrong in that way; several are taken in turn.
    pub fn misbehave(&self, operation: Operation, mishap: Mishap) {
        lock(&self.script).once(operation, mishap);
    }

    /// Every call of that operation goes wrong in that way.
    pub fn misbehave_always(&self, operation: Operation, mishap: Mishap) {
        lock(&self.script).always(operation, mishap);
    }

    /// Says from now on whether openings would be sent, as a circuit breaker before it would.
    pub fn say(&self, availability: Availability) {
        *lock(&self.availability) = availability;
    }

    /// A listing of arrived money ends from now on after that many rows, the newest.
    pub fn list_at_most(&self, rows: usize) {
        *lock(&self.listing_max) = rows;
    }

    /// Money is listed from now on only so long after it came.
    pub fn list_late_by(&self, lag: Duration) {
        *lock(&self.listing_lag) = lag;
    }

    /// All goes well again.
    pub fn behave(&self) {
        *lock(&self.listing_lag) = Duration::ZERO;
        *lock(&self.listing_max) = usize::MAX;
        *lock(&self.script) = super::Script::default();
        *lock(&self.availability) = Availability::Ready;
    }

    /// The books: every charge there is, oldest first.
    #[must_use]
    pub fn charges(&self) -> Vec<BookedCharge> {
        lock(&self.books).charges().to_vec()
    }

    /// Every call that reached the provider, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Operation> {
        lock(&self.books).calls().to_vec()
    }

    /// The webhooks of that account that have not been taken yet, signed with its secret in force.
    #[must_use]
    pub fn take_webhooks(&self, account: &ProviderAccount) -> Vec<RawWebhook> {
        let mut books = lock(&self.books);
        let now = self.clock.now();
        let news = books.take_news(&account.id);
        news.iter()
            .filter_map(|news| {
                let charge = books.find(news.charge_ref.as_str())?;
                Some(ScriptedWebhooks::tell(account, charge, news.payment_ref.as_ref(), now))
            })
            .collect()
    }
}
