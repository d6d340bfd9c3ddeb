//! Closing charges at their providers.

use std::time::Duration;

use super::ask::{Heard, ProviderOrStore};
use super::deadline::Deadline;
use super::race::answer_within;
use super::{DecideError, Gateway};
use crate::audit::Actor;
use crate::charge::{Charge, Closing};
use crate::ids::{MerchantId, OrderCode, PaymentId};
use crate::payment::{Payment, PaymentStatus, Withdrawal};
use crate::ports::{CancelCharge, Canceled, Finder, ProviderErrorKind, SnapshotStatus, StoreError};
use crate::schedule;
use crate::time::Timestamp;

/// What came of asking to close a charge.
struct Answer {
    /// As far as the answer alone tells.
    closing: Closing,
    /// The charge was over before: how it ended is to be asked.
    was_over: bool,
}

impl Gateway {
    /// Asks for each charge that is wanted closed and due, and asks once more where each stands, all
    /// within `limit`. What could not be asked is asked again by the schedule.
    pub(super) async fn close_charges(
        &self,
        payment: &Payment,
        actor: &Actor,
        limit: Duration,
    ) -> Result<(), DecideError> {
        let deadline = Deadline::within(limit, self.ports.clock.as_ref());
        let stored = self.ports.payments.payment(&payment.merchant, &payment.id).await?;
        let Some(payment) = stored else { return Ok(()) };
        for charge in payment.charges.iter().filter(|charge| is_due(&payment, charge, self.ports.clock.now())) {
            let remaining = deadline.left(self.ports.clock.as_ref());
            if remaining.is_zero() {
                break;
            }
            let Answer { closing, was_over } = self.ask_to_close(&payment, charge, remaining).await?;
            let (id, charge_id): (PaymentId, _) = (payment.id, charge.id);
            self.decide(&payment.merchant, &payment.order_code, actor, |dossier| {
                dossier.close_asked(&id, &charge_id, closing);
            })
            .await?;
            let remaining = deadline.left(self.ports.clock.as_ref());
            if remaining.is_zero() {
                break;
            }
            match self.ask(&payment, charge, Heard::default(), remaining).await {
                Ok(snapshot) => {
                    let over = closing_of(&snapshot.status).filter(|_| was_over);
                    self.take_in(&payment, &charge.id, &snapshot, (actor, Finder::Closing), |dossier| {
                        if let Some(over) = over {
                            dossier.found_over(&id, &charge_id, over);
                        }
                    })
                    .await?;
                }
                Err(ProviderOrStore::Store(store)) => return Err(store.into()),
                // The schedule asks again.
                Err(ProviderOrStore::Provider(_)) => {}
            }
        }
        Ok(())
    }

    /// Takes whatever could still pay an order from display, closes its charges and asks once more for money, all within
    /// `limit`. Whether money came is seen on the order afterwards.
    pub(super) async fn close_live(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
        actor: &Actor,
        why: Withdrawal,
        limit: Duration,
    ) -> Result<(), DecideError> {
        let deadline = Deadline::within(limit, self.ports.clock.as_ref());
        let payments = self.ports.payments.of_order(merchant, code).await?;
        let is_live = |payment: &&Payment| payment.status() == PaymentStatus::Pending && !payment.is_unproven();
        for payment in payments.iter().filter(is_live) {
            let id = payment.id;
            self.decide(merchant, code, actor, |dossier| {
                dossier.withdraw(&id, why);
                dossier.hide_unseen(&id);
            })
            .await?;
            self.close_charges(payment, actor, deadline.left(self.ports.clock.as_ref())).await?;
        }
        Ok(())
    }

    async fn ask_to_close(&self, of: &Payment, charge: &Charge, limit: Duration) -> Result<Answer, StoreError> {
        let attempts = match charge.closing {
            Closing::Wanted { attempts, .. } => attempts.saturating_add(1),
            Closing::NotAsked | Closing::Confirmed | Closing::Unsupported => 1,
        };
        let next_at = self.ports.clock.now().plus(schedule::close_retry(attempts));
        let again = Answer { closing: Closing::Wanted { attempts, next_at }, was_over: false };
        let is = |closing| Answer { closing, was_over: false };
        let account = match self.account_of(charge).await {
            Ok(account) => account,
            Err(ProviderOrStore::Store(store)) => return Err(store),
            Err(ProviderOrStore::Provider(_)) => return Ok(again),
        };
        let (Some(provider), Some(charge_ref)) = (self.provider(&charge.provider), charge.provider_ref()) else {
            return Ok(again);
        };
        let request = CancelCharge {
            charge: charge.id,
            charge_ref: charge_ref.clone(),
            our_reference: charge.our_reference.clone(),
            method: of.method,
            within: limit,
        };
        let answer = answer_within(self.ports.clock.as_ref(), limit, provider.cancel(&account, &request)).await;
        if let Some(Err(error)) = &answer {
            self.record_drift(of, &charge.id, &error.drift(), &error.exchange).await?;
        }
        Ok(match answer {
            Some(Ok(Canceled::Confirmed)) => is(Closing::Confirmed),
            // Perhaps because it was paid: nothing is concluded before the question that follows is answered.
            Some(Ok(Canceled::TooLate)) => Answer { was_over: true, ..again },
            Some(Err(error)) if error.kind == ProviderErrorKind::Unsupported => is(Closing::Unsupported),
            Some(Err(_)) | None => again,
        })
    }
}

fn is_due(payment: &Payment, charge: &Charge, now: Timestamp) -> bool {
    schedule::closing_due(payment, charge, now).is_some_and(|at| at <= now)
}

/// What is left to close of a charge that was over before, by how it ended; `None` while it is open.
fn closing_of(status: &SnapshotStatus) -> Option<Closing> {
    match status {
        SnapshotStatus::Canceled => Some(Closing::Confirmed),
        SnapshotStatus::Expired | SnapshotStatus::Failed(_) => Some(Closing::Unsupported),
        SnapshotStatus::Pending | SnapshotStatus::Unrecognised(_) => None,
    }
}
