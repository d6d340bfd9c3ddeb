//! Webhooks: hints that the provider bears out, each with one effect.

use futures::executor::block_on;
use mstore_pay_domain::gateway::{
    AcceptError, AcceptedWebhook, ConfirmWebhooks, Gateway, Policies, REMATCH_FOR, Settled, Settler,
};
use mstore_pay_domain::memory::{Mishap, ScriptedWebhooks};
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::{InboxCounts, Operation, WebhookInbox as _};

use crate::shop::{PRICE, Shop};

#[test]
fn money_that_the_provider_bears_out_makes_the_payment_paid() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.later(30);
    shop.pay(&shop.shown(&payment.id), PRICE);
    assert_eq!(shop.deliver_all(), [Settled::Done]);
    let paid = shop.payment(&payment.id);
    assert_eq!(paid.status(), PaymentStatus::Paid);
    assert_eq!(paid.paid_at(), Some(payment.created_at.plus(std::time::Duration::from_secs(30))));
    assert_eq!(shop.exceptions(), Vec::<&str>::new());
    shop.record(&payment.id);
}

#[test]
fn a_webhook_that_is_left_to_the_workers_is_held_by_nobody() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    let raw = shop.webhooks().remove(0);
    let provider = &shop.world.account.provider;
    let accept = || block_on(shop.gateway.accept_webhook(provider, None, &raw, Settler::Workers)).unwrap();
    assert!(matches!(accept(), AcceptedWebhook::New { .. }));
    assert!(matches!(accept(), AcceptedWebhook::Duplicate { .. }));
    assert_eq!(shop.status(&payment.id), PaymentStatus::Pending);
    shop.work();
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid, "no time has passed");
}

#[test]
fn a_process_that_leaves_work_to_others_asks_nobody_because_a_till_looks() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.later(30);
    shop.pay(&shop.shown(&payment.id), PRICE);
    let look = |leaves_work| {
        let gateway = Gateway::new(shop.world.ports(), Policies { leaves_work, ..Policies::default() });
        block_on(gateway.status(&Shop::scope(), &payment.id.to_string())).unwrap().payment.status()
    };
    assert_eq!([look(true), look(false)], [PaymentStatus::Pending, PaymentStatus::Paid]);
}

#[test]
fn twenty_copies_have_one_effect() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    let raw = shop.webhooks().remove(0);
    let settled: Vec<_> = (0..20).filter_map(|_| shop.deliver(&raw)).collect();
    assert_eq!(settled, [Settled::Done]);
    shop.work();
    let paid = shop.world.feed.published().iter().filter(|message| message.event.word() == "order_paid").count();
    assert_eq!(paid, 1);
}

#[test]
fn a_claim_that_the_provider_does_not_bear_out_changes_nothing_and_is_tried_again() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let reference = shop.shown(&payment.id);
    let charge = shop.books()[0].charge_ref.to_string();
    let body =
        format!("event=paid\ncharge={charge}\nreference={reference}\norder=TRX-1\namount={PRICE}\npayment=pay-x");
    let forged = ScriptedWebhooks::signed(&shop.world.account, body);
    assert_eq!(shop.deliver(&forged), Some(Settled::Deferred));
    assert_eq!(shop.status(&payment.id), PaymentStatus::Pending);
    shop.pay(&reference, PRICE);
    shop.pass(120);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
}

#[test]
fn a_claim_of_another_amount_is_parked_for_a_person() {
    for amount in ["1", "32999", "33001", "9007199254740993"] {
        let shop = Shop::open();
        let payment = shop.sell("TRX-1");
        let charge = shop.books()[0].charge_ref.to_string();
        let body = format!("event=paid\ncharge={charge}\norder=TRX-1\namount={amount}\npayment=pay-x");
        assert_eq!(shop.deliver(&ScriptedWebhooks::signed(&shop.world.account, body)), Some(Settled::Parked));
        assert_eq!(shop.status(&payment.id), PaymentStatus::Pending);
        let kind = if amount.len() > 5 || amount == "33001" { "overpaid" } else { "underpaid" };
        assert_eq!(shop.exceptions(), [kind], "{amount}");
    }
}

#[test]
fn a_claim_that_a_person_has_is_kept_and_asked_about_no_more() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let charge = shop.books()[0].charge_ref.to_string();
    let body = format!("event=paid\ncharge={charge}\norder=TRX-1\namount=1\npayment=pay-x");
    assert_eq!(shop.deliver(&ScriptedWebhooks::signed(&shop.world.account, body)), Some(Settled::Parked));
    let (asked, recorded) = (shop.world.provider.calls(), shop.record(&payment.id));
    assert_eq!(block_on(shop.gateway.rematch()).unwrap(), 1);
    shop.work();
    assert_eq!((shop.world.provider.calls(), shop.record(&payment.id)), (asked, recorded));
    assert_eq!(shop.exceptions(), ["underpaid"]);
    assert_eq!(block_on(shop.gateway.rematch()).unwrap(), 1, "it is kept");
}

#[test]
fn real_money_of_another_amount_is_kept_and_never_success() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE - 1);
    shop.deliver_all();
    assert_eq!(shop.status(&payment.id), PaymentStatus::Pending);
    assert_eq!(shop.exceptions(), ["underpaid"]);
}

#[test]
fn a_webhook_with_a_wrong_credential_stores_nothing() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    let mut raw = shop.webhooks().remove(0);
    raw.headers[0].1.push('x');
    let refused = block_on(shop.gateway.accept_webhook(&shop.world.account.provider, None, &raw, Settler::Caller));
    assert!(matches!(refused, Err(AcceptError::NotAuthentic(_))), "{refused:?}");
}

#[test]
fn a_webhook_before_the_answer_is_matched_by_our_reference() {
    let shop = Shop::open();
    shop.world.provider.misbehave_always(Operation::Open, Mishap::SilentAfter);
    let _accepted = shop.create(&Shop::command("TRX-1", PRICE));
    let lost = shop.books()[0].our_reference.to_string();
    shop.pay(&lost, PRICE);
    shop.deliver_all();
    let payment = block_on(shop.gateway.find(&Shop::scope(), shop.books()[0].charge_ref.as_str())).unwrap();
    assert_eq!(payment.status(), PaymentStatus::Paid, "money on a charge whose answer was lost is found");
}

#[test]
fn word_of_money_for_nothing_we_know_is_kept() {
    let shop = Shop::open();
    let body = "event=paid\ncharge=chg-unknown\norder=NOPE\namount=5\npayment=pay-x";
    assert_eq!(shop.deliver(&ScriptedWebhooks::signed(&shop.world.account, body)), Some(Settled::Parked));
}

#[test]
fn what_was_parked_is_matched_once_something_fits_it() {
    let shop = Shop::open();
    let early = ScriptedWebhooks::signed(&shop.world.account, "event=paid\ncharge=chg-x\norder=TRX-1\namount=1");
    assert_eq!(shop.deliver(&early), Some(Settled::Parked));
    shop.world.provider.misbehave_always(Operation::Open, Mishap::SilentAfter);
    let _accepted = shop.create(&Shop::command("TRX-1", PRICE));
    assert_eq!(block_on(shop.gateway.rematch()).unwrap(), 1);
    shop.work();
    assert_eq!(block_on(shop.gateway.rematch()).unwrap(), 1, "two charges fit, so neither is taken");
}

#[test]
fn what_has_fitted_nothing_for_a_week_is_left_to_a_person() {
    let shop = Shop::open();
    let early = ScriptedWebhooks::signed(&shop.world.account, "event=paid\ncharge=chg-x\norder=TRX-1\namount=1");
    assert_eq!(shop.deliver(&early), Some(Settled::Parked));
    shop.later(REMATCH_FOR.as_secs());
    assert_eq!(block_on(shop.gateway.rematch()).unwrap(), 1);
    shop.work();
    shop.later(1);
    assert_eq!(block_on(shop.gateway.rematch()).unwrap(), 0);
}

#[test]
fn names_of_different_payments_match_neither() {
    let shop = Shop::open();
    let (one, two) = (shop.sell("TRX-1"), shop.sell("TRX-2"));
    let charge = shop.books()[0].charge_ref.to_string();
    let body = format!("event=paid\ncharge={charge}\norder=TRX-2\namount={PRICE}");
    assert_eq!(shop.deliver(&ScriptedWebhooks::signed(&shop.world.account, body)), Some(Settled::Parked));
    assert_eq!((shop.status(&one.id), shop.status(&two.id)), (PaymentStatus::Pending, PaymentStatus::Pending));
}

#[test]
fn one_object_paid_twice_is_paid_and_flagged() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let reference = shop.shown(&payment.id);
    shop.pay(&reference, PRICE);
    shop.deliver_all();
    shop.pay(&reference, PRICE);
    shop.deliver_all();
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
    assert_eq!(shop.exceptions(), ["paid_twice"]);
}

#[test]
fn a_shop_that_believes_webhooks_asks_nobody() {
    let shop = Shop::with(Policies { confirm_webhooks: ConfirmWebhooks::Never, ..Policies::default() });
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
    assert!(!shop.world.provider.calls().contains(&Operation::Inquire));
}

#[test]
fn a_shop_that_believes_webhooks_believes_one_that_names_what_was_made_on_a_page() {
    let shop = Shop::with(Policies { confirm_webhooks: ConfirmWebhooks::Never, ..Policies::default() });
    let payment = shop.sell("TRX-1");
    let (reference, page) = (shop.shown(&payment.id), shop.books().remove(0).charge_ref);
    let body = format!("event=paid\ncharge=pr-made-there\nreference={reference}\namount={PRICE}\npayment=py-1");
    assert_eq!(shop.deliver(&ScriptedWebhooks::signed(&shop.world.account, body)), Some(Settled::Done));
    assert_eq!((shop.status(&payment.id), shop.exceptions()), (PaymentStatus::Paid, vec![]));
    let charge = shop.payment(&payment.id).charges.remove(0);
    assert_eq!(charge.provider_ref(), Some(&page), "the page stays the charge");
}

#[test]
fn a_shop_that_believes_webhooks_believes_none_whose_names_are_of_two_charges() {
    let shop = Shop::with(Policies { confirm_webhooks: ConfirmWebhooks::Never, ..Policies::default() });
    let (one, two) = (shop.sell("TRX-1"), shop.sell("TRX-2"));
    let (reference, other) = (shop.shown(&one.id), shop.books().remove(1).charge_ref);
    let body = format!("event=paid\ncharge={other}\nreference={reference}\namount={PRICE}\npayment=py-1");
    assert_eq!(shop.deliver(&ScriptedWebhooks::signed(&shop.world.account, body)), Some(Settled::Parked));
    assert_eq!((shop.status(&one.id), shop.status(&two.id)), (PaymentStatus::Pending, PaymentStatus::Pending));
}

#[test]
fn a_reversal_that_the_provider_tells_when_asked_takes_the_payment_back() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let money = shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    shop.world.provider.reverse(&money).unwrap();
    let charge = shop.books()[0].charge_ref.to_string();
    let body = format!("event=refunded\ncharge={charge}\norder=TRX-1");
    shop.deliver(&ScriptedWebhooks::signed(&shop.world.account, body));
    assert_eq!(shop.status(&payment.id), PaymentStatus::Reversed);
    assert_eq!(shop.exceptions(), ["reversed"]);
}

/// A paid charge of which its end without money is told twice, its money taken back before or not: where the payment stands then,
/// and how often the provider was asked.
#[track_caller]
fn check_end_after_money(event: &str, policies: Policies, is_reversed: bool, want: (PaymentStatus, usize)) {
    let shop = Shop::with(policies);
    let payment = shop.sell("TRX-1");
    let money = shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    if is_reversed {
        shop.world.provider.reverse(&money).unwrap();
    }
    let before = questions(&shop);
    let charge = shop.books().first().unwrap().charge_ref.to_string();
    for nth in 1..=2 {
        let body = format!("event={event}\ncharge={charge}\norder=TRX-1\nsent_at={nth}");
        assert_eq!(shop.deliver(&ScriptedWebhooks::signed(&shop.world.account, body)), Some(Settled::Done));
    }
    shop.work();
    assert_eq!((shop.status(&payment.id), questions(&shop) - before), want, "{event}");
}

#[test]
fn a_failure_or_a_cancel_told_of_money_that_came_is_asked_about_until_it_is_taken_back() {
    let believing = Policies { confirm_webhooks: ConfirmWebhooks::Never, ..Policies::default() };
    for (event, policies) in [
        ("failed", Policies::default()),
        ("failed", believing.clone()),
        ("canceled", Policies::default()),
        ("canceled", believing),
    ] {
        check_end_after_money(event, policies.clone(), true, (PaymentStatus::Reversed, 1));
        check_end_after_money(event, policies, false, (PaymentStatus::Paid, 2));
    }
}

/// How often the provider was asked.
fn questions(shop: &Shop) -> usize {
    shop.world.provider.calls().iter().filter(|call| **call == Operation::Inquire).count()
}

/// Word that a payment was denied after its money came: where the payment and the deliveries (parked, dealt with) end half a minute later, how
/// often the provider was asked, and what a person is told. What was parked is looked at again, and changes nothing.
#[track_caller]
fn check_denial(is_reversed: bool, want: (PaymentStatus, u64, usize), asked: usize, told: &str) {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let money = shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    let charge = shop.books().first().unwrap().charge_ref.to_string();
    let body = format!("event=failed\ncharge={charge}\npayment={money}\norder=TRX-1\nreason=DENIED");
    let raw = ScriptedWebhooks::signed(&shop.world.account, body);
    let before = questions(&shop);
    assert_eq!(shop.deliver(&raw), Some(Settled::Deferred), "the provider may say so a moment later");
    if is_reversed {
        shop.world.provider.reverse(&money).unwrap();
    }
    let stands = || {
        let InboxCounts { open, parked, dead } = block_on(shop.world.store.counts()).unwrap();
        assert_eq!((open, dead), (0, 0), "deliveries that are open, and dead ones");
        (shop.status(&payment.id), parked, shop.world.store.deliveries_dealt_with())
    };
    shop.pass(60);
    assert_eq!((stands(), questions(&shop) - before, shop.exceptions()), (want, asked, vec![told]));
    let (calls, record) = (shop.world.provider.calls(), shop.record(&payment.id));
    for _ in 0..2 {
        assert_eq!(block_on(shop.gateway.rematch()).unwrap(), want.1);
        shop.work();
        assert_eq!((stands(), shop.exceptions()), (want, vec![told]));
        assert_eq!((shop.world.provider.calls(), shop.record(&payment.id)), (calls.clone(), record.clone()));
    }
}

#[test]
fn a_denial_of_money_that_came_is_believed_once_it_is_borne_out_and_a_person_has_it_if_it_is_not() {
    check_denial(true, (PaymentStatus::Reversed, 0, 2), 2, "reversed");
    check_denial(false, (PaymentStatus::Paid, 1, 1), 4, "unmatched");
}

#[test]
fn money_taken_back_after_a_denial_that_a_person_has_is_heard_of_by_the_next_word_of_it() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let money = shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    let charge = shop.books().first().unwrap().charge_ref.to_string();
    let denial = |nth: u32| {
        let body = format!("event=failed\ncharge={charge}\npayment={money}\nreason=DENIED\nsent_at={nth}");
        ScriptedWebhooks::signed(&shop.world.account, body)
    };
    assert_eq!(shop.deliver(&denial(1)), Some(Settled::Deferred));
    shop.pass(60);
    assert_eq!(shop.exceptions(), ["unmatched"]);
    shop.world.provider.reverse(&money).unwrap();
    assert_eq!(shop.deliver(&denial(2)), Some(Settled::Done));
    assert_eq!((shop.status(&payment.id), shop.exceptions()), (PaymentStatus::Reversed, vec!["reversed", "unmatched"]));
}

#[test]
fn money_of_another_amount_is_put_before_a_person_once_and_looked_at_no_more_often_than_before() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.later(20);
    shop.pay(&shop.shown(&payment.id), PRICE - 1);
    shop.pass(120);
    assert_eq!(shop.exceptions(), ["underpaid"]);
    let record = shop.record(&payment.id);
    assert_eq!(record.iter().filter(|event| *event == "signal_disputed").count(), 1, "{record:?}");
    let revision = shop.payment(&payment.id).revision;
    let asked = shop.world.provider.calls().len();
    shop.pass(60);
    assert_eq!(shop.payment(&payment.id).revision, revision);
    assert!(shop.world.provider.calls().len() - asked <= 3, "a call every half minute");
}

#[test]
fn an_answer_about_something_else_is_put_before_a_person_once() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let other = Mishap::UnnoticedReference("TRX-2~bbbbbbbbb".to_owned());
    shop.world.provider.misbehave_always(Operation::Inquire, other);
    shop.pass(60);
    assert_eq!(shop.exceptions(), ["account_mismatch"]);
    let record = shop.record(&payment.id);
    assert_eq!(record.iter().filter(|event| *event == "exception_raised").count(), 1, "{record:?}");
}
