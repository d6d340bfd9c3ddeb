//! A provider on trial: it is heard out without the till.

use std::future::Future;
use std::pin::Pin;

use super::Job;
use crate::audit::Actor;
use crate::charge::Charge;
use crate::gateway::Gateway;
use crate::ports::{OpenedCharge, ProviderError};

/// An opening under way.
pub(super) type Call = Pin<Box<dyn Future<Output = Result<OpenedCharge, ProviderError>> + Send>>;

impl Gateway {
    /// Waits for an answer that no till waits for any more, so that whoever guards the provider learns how it went. An
    /// id that it tells is kept: by it the charge, which nobody saw, is closed.
    pub(super) fn hear_out(&self, job: &Job<'_>, charge: &Charge, call: Call) {
        let gateway = self.clone();
        let (merchant, order_code) = (job.merchant.clone(), job.order_code.clone());
        let (payment, charge, our_reference) = (job.payment, charge.id, charge.our_reference.clone());
        let heard = async move {
            let told = match call.await {
                Ok(opened) => Some(opened.provider_ref).filter(|_| opened.our_reference == our_reference.as_str()),
                Err(error) => error.told.map(|told| *told),
            };
            let Some(told) = told else { return };
            let found = gateway.decide(&merchant, &order_code, &Actor::Provider, |dossier| {
                dossier.found(&payment, &charge, &told);
            });
            // Where even that cannot be written the charge stays unknown, as any whose answer was lost.
            let _or_stays_unknown = found.await;
        };
        self.ports.background.carry_on("hearing out a provider on trial", Box::pin(heard));
    }
}
