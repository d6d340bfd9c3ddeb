//! What the cases ask of a provider.

use std::time::Duration;

use mstore_pay_domain::ids::{ChargeId, OrderCode, OurReference, ProviderRef};
use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{
    CancelCharge, Canceled, Capabilities, CardToken, Certainty, ChargeSnapshot, IdGenerator, LookupSupport, OpenCharge,
    OpenedCharge, Period, ProviderError, ProviderErrorKind, Query, ReturnUrls, Sweep,
};

use super::ProviderRig;

/// Time for calls that are answered.
pub(super) const PATIENT: Duration = Duration::from_secs(5);
/// Time for calls that are not.
pub(super) const HASTY: Duration = Duration::from_millis(250);

/// Charges to open, with ids that do not repeat within a case.
#[derive(Default)]
pub(super) struct Kit {
    ids: SequentialIds,
}

impl Kit {
    pub(super) fn uuid_source(&self) -> &impl IdGenerator {
        &self.ids
    }

    pub(super) fn charge(&self, rig: &dyn ProviderRig, method: Method, capabilities: &Capabilities) -> OpenCharge {
        let charge = ChargeId::new(self.ids.uuid());
        let order_code = OrderCode::parse("TRX-MC01-7").expect("an order code");
        let url = |page: &str| format!("https://shop.example/{page}");
        OpenCharge {
            charge,
            our_reference: OurReference::of(&order_code, &charge),
            order_code,
            method,
            amount: Money::from(33_000).clamp(capabilities.amount_min.clone(), capabilities.amount_max.clone()),
            expires_at: rig.now().plus(capabilities.expiry_default),
            description: Some("Kopi susu".to_owned()),
            customer_phone: (method == Method::Ovo).then(|| "+628123456789".to_owned()),
            card_token: if method == Method::CreditCard { CardToken::new(rig.card_token()) } else { None },
            return_urls: Some(ReturnUrls { success: url("ok"), failure: url("no") }),
            within: PATIENT,
        }
    }
}

/// The methods that the adapter offers, with what it can do with each.
pub(super) fn offered(rig: &dyn ProviderRig) -> Vec<(Method, Capabilities)> {
    let (provider, account) = (rig.provider(), rig.account());
    let offers = Method::ALL.into_iter().filter_map(|method| Some((method, provider.capabilities(&account, method)?)));
    let offered: Vec<_> = offers.collect();
    assert!(!offered.is_empty(), "a provider offers a method");
    offered
}

/// The first method that is offered.
pub(super) fn first_offered(rig: &dyn ProviderRig) -> (Method, Capabilities) {
    offered(rig).remove(0)
}

/// A charge of the first method, opened.
pub(super) async fn open_first(rig: &dyn ProviderRig, kit: &Kit) -> (OpenCharge, OpenedCharge) {
    let (method, capabilities) = first_offered(rig);
    let charge = kit.charge(rig, method, &capabilities);
    let opened = open(rig, &charge).await.expect("the charge opens");
    (charge, opened)
}

pub(super) async fn open(rig: &dyn ProviderRig, charge: &OpenCharge) -> Result<OpenedCharge, ProviderError> {
    rig.provider().open(&rig.account(), charge).await
}

pub(super) async fn cancel(
    rig: &dyn ProviderRig,
    charge: &OpenCharge,
    charge_ref: &ProviderRef,
) -> Result<Canceled, ProviderError> {
    let cancel = CancelCharge {
        charge: charge.charge,
        charge_ref: charge_ref.clone(),
        our_reference: charge.our_reference.clone(),
        method: charge.method,
        within: charge.within,
    };
    rig.provider().cancel(&rig.account(), &cancel).await
}

pub(super) fn query(rig: &dyn ProviderRig, charge: &OpenCharge, charge_ref: Option<&ProviderRef>) -> Query {
    Query {
        charge_ref: charge_ref.cloned(),
        payment_refs: Vec::new(),
        our_reference: charge.our_reference.clone(),
        created_at: rig.now().minus(Duration::from_mins(1)),
        was_paid: false,
    }
}

pub(super) async fn inquire(rig: &dyn ProviderRig, query: Query) -> Result<ChargeSnapshot, ProviderError> {
    inquire_within(rig, query, PATIENT).await
}

pub(super) async fn inquire_within(
    rig: &dyn ProviderRig,
    query: Query,
    within: Duration,
) -> Result<ChargeSnapshot, ProviderError> {
    let mut answers = rig.provider().inquire(&rig.account(), &[query], within).await;
    assert_eq!(answers.len(), 1, "one answer for one query");
    answers.remove(0)
}

/// Asks about a charge that nobody paid: on a page on which nobody picked yet, it may not be found.
pub(super) async fn ask_unpaid(rig: &dyn ProviderRig, charge: &OpenCharge, query: Query) -> Option<ChargeSnapshot> {
    let declared = rig.provider().capabilities(&rig.account(), charge.method).expect("the method is offered");
    if declared.lookup != LookupSupport::OncePicked {
        return ask(rig, charge, query).await;
    }
    match inquire(rig, query).await {
        Ok(told) => Some(told),
        Err(error) => {
            assert_kind(&error, ProviderErrorKind::NotFound);
            None
        }
    }
}

/// Asks about a charge that the provider has. Where charges of the method cannot be found, the answer
/// must be that, and `None` is given.
pub(super) async fn ask(rig: &dyn ProviderRig, charge: &OpenCharge, query: Query) -> Option<ChargeSnapshot> {
    let declared = rig.provider().capabilities(&rig.account(), charge.method).expect("the method is offered");
    match (inquire(rig, query).await, declared.lookup) {
        (Ok(told), LookupSupport::ByReference | LookupSupport::ById | LookupSupport::OncePicked) => Some(told),
        (Err(error), LookupSupport::None) => {
            assert_kind(&error, ProviderErrorKind::NotFound);
            None
        }
        (told, lookup) => panic!("a {} charge is found {lookup:?}, but: {told:?}", charge.method),
    }
}

pub(super) async fn sweep(rig: &dyn ProviderRig, period: Period, within: Duration) -> Result<Sweep, ProviderError> {
    rig.provider().sweep(&rig.account(), period, within).await
}

/// What every error of one sort looks like; the time in a rate limit is the provider's own.
#[track_caller]
pub(super) fn assert_kind(error: &ProviderError, kind: ProviderErrorKind) {
    let same = std::mem::discriminant(&error.kind) == std::mem::discriminant(&kind);
    assert!(same, "{kind:?} was expected: {error:?}");
}

#[track_caller]
pub(super) fn assert_error<T: std::fmt::Debug>(
    outcome: Result<T, ProviderError>,
    kind: ProviderErrorKind,
    certainty: Certainty,
) {
    let error = outcome.expect_err("the call fails");
    assert_kind(&error, kind);
    assert_eq!(error.certainty, certainty, "{error:?}");
}

/// Expects a refusal for want of the capability.
#[track_caller]
pub(super) fn assert_unsupported<T: std::fmt::Debug>(outcome: Result<T, ProviderError>) {
    assert_error(outcome, ProviderErrorKind::Unsupported, Certainty::NotApplied);
}

/// An id of the same shape that nobody gave out: the last letter or digit is another.
pub(super) fn foreign(name: &ProviderRef) -> ProviderRef {
    let mut text = name.as_str().to_owned();
    let last = text.pop().expect("an id is not empty");
    text.push(if last == '0' { '1' } else { '0' });
    ProviderRef::parse(text).expect("an id of the same shape")
}
