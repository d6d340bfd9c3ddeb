//! The dossier, where the use cases alone cannot bring it: answers that come when they are no longer wanted.

use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::charge::{Artefact, Closing, Opening, Payer, Receipt, Risk};
use mstore_pay_domain::dossier::Dossier;
use mstore_pay_domain::ids::{AccountId, ChargeId, ProviderId, ProviderRef};
use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::money::{Money, ReportedMoney};
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::ports::{ChargeSnapshot, Clock as _, Exchange, IdGenerator as _, OpenedCharge, SnapshotStatus};
use mstore_pay_domain::routing::{Because, Choice};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::{ExceptionWrite, UnitOfWork};

use crate::shop::{PRICE, Shop};

fn written(work: &UnitOfWork) -> &Payment {
    &work.payments.last().unwrap().payment
}

/// A dossier of a payment that is sold, with another charge of it intended.
fn with_another_charge(shop: &Shop, payment: &Payment) -> (Dossier, ChargeId) {
    let ids = Arc::new(SequentialIds::new(9));
    let (provider, account) = (ProviderId::parse("acme").unwrap(), AccountId::main());
    let another = ChargeId::new(ids.uuid());
    let now = shop.world.clock.now();
    let (merchant, code) = (payment.merchant.clone(), payment.order_code.clone());
    let mut dossier = Dossier::open(merchant, code, None, vec![payment.clone()], now, Actor::Worker, ids);
    let choice = Choice { provider, account, because: Because::First, passed_over: Vec::new() };
    dossier.intend(&payment.id, another, &choice, Risk::Displayed);
    (dossier, another)
}

/// The provider's answer that it opened a charge.
fn opened(dossier: &Dossier, charge: &ChargeId, expires_at: Option<Timestamp>) -> OpenedCharge {
    OpenedCharge {
        provider_ref: ProviderRef::parse("chg-late").unwrap(),
        our_reference: dossier.charge(charge).unwrap().1.our_reference.to_string(),
        amount: ReportedMoney::idr(Money::from(PRICE)),
        artefact: Artefact::Qr { qr_string: "late".to_owned() },
        expires_at,
        status: SnapshotStatus::Pending,
        exchange: Exchange::default(),
    }
}

/// Checks when a payment of five minutes expires whose charge is opened by such an answer, in seconds from now.
#[track_caller]
fn check_expiry(theirs: Option<u64>, natural_life: Option<u64>, want: u64) {
    let shop = Shop::open();
    let mut payment = shop.sell("TRX-1");
    let from_now = |seconds| shop.world.clock.now().plus(Duration::from_secs(seconds));
    payment.expires_at = from_now(300);
    let (mut dossier, charge) = with_another_charge(&shop, &payment);
    let answer = opened(&dossier, &charge, theirs.map(from_now));
    dossier.opened(&payment.id, &charge, &answer, natural_life.map(Duration::from_secs));
    assert_eq!(written(&dossier.conclude()).expires_at, from_now(want), "{theirs:?} {natural_life:?}");
}

#[test]
fn a_payment_expires_no_later_than_what_was_opened_for_it() {
    check_expiry(None, None, 300);
    check_expiry(Some(60), None, 60);
    check_expiry(Some(900), None, 300);
    // Where the provider says nothing, what is known of its kind counts.
    check_expiry(None, Some(55), 55);
    check_expiry(None, Some(1_800), 300);
    check_expiry(Some(60), Some(1_800), 60);
}

#[test]
fn an_answer_for_a_charge_that_was_put_aside_is_never_shown_and_the_object_is_closed() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let (mut dossier, late) = with_another_charge(&shop, &payment);
    dossier.hide(&payment.id, &late);
    let answer = opened(&dossier, &late, None);
    dossier.opened(&payment.id, &late, &answer, None);
    let work = dossier.conclude();
    let after = written(&work);
    let charge = after.charge(&late).unwrap();
    assert!(charge.is_hidden() && charge.artefact().is_none());
    assert!(matches!(charge.opening, Opening::Found { .. }) && matches!(charge.closing, Closing::Wanted { .. }));
    assert_eq!(after.shown_charge().unwrap().id, payment.charges[0].id);
}

/// What the provider says of a charge on which that money came, spoiled by `as_told`.
fn check_misfit(
    money: Money,
    as_told: impl FnOnce(&mut ChargeSnapshot, &ProviderRef),
    want: (&str, Option<&Money>, PaymentStatus),
) {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let [charge] = payment.charges.as_slice() else { panic!("{:?}", payment.charges) };
    let ids = Arc::new(SequentialIds::new(9));
    let now = shop.world.clock.now();
    let (merchant, code) = (payment.merchant.clone(), payment.order_code.clone());
    let mut dossier = Dossier::open(merchant, code, None, vec![payment.clone()], now, Actor::Worker, ids);
    let payment_ref = ProviderRef::parse("pay-1").unwrap();
    let money = ReportedMoney::idr(money);
    let mut told = ChargeSnapshot {
        charge_ref: charge.provider_ref().cloned(),
        our_reference: Some(charge.our_reference.to_string()),
        order_code: None,
        asked: None,
        status: SnapshotStatus::Pending,
        receipts: vec![Receipt { payment_ref: payment_ref.clone(), money, paid_at: now, payer: Payer::default() }],
        refunds: Vec::new(),
        reversals: Vec::new(),
        fees: Vec::new(),
        expires_at: None,
        exchange: Exchange::default(),
    };
    as_told(&mut told, &payment_ref);
    let (first, again) =
        (dossier.absorb(&payment.id, &charge.id, &told), dossier.absorb(&payment.id, &charge.id, &told));
    assert_ne!(first, again, "it is put before a person once");
    let work = dossier.conclude();
    let [ExceptionWrite::Raise(raised)] = work.exceptions.as_slice() else { panic!("{:?}", work.exceptions) };
    assert_eq!((raised.misfit.kind(), raised.misfit.amount(), written(&work).status()), want);
}

#[test]
fn a_fee_that_the_customer_bore_on_qris_is_put_before_a_person_once() {
    let fee = Money::from(500);
    let with_fee = |told: &mut ChargeSnapshot, paid: &ProviderRef| told.fees = vec![(paid.clone(), Money::from(500))];
    // The shop's money came all the same.
    check_misfit(Money::from(PRICE), with_fee, ("fee_on_qris", Some(&fee), PaymentStatus::Paid));
}

#[test]
fn money_of_another_amount_is_told_as_that_where_a_charge_is_its_own_payment_as_well() {
    let less = Money::from(PRICE - 1);
    let stands_for_both =
        |told: &mut ChargeSnapshot, _: &ProviderRef| told.asked = told.receipts.first().map(|came| came.money.clone());
    check_misfit(less.clone(), stands_for_both, ("underpaid", Some(&less), PaymentStatus::Pending));
}

#[test]
fn a_dossier_in_which_nothing_was_decided_writes_nothing() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let ids = Arc::new(SequentialIds::new(9));
    let (merchant, code) = (payment.merchant.clone(), payment.order_code.clone());
    let now = shop.world.clock.now();
    let dossier = Dossier::open(merchant, code, None, vec![payment], now, Actor::Worker, ids);
    assert_eq!(dossier.conclude(), UnitOfWork::default());
}
