//! What authentic bytes claim is understood, as far as it can be.
#![expect(clippy::unused_async, reason = "the cases of every suite are called alike")]

use mstore_pay_domain::money::ReportedMoney;
use mstore_pay_domain::webhook::{Claim, ClaimedAmount, Notification};

use super::fixtures::{account, current, sent, told, told_of, vouched};
use super::{Event, WebhookHarness};

/// A webhook of a payment claims that money came: how much, when, on which charge, by which payment.
pub async fn paid_claim_is_understood(h: &dyn WebhookHarness) {
    let (told, sent) = (told_of(h, Event::Paid), sent(Event::Paid));
    let at = match &told.claim {
        Claim::Paid { at } => *at,
        other => panic!("money came, but the claim is {other:?}"),
    };
    assert!(at.is_none_or(|at| at == sent.at), "{at:?}");
    assert_eq!(told.amount, ClaimedAmount::Named(ReportedMoney::idr(sent.amount.clone())));
    assert_eq!(told.about.payment_ref.as_ref(), Some(&sent.payment_ref), "{told:?}");
    let names_the_charge = told.about.charge_ref.as_ref() == Some(&sent.charge_ref)
        || told.about.reference.as_deref() == Some(sent.our_reference.as_str());
    assert!(names_the_charge, "{told:?}");
}

/// Webhooks of a charge that expired or failed claim that, and name the charge.
pub async fn expired_and_failed_claims_are_understood(h: &dyn WebhookHarness) {
    for event in [Event::Expired, Event::Failed] {
        let told = told_of(h, event);
        let understood = match event {
            Event::Expired => told.claim == Claim::Expired,
            Event::Failed => matches!(told.claim, Claim::Failed(_)),
            Event::Paid | Event::PaidWithMore | Event::PaidUnreadably | Event::Unheard => false,
        };
        assert!(understood, "{event:?}: {told:?}");
        let sent = sent(event);
        let names_the_charge = told.about.charge_ref.as_ref() == Some(&sent.charge_ref)
            || told.about.reference.as_deref() == Some(sent.our_reference.as_str());
        assert!(names_the_charge, "{event:?}: {told:?}");
    }
}

/// The order in which a webhook tells things does not matter.
pub async fn reordered_content_means_the_same(h: &dyn WebhookHarness) {
    for event in [Event::Paid, Event::Expired, Event::Failed] {
        let straight = h.write(&account(h), &current(), &sent(event));
        let reordered = h.reorder(&account(h), &current(), &sent(event));
        assert_ne!(straight.body, reordered.body, "{event:?}: the order differs");
        assert_eq!(told(h, &reordered), told(h, &straight), "{event:?}");
    }
}

/// An event that nobody heard of is something else, not an error: the provider must get its answer.
pub async fn unheard_event_is_no_error(h: &dyn WebhookHarness) {
    let told = told_of(h, Event::Unheard);
    assert!(matches!(told.claim, Claim::Other(_)), "{told:?}");
}

/// Fields that nobody knows change nothing of what is understood.
pub async fn more_fields_than_known_are_no_error(h: &dyn WebhookHarness) {
    let (more, plain) = (told_of(h, Event::PaidWithMore), told_of(h, Event::Paid));
    assert_eq!(Notification { unrecognised: plain.unrecognised.clone(), ..more }, plain);
}

/// An amount that cannot be read is told as such: never guessed, never zero, never an error.
pub async fn unreadable_amount_is_told_as_such(h: &dyn WebhookHarness) {
    let told = told_of(h, Event::PaidUnreadably);
    assert!(matches!(told.claim, Claim::Paid { .. }), "{told:?}");
    assert!(matches!(told.amount, ClaimedAmount::Unreadable(_)), "{told:?}");
}

/// Bytes that are no webhook of this provider are a decode error, and nothing worse.
pub async fn garbage_is_a_decode_error(h: &dyn WebhookHarness) {
    let nested = "[".repeat(10_000);
    let bodies: [&[u8]; 8] =
        [b"", b"\xff\xfe\x00", b"{", b"[]", b"null", b"<html></html>", b"{\"a\":", nested.as_bytes()];
    for body in bodies {
        let told = h.source().decode(&vouched(body));
        assert!(told.is_err(), "{} was understood as {told:?}", String::from_utf8_lossy(body));
    }
}
