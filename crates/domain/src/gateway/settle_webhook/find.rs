//! What a webhook is about: by the provider's id, then our reference, then the order code when
//! exactly one charge fits. Names that disagree fit nothing.

use crate::charge::Charge;
use crate::gateway::Gateway;
use crate::gateway::decide::Known;
use crate::ids::{AccountId, ChargeId, OrderCode, OurReference, ProviderId, ProviderRef};
use crate::payment::Payment;
use crate::ports::StoreError;
use crate::webhook::{LeasedDelivery, Notification};

/// Which charge of these orders is meant by an id at an account: the one that has it, else the one with a receipt of that
/// id. Orders may have charges at other accounts as well, whose ids mean nothing here.
pub(in crate::gateway) fn named_by<'a>(
    orders: &'a [Known],
    account: (&ProviderId, &AccountId),
    id: &ProviderRef,
) -> Option<(&'a Payment, &'a Charge)> {
    let payments = orders.iter().flat_map(Known::payments);
    let charges = payments.flat_map(|payment| payment.charges.iter().map(move |charge| (payment, charge)));
    let mut there = charges.filter(|(_, charge)| (&charge.provider, &charge.account) == account);
    let itself = there.clone().find(|(_, charge)| charge.provider_ref() == Some(id));
    itself.or_else(|| there.find(|(_, charge)| charge.provider_refs().any(|known| known == id)))
}

/// What was found.
pub(in crate::gateway) enum Found {
    /// One charge.
    One {
        /// Its payment.
        payment: Box<Payment>,
        /// The charge.
        charge: ChargeId,
        /// Its order with all of its payments, if that was read along.
        known: Option<Box<Known>>,
    },
    /// Names of different things.
    Contradiction {
        /// Why, for the operator.
        why: &'static str,
    },
    /// Nothing, or nothing certain.
    None {
        /// Why, for the operator.
        why: &'static str,
    },
}

/// What the names in a notification lead to.
#[derive(Default)]
struct Named {
    /// The payment that the first of them led to.
    payment: Option<Payment>,
    /// The charge of each.
    charges: Vec<ChargeId>,
}

impl Named {
    /// Notes where a name led to.
    fn note(&mut self, payment: Option<Payment>, charge: impl FnOnce(&Payment) -> Option<&Charge>) {
        let Some(payment) = payment else { return };
        if let Some(charge) = charge(&payment) {
            self.note_one(&payment, charge);
        }
    }

    fn note_one(&mut self, payment: &Payment, charge: &Charge) {
        self.charges.push(charge.id);
        self.payment.get_or_insert_with(|| payment.clone());
    }

    /// Whether the payment at hand has the charge of another name as well, which is noted then. The name of a charge is
    /// one charge's at an account, so the store would only give the same payment again.
    fn has_another(&mut self, leased: &LeasedDelivery, is_named: impl Fn(&Charge) -> bool) -> bool {
        let of = (&leased.delivery.provider, &leased.delivery.account);
        let mut charges = self.payment.iter().flat_map(|payment| &payment.charges);
        let same = charges.find(|charge| (&charge.provider, &charge.account) == of && is_named(charge));
        let same = same.map(|charge| charge.id);
        self.charges.extend(same);
        same.is_some()
    }
}

impl Gateway {
    /// The one charge a notification names at the delivery's account.
    pub(in crate::gateway) async fn subject_of(
        &self,
        leased: &LeasedDelivery,
        notification: &Notification,
    ) -> Result<Found, StoreError> {
        let (provider, account) = (&leased.delivery.provider, &leased.delivery.account);
        let about = &notification.about;
        let mut named = Named::default();
        let refs: Vec<ProviderRef> = about.charge_ref.iter().chain(&about.payment_ref).cloned().collect();
        let found = self.known_by(provider, account, &refs).await?;
        for id in &refs {
            if let Some((payment, charge)) = named_by(&found, (provider, account), id) {
                named.note_one(payment, charge);
            }
        }
        let reference = about.reference.as_ref().and_then(|text| OurReference::parse(text.as_str()).ok());
        if let Some(reference) = &reference
            && !named.has_another(leased, |charge| &charge.our_reference == reference)
        {
            let payment = self.ports.payments.by_our_reference(provider, account, reference).await?;
            named.note(payment, |payment| payment.charge_by_reference(reference));
        }
        let order = match &about.order_code {
            Some(text) => match OrderCode::parse(text.as_str()) {
                Ok(code) => Some(code),
                Err(_) if named.charges.is_empty() => return Ok(Found::None { why: "its order code is none" }),
                Err(_) => return Ok(Found::Contradiction { why: "its order code is none" }),
            },
            None => None,
        };
        let Named { payment, charges } = named;
        if charges.iter().any(|charge| Some(charge) != charges.first()) {
            return Ok(Found::Contradiction { why: "its names are of different charges" });
        }
        match (payment, charges.first()) {
            (Some(payment), _) if order.as_ref().is_some_and(|code| code != &payment.order_code) => {
                Ok(Found::Contradiction { why: "its order code is another order's" })
            }
            (Some(payment), Some(charge)) => {
                let known = found.into_iter().find(|known| known.payment(&payment.id).is_some()).map(Box::new);
                Ok(Found::One { payment: Box::new(payment), charge: *charge, known })
            }
            (None, _) | (Some(_), None) => self.by_order_code(leased, notification, order.as_ref()).await,
        }
    }

    /// By order code alone, when no id of the provider's is told that could be another charge's.
    async fn by_order_code(
        &self,
        leased: &LeasedDelivery,
        notification: &Notification,
        order: Option<&OrderCode>,
    ) -> Result<Found, StoreError> {
        let Some(code) = order else { return Ok(Found::None { why: "it names nothing we know" }) };
        let (provider, account) = (&leased.delivery.provider, &leased.delivery.account);
        let payments = self.ports.payments.by_account_order(provider, account, code).await?;
        let told = notification.about.charge_ref.as_ref();
        let mut fitting = payments.into_iter().flat_map(|payment| {
            let ids: Vec<ChargeId> = payment
                .charges
                .iter()
                .filter(|charge| (&charge.provider, &charge.account) == (provider, account))
                .filter(|charge| told.is_none() || charge.provider_ref().is_none())
                .map(|charge| charge.id)
                .collect();
            ids.into_iter().map(move |charge| (payment.clone(), charge))
        });
        match (fitting.next(), fitting.next()) {
            (Some((payment, charge)), None) => Ok(Found::One { payment: Box::new(payment), charge, known: None }),
            (Some(_), Some(_)) => Ok(Found::None { why: "its order code fits several charges" }),
            (None, _) => Ok(Found::None { why: "it names nothing we know" }),
        }
    }
}
