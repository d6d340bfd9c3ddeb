//! Asking about charges.

use std::time::Duration;

use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{ChargeSnapshot, LookupSupport, ProviderErrorKind, Query, SnapshotStatus};

use super::fixtures::{
    Kit, PATIENT, ask, ask_unpaid, assert_kind, first_offered, foreign, inquire, offered, open, open_first, query,
};
use super::{ProviderHarness, ProviderRig};

/// How far the provider's clock may be off ours.
const SKEW: Duration = Duration::from_mins(5);

#[track_caller]
fn assert_money(rig: &dyn ProviderRig, snapshot: &ChargeSnapshot, payment: &ProviderRef, amount: &Money) {
    let receipts = &snapshot.receipts;
    assert_eq!(receipts.len(), 1, "one receipt for one payment: {snapshot:?}");
    for receipt in receipts {
        assert_eq!(&receipt.payment_ref, payment, "the receipt bears the payment's own id");
        assert!(receipt.money.fits(amount), "{receipt:?}");
        let around_now = rig.now().minus(SKEW)..=rig.now().plus(SKEW);
        assert!(around_now.contains(&receipt.paid_at), "{receipt:?} at {}", rig.now());
    }
}

/// A charge that nobody paid is pending, under the names and the amount it was opened with.
pub async fn inquire_tells_that_a_charge_is_pending(h: &dyn ProviderHarness) {
    for (method, declared) in offered(&*h.fresh().await) {
        let rig = h.fresh().await;
        let charge = Kit::default().charge(&*rig, method, &declared);
        let opened = open(&*rig, &charge).await.expect("the charge opens");
        let told = ask_unpaid(&*rig, &charge, query(&*rig, &charge, Some(&opened.provider_ref))).await;
        let Some(told) = told else { continue };
        assert_eq!(told.status, SnapshotStatus::Pending, "{method}");
        assert!(told.receipts.is_empty() && told.refunds.is_empty() && told.reversals.is_empty(), "{told:?}");
        assert!(told.charge_ref.is_none_or(|name| name == opened.provider_ref), "{method}");
        assert!(told.our_reference.is_none_or(|name| name == charge.our_reference.as_str()), "{method}");
        assert!(told.order_code.is_none_or(|code| code == charge.order_code.as_str()), "{method}");
        assert!(told.asked.is_none_or(|asked| asked.fits(&charge.amount)), "{method}");
    }
}

/// A charge whose time is over at the provider is expired.
pub async fn inquire_tells_that_a_charge_expired(h: &dyn ProviderHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let (charge, opened) = open_first(&*rig, &kit).await;
    rig.expire(&charge.our_reference).await;
    let told = ask_unpaid(&*rig, &charge, query(&*rig, &charge, Some(&opened.provider_ref))).await;
    let Some(told) = told else { return };
    assert_eq!(told.status, SnapshotStatus::Expired);
    assert_eq!(told.receipts, []);
}

/// Money on a charge is found by the charge's id, as a receipt that bears the payment's id.
pub async fn inquire_finds_money_and_names_its_payment(h: &dyn ProviderHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let (charge, opened) = open_first(&*rig, &kit).await;
    let payment = rig.pay(&charge.our_reference, &charge.amount).await;
    for payment_refs in [vec![], vec![payment.clone()]] {
        let query = Query { payment_refs, ..query(&*rig, &charge, Some(&opened.provider_ref)) };
        let Some(told) = ask(&*rig, &charge, query).await else { continue };
        assert_money(&*rig, &told, &payment, &charge.amount);
    }
}

/// Money is found by the payment's id alone, as a webhook names it, and leads to the charge.
pub async fn inquire_finds_money_by_its_payment_alone(h: &dyn ProviderHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let (charge, opened) = open_first(&*rig, &kit).await;
    let payment = rig.pay(&charge.our_reference, &charge.amount).await;
    let query = Query { payment_refs: vec![payment.clone()], ..query(&*rig, &charge, None) };
    let Some(told) = ask(&*rig, &charge, query).await else { return };
    assert_money(&*rig, &told, &payment, &charge.amount);
    let leads_there = told.charge_ref.as_ref() == Some(&opened.provider_ref)
        || told.our_reference.as_deref() == Some(charge.our_reference.as_str());
    assert!(leads_there, "{told:?}");
}

/// Money that came after the charge had expired is found all the same, whatever the charge says.
pub async fn inquire_finds_money_on_an_expired_charge(h: &dyn ProviderHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let (charge, opened) = open_first(&*rig, &kit).await;
    rig.expire(&charge.our_reference).await;
    let payment = rig.pay(&charge.our_reference, &charge.amount).await;
    for payment_refs in [vec![payment.clone()], vec![]] {
        let query = Query { payment_refs, ..query(&*rig, &charge, Some(&opened.provider_ref)) };
        let Some(told) = ask(&*rig, &charge, query).await else { continue };
        assert_money(&*rig, &told, &payment, &charge.amount);
    }
}

/// Money of another amount than was asked is reported as it came: the caller judges it.
pub async fn inquire_reports_money_as_it_came(h: &dyn ProviderHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let (charge, opened) = open_first(&*rig, &kit).await;
    let more = charge.amount.checked_add(&Money::from(1)).expect("an amount");
    let payment = rig.pay(&charge.our_reference, &more).await;
    let told = ask(&*rig, &charge, query(&*rig, &charge, Some(&opened.provider_ref))).await;
    let Some(told) = told else { return };
    assert_money(&*rig, &told, &payment, &more);
}

/// A charge that the provider never heard of is not found.
pub async fn inquire_of_an_unknown_charge_is_not_found(h: &dyn ProviderHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let (method, declared) = first_offered(&*rig);
    let (_, opened) = open_first(&*rig, &kit).await;
    let never_sent = kit.charge(&*rig, method, &declared);
    for charge_ref in [None, Some(foreign(&opened.provider_ref))] {
        let told = inquire(&*rig, query(&*rig, &never_sent, charge_ref.as_ref())).await;
        assert_kind(&told.expect_err("nothing is found"), ProviderErrorKind::NotFound);
    }
}

/// By our reference alone a charge is found where that was declared, and never another's.
pub async fn inquire_by_reference_keeps_to_the_declared_lookup(h: &dyn ProviderHarness) {
    for (method, declared) in offered(&*h.fresh().await) {
        let (rig, kit) = (h.fresh().await, Kit::default());
        let charges = [kit.charge(&*rig, method, &declared), kit.charge(&*rig, method, &declared)];
        for charge in &charges {
            open(&*rig, charge).await.expect("the charge opens");
        }
        for charge in &charges {
            match (inquire(&*rig, query(&*rig, charge, None)).await, declared.lookup) {
                (Ok(told), LookupSupport::ByReference | LookupSupport::ById | LookupSupport::OncePicked) => {
                    assert_eq!(told.our_reference.as_deref(), Some(charge.our_reference.as_str()), "{method}");
                }
                (Err(error), LookupSupport::ById | LookupSupport::OncePicked | LookupSupport::None) => {
                    assert_kind(&error, ProviderErrorKind::NotFound);
                }
                (told, lookup) => panic!("{method} is found {lookup:?}, but: {told:?}"),
            }
        }
    }
}

/// Several queries are answered in their order, and one that fails spoils no other.
pub async fn inquire_answers_several_queries_in_order(h: &dyn ProviderHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let (method, declared) = first_offered(&*rig);
    let never_sent = kit.charge(&*rig, method, &declared);
    let (unpaid, unpaid_opened) = open_first(&*rig, &kit).await;
    let (paid, paid_opened) = open_first(&*rig, &kit).await;
    rig.pay(&paid.our_reference, &paid.amount).await;
    let queries = [
        query(&*rig, &paid, Some(&paid_opened.provider_ref)),
        query(&*rig, &never_sent, None),
        query(&*rig, &unpaid, Some(&unpaid_opened.provider_ref)),
    ];
    let answers = rig.provider().inquire(&rig.account(), &queries, PATIENT).await;
    let receipts: Vec<Option<usize>> =
        answers.iter().map(|told| told.as_ref().ok().map(|told| told.receipts.len())).collect();
    let (paid_is_found, unpaid_is_found) = match declared.lookup {
        LookupSupport::ByReference | LookupSupport::ById => (true, true),
        LookupSupport::OncePicked => (true, false),
        LookupSupport::None => (false, false),
    };
    assert_eq!(receipts, [paid_is_found.then_some(1), None, unpaid_is_found.then_some(0)], "{answers:?}");
}

/// Without queries there are no answers, and nothing is sent.
pub async fn inquire_about_nothing_sends_nothing(h: &dyn ProviderHarness) {
    let rig = h.fresh().await;
    let before = rig.requests().await;
    assert!(rig.provider().inquire(&rig.account(), &[], PATIENT).await.is_empty());
    assert_eq!(rig.requests().await, before);
}
