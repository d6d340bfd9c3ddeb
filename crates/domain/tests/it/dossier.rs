//! The dossier, where the use cases alone cannot bring it: answers that come when they are no longer wanted.

use std::sync::Arc;

use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::charge::{Artefact, Closing, Opening, Risk};
use mstore_pay_domain::dossier::Dossier;
use mstore_pay_domain::ids::{AccountId, ChargeId, ProviderId, ProviderRef};
use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::money::{Money, ReportedMoney};
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::{Clock as _, Exchange, IdGenerator as _, OpenedCharge, SnapshotStatus};
use mstore_pay_domain::routing::{Because, Choice};
use mstore_pay_domain::unit_of_work::UnitOfWork;

use crate::shop::{PRICE, Shop};

fn written(work: &UnitOfWork) -> &Payment {
    &work.payments.last().unwrap().payment
}

#[test]
fn an_answer_for_a_charge_that_was_put_aside_is_never_shown_and_the_object_is_closed() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let ids = Arc::new(SequentialIds::new(9));
    let (provider, account) = (ProviderId::parse("acme").unwrap(), AccountId::main());
    let late = ChargeId::new(ids.uuid());
    let now = shop.world.clock.now();
    let (merchant, code) = (payment.merchant.clone(), payment.order_code.clone());
    let mut dossier = Dossier::open(merchant, code, None, vec![payment.clone()], now, Actor::Worker, ids);
    let choice = Choice { provider, account, because: Because::First, passed_over: Vec::new() };
    dossier.intend(&payment.id, late, &choice, Risk::Displayed);
    dossier.hide(&payment.id, &late);
    let reference = dossier.charge(&late).unwrap().1.our_reference.to_string();
    let answer = OpenedCharge {
        provider_ref: ProviderRef::parse("chg-late").unwrap(),
        our_reference: reference,
        amount: ReportedMoney::idr(Money::from(PRICE)),
        artefact: Artefact::Qr { qr_string: "late".to_owned() },
        expires_at: None,
        status: SnapshotStatus::Pending,
        exchange: Exchange::default(),
    };
    dossier.opened(&payment.id, &late, &answer, None);
    let work = dossier.conclude();
    let after = written(&work);
    let charge = after.charge(&late).unwrap();
    assert!(charge.is_hidden() && charge.artefact().is_none());
    assert!(matches!(charge.opening, Opening::Found { .. }) && matches!(charge.closing, Closing::Wanted { .. }));
    assert_eq!(after.shown_charge().unwrap().id, payment.charges[0].id);
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
