//! Opening charges, and what is declared beforehand.

use std::time::Duration;

use mstore_pay_domain::charge::{Artefact, Risk};
use mstore_pay_domain::method::{Channel, Method};
use mstore_pay_domain::ports::{Capabilities, IdempotencySupport, SnapshotStatus};

use super::ProviderHarness;
use super::fixtures::{Kit, assert_unsupported, first_offered, offered, open};

/// What is declared of each method makes sense, and is the same when asked again.
pub async fn capabilities_are_sensible(h: &dyn ProviderHarness) {
    let rig = h.fresh().await;
    let (provider, account) = (rig.provider(), rig.account());
    assert_eq!(provider.id(), account.provider, "the account is at this provider");
    for (method, declared) in offered(&*rig) {
        assert!(!declared.amount_min.is_zero() && declared.amount_min.is_whole(), "{method}: {declared:?}");
        assert!(declared.amount_min <= declared.amount_max, "{method}: {declared:?}");
        assert!(declared.expiry_min > Duration::ZERO, "{method}: {declared:?}");
        assert!(declared.expiry_min <= declared.expiry_default, "{method}: {declared:?}");
        assert!(declared.expiry_default <= declared.expiry_max, "{method}: {declared:?}");
        assert_ne!(declared.natural_life, Some(Duration::ZERO), "{method}");
        if let IdempotencySupport::Key { ttl } = declared.idempotency {
            assert!(ttl > Duration::ZERO, "{method}: a key that is forgotten at once");
        }
        assert_eq!(provider.capabilities(&account, method), Some(declared), "{method}, asked again");
    }
}

/// An opened charge speaks of exactly the amount, currency and reference that were asked for.
pub async fn open_echoes_amount_and_reference(h: &dyn ProviderHarness) {
    for (method, declared) in offered(&*h.fresh().await) {
        for amount in [&declared.amount_min, &declared.amount_max] {
            let rig = h.fresh().await;
            let mut charge = Kit::default().charge(&*rig, method, &declared);
            charge.amount = amount.clone();
            let opened = open(&*rig, &charge).await.expect("the charge opens");
            assert!(opened.amount.fits(&charge.amount), "{method}: {:?} for {amount:?}", opened.amount);
            assert_eq!(opened.our_reference, charge.our_reference.as_str(), "{method}");
            assert_eq!(opened.status, SnapshotStatus::Pending, "{method}");
            assert!(opened.expires_at.is_none_or(|at| at > rig.now()), "{method}: {:?}", opened.expires_at);
        }
    }
}

fn fits(method: Method, declared: &Capabilities, artefact: &Artefact) -> bool {
    match artefact {
        Artefact::Qr { qr_string } => method.channel() != Channel::Cards && !qr_string.is_empty(),
        Artefact::VirtualAccount { bank_code, va_number } => {
            method.channel() == Channel::VirtualAccount && !bank_code.is_empty() && !va_number.is_empty()
        }
        Artefact::Bill { biller_code, bill_key } => {
            method.channel() == Channel::VirtualAccount && !biller_code.is_empty() && !bill_key.is_empty()
        }
        Artefact::Link { checkout_url, deeplink_url } => {
            let links = [checkout_url, deeplink_url];
            method.channel() != Channel::VirtualAccount && links.into_iter().flatten().any(|link| link.contains("://"))
        }
        Artefact::Push => declared.risk == Risk::Pushed,
    }
}

/// An opened charge comes with what the customer pays by: a code, a number, a link, or a push where one
/// was declared.
pub async fn open_gives_something_to_put_before_the_customer(h: &dyn ProviderHarness) {
    for (method, declared) in offered(&*h.fresh().await) {
        let rig = h.fresh().await;
        let charge = Kit::default().charge(&*rig, method, &declared);
        let opened = open(&*rig, &charge).await.expect("the charge opens");
        assert!(fits(method, &declared, &opened.artefact), "{method}: {:?}", opened.artefact);
    }
}

/// Opening a charge makes one object at the provider, and what was said is kept for the audit trail.
pub async fn open_makes_one_object(h: &dyn ProviderHarness) {
    for (method, declared) in offered(&*h.fresh().await) {
        let rig = h.fresh().await;
        let charge = Kit::default().charge(&*rig, method, &declared);
        let opened = open(&*rig, &charge).await.expect("the charge opens");
        assert_eq!(rig.objects(&charge.our_reference).await, 1, "{method}");
        let said = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        assert!(said(&opened.exchange.request) && said(&opened.exchange.response), "{method}: {opened:?}");
    }
}

/// Opening a charge a second time does what the adapter declares: the key finds the first, the
/// reference refuses the second, or there are two and nothing hides it.
pub async fn opening_twice_is_as_harmless_as_declared(h: &dyn ProviderHarness) {
    for (method, declared) in offered(&*h.fresh().await) {
        let rig = h.fresh().await;
        let charge = Kit::default().charge(&*rig, method, &declared);
        let first = open(&*rig, &charge).await.expect("the charge opens");
        let second = open(&*rig, &charge).await;
        let objects = rig.objects(&charge.our_reference).await;
        match declared.idempotency {
            IdempotencySupport::Key { .. } => {
                let second = second.expect("the key finds the first");
                assert_eq!(second.provider_ref, first.provider_ref, "{method}");
                assert_eq!(objects, 1, "{method}");
            }
            IdempotencySupport::Reference => {
                assert!(second.is_err(), "{method}: a second charge under one reference was opened");
                assert_eq!(objects, 1, "{method}");
            }
            IdempotencySupport::None => {
                let told_apart = second.ok().is_none_or(|second| second.provider_ref != first.provider_ref);
                assert_eq!(told_apart, objects == 2, "{method}: {objects} objects");
            }
        }
    }
}

/// A method that is not offered is refused before anything is sent.
pub async fn method_that_is_not_offered_is_refused_with_nothing_sent(h: &dyn ProviderHarness) {
    let rig = h.fresh().await;
    let (_, capabilities) = first_offered(&*rig);
    for method in Method::ALL {
        let charge = Kit::default().charge(&*rig, method, &capabilities);
        if rig.provider().capabilities(&rig.account(), method).is_some() {
            continue;
        }
        let before = rig.requests().await;
        assert_unsupported(open(&*rig, &charge).await);
        assert_eq!(rig.requests().await, before, "requests for {method}");
        assert_eq!(rig.objects(&charge.our_reference).await, 0, "{method}");
    }
}
