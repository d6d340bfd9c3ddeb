//! Money that does not fit is dealt with by a person, once, and on record.

use futures::executor::block_on;
use mstore_pay_domain::exception::{ExceptionState, Misfit, MoneyException, MoneySource};
use mstore_pay_domain::gateway::{ExceptionReach, ResolveException, ResolveExceptionError, Scope};
use mstore_pay_domain::ids::{BranchId, ExceptionId, MerchantId, PaymentId, ProviderRef, UserId};
use mstore_pay_domain::ports::{Clock as _, ExceptionFilter, PaymentRepository as _};
use mstore_pay_domain::reason::{Reason, ResolutionWord};
use mstore_pay_domain::unit_of_work::{ExceptionWrite, UnitOfWork};
use uuid::Uuid;

use crate::shop::{PRICE, Shop};

/// Longer than a QR is shown.
const EXPIRED_AFTER_SECONDS: u64 = 400;
const WHY: &str = "the goods were handed over";

impl Shop {
    /// A payment whose money came late, and its exception.
    fn paid_late(&self) -> (PaymentId, ExceptionId) {
        let payment = self.sell("TRX-1").id;
        self.pass(EXPIRED_AFTER_SECONDS);
        self.pay(&self.shown(&payment), PRICE);
        self.deliver_all();
        let own = [ExceptionFilter::Payment(payment)];
        let page = block_on(self.gateway.list_exceptions(&own, None, 10)).unwrap();
        let [exception] = page.exceptions.as_slice() else { panic!("expected one: {page:?}") };
        (payment, exception.id)
    }

    fn deal_with(
        &self,
        scope: Scope,
        exception: ExceptionId,
        resolution: &str,
    ) -> Result<MoneyException, ResolveExceptionError> {
        self.end("owner", ExceptionReach::Of(scope), exception, resolution)
    }

    /// What an operator says of it at the command line.
    fn rule_on(&self, exception: ExceptionId, resolution: &str) -> Result<MoneyException, ResolveExceptionError> {
        self.end("Siti", ExceptionReach::Any, exception, resolution)
    }

    fn end(
        &self,
        user: &str,
        reach: ExceptionReach,
        exception: ExceptionId,
        resolution: &str,
    ) -> Result<MoneyException, ResolveExceptionError> {
        let (user, resolution) = (UserId::parse(user).unwrap(), ResolutionWord::parse(resolution).unwrap());
        let resolve = ResolveException { user, reach, exception, resolution, reason: Reason::parse(WHY).unwrap() };
        block_on(self.gateway.resolve_exception(&resolve))
    }

    fn put_before_a_person(&self, exception: &MoneyException) {
        let raise = vec![ExceptionWrite::Raise(exception.clone())];
        block_on(self.world.store.commit(&UnitOfWork { exceptions: raise, ..UnitOfWork::default() })).unwrap();
    }

    /// What waits for a person, whoever's.
    fn waiting(&self) -> Vec<ExceptionId> {
        let page = block_on(self.gateway.list_exceptions(&[ExceptionFilter::Open], None, 10)).unwrap();
        page.exceptions.into_iter().map(|exception| exception.id).collect()
    }
}

fn on_record(actor: &str) -> (String, String, Option<String>) {
    (actor.to_owned(), "exception_resolved".to_owned(), Some(WHY.to_owned()))
}

#[test]
fn an_exception_is_resolved_once_on_record_with_who_and_why() {
    let shop = Shop::open();
    let (payment, exception) = shop.paid_late();
    let resolved = shop.deal_with(Shop::scope(), exception, "accept").unwrap();
    let ExceptionState::Resolved { by, resolution, reason, .. } = &resolved.state else { panic!("{resolved:?}") };
    assert_eq!((by.as_str(), resolution.as_str(), reason.as_str()), ("owner", "accept", WHY));
    assert_eq!(shop.deal_with(Shop::scope(), exception, "accept").unwrap(), resolved);
    let otherwise = shop.deal_with(Shop::scope(), exception, "refund");
    assert!(matches!(otherwise, Err(ResolveExceptionError::ResolvedOtherwise { .. })), "{otherwise:?}");
    assert_eq!(shop.merchant_record(), [on_record("user:owner")]);
    let of_payment = shop.record(&payment).into_iter().filter(|event| event == "exception_resolved");
    assert_eq!(of_payment.count(), 1);
}

#[test]
fn an_exception_about_no_order_is_resolved_on_the_merchants_record() {
    let shop = Shop::open();
    let exception = MoneyException {
        id: ExceptionId::new(Uuid::from_u128(7)),
        merchant: Some(Shop::scope().merchant),
        order_code: None,
        payment: None,
        charge: None,
        misfit: Misfit::OutcomeUnknown,
        at: shop.world.clock.now(),
        state: ExceptionState::Open,
    };
    shop.put_before_a_person(&exception);
    shop.deal_with(Shop::scope(), exception.id, "ignore").unwrap();
    assert_eq!(shop.merchant_record(), [on_record("user:owner")]);
}

#[test]
fn money_of_nobody_is_resolved_by_an_operator_and_by_nobody_else() {
    let shop = Shop::open();
    let source = MoneySource::Receipt(ProviderRef::parse("py-of-nobody").unwrap());
    let id = ExceptionId::new(Uuid::from_u128(7));
    let exception = MoneyException::of_nobody(id, Misfit::Unmatched { source, claimed: None }, shop.world.clock.now());
    shop.put_before_a_person(&exception);
    let refused = shop.deal_with(Shop::scope(), id, "ignore");
    assert!(matches!(refused, Err(ResolveExceptionError::NotFound)), "{refused:?}");
    assert_eq!(shop.waiting(), [id]);
    let resolved = shop.rule_on(id, "refund").unwrap();
    let ExceptionState::Resolved { at, by, resolution, reason } = &resolved.state else { panic!("{resolved:?}") };
    assert_eq!((by.as_str(), resolution.as_str(), reason.as_str()), ("Siti", "refund", WHY));
    assert_eq!(*at, shop.world.clock.now());
    let page = block_on(shop.gateway.list_exceptions(&[ExceptionFilter::Unmatched], None, 10)).unwrap();
    assert_eq!(page.exceptions, std::slice::from_ref(&resolved), "it is kept with who and why");
    assert_eq!(shop.waiting(), []);
    assert_eq!(shop.rule_on(id, "refund").unwrap(), resolved);
    let otherwise = shop.rule_on(id, "ignore");
    assert!(matches!(otherwise, Err(ResolveExceptionError::ResolvedOtherwise { .. })), "{otherwise:?}");
    assert_eq!(shop.merchant_record(), []);
}

#[test]
fn a_merchants_exception_is_resolved_by_an_operator_on_the_same_records() {
    let shop = Shop::open();
    let (payment, exception) = shop.paid_late();
    assert_eq!(shop.waiting(), [exception]);
    shop.rule_on(exception, "accept").unwrap();
    assert_eq!(shop.waiting(), []);
    assert_eq!(shop.merchant_record(), [on_record("operator")]);
    let of_payment = shop.record(&payment).into_iter().filter(|event| event == "exception_resolved");
    assert_eq!(of_payment.count(), 1);
}

#[test]
fn an_exception_of_others_is_nobody_elses_to_resolve() {
    let shop = Shop::open();
    let (_, exception) = shop.paid_late();
    let elsewhere = [("M2", None), ("M1", Some("B1"))];
    for (merchant, branch) in elsewhere {
        let branch = branch.map(|branch| BranchId::parse(branch).unwrap());
        let scope = Scope { merchant: MerchantId::parse(merchant).unwrap(), branch };
        let refused = shop.deal_with(scope, exception, "accept");
        assert!(matches!(refused, Err(ResolveExceptionError::NotFound)), "{merchant}: {refused:?}");
    }
    assert_eq!(shop.merchant_record(), []);
}
