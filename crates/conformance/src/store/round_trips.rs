//! What is written is read back as it was.

use std::collections::BTreeMap;

use mstore_pay_domain::charge::{
    Artefact, ChargeState, ChargeStatus, Closing, Exposure, FailureReason, Funds, Opened, Opening, RefundFact, Risk,
};
use mstore_pay_domain::ids::{AccountId, BranchId, DeviceId, PaymentId};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::{Money, ReportedMoney};
use mstore_pay_domain::order::{OrderState, OrderStatus, PaidBy};
use mstore_pay_domain::payment::{Display, Intake, Payment, PaymentDetails, PublicReference, Revision, Withdrawal};
use mstore_pay_domain::unit_of_work::{OrderWrite, UnitOfWork};

use super::fixtures::{
    Kit, at, commit_and_read, funds, merchant, must_commit, order_code, order_of, provider, provider_ref, read, receipt,
};
use super::{StoreHarness, Stores};

async fn check(stores: &Stores, payment: Payment) {
    let kept = commit_and_read(stores, &payment).await;
    let want = Payment { revision: Revision::NEW.next(), audit: kept.audit, ..payment };
    assert_eq!(kept, want);
}

fn charge_state(status: ChargeStatus, tag: &str) -> ChargeState {
    let refund = |amount| RefundFact {
        refund_ref: provider_ref(&format!("rfd-{tag}")),
        amount: Money::from(amount),
        at: at(90),
    };
    let receipts = [receipt(&format!("py-{tag}"))];
    let reversal = [(provider_ref(&format!("py-{tag}")), at(120))];
    match status {
        ChargeStatus::Initiated => ChargeState::Initiated,
        ChargeStatus::Pending => ChargeState::Pending,
        ChargeStatus::Expired => ChargeState::Expired { at: at(5) },
        ChargeStatus::Canceled => ChargeState::Canceled { at: at(6) },
        ChargeStatus::Failed => ChargeState::Failed { at: at(7), reason: FailureReason::from_code("ISSUER_DOWN") },
        ChargeStatus::Paid => ChargeState::Paid(funds(&format!("py-{tag}"))),
        ChargeStatus::PartiallyRefunded => {
            ChargeState::PartiallyRefunded(Funds::from_facts(receipts, [refund(1_000)], []))
        }
        ChargeStatus::Refunded => ChargeState::Refunded(Funds::from_facts(receipts, [refund(33_000)], [])),
        ChargeStatus::Reversed => ChargeState::Reversed(Funds::from_facts(receipts, [], reversal)),
    }
}

/// A payment is read back as it was written, wherever its charge stands.
pub async fn payment_round_trips_in_every_state(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    for (number, status) in ChargeStatus::ALL.into_iter().enumerate() {
        let mut payment = kit.payment(&format!("TRX-{number}"));
        payment.intake = Intake::Closed;
        for charge in &mut payment.charges {
            charge.state = charge_state(status, &number.to_string());
        }
        check(&rig.stores(), payment).await;
    }
    // Money that does not fit is disputed and kept elsewhere, but money in another currency may stand
    // beside money that fits.
    let mut payment = kit.payment("TRX-USD");
    for charge in &mut payment.charges {
        let mut foreign = receipt("py-usd");
        foreign.money = ReportedMoney { amount: Money::from(2), currency: "USD".to_owned() };
        charge.state = ChargeState::of(Funds::from_facts([receipt("py-idr"), foreign], [], []));
    }
    check(&rig.stores(), payment).await;
}

/// Every optional part of a payment survives, and so does its absence.
pub async fn payment_round_trips_with_every_detail(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let text = |text: &str| Some(text.to_owned());
    let mut full = kit.payment("TRX-full");
    full.branch = BranchId::parse("B1").ok();
    full.amount = Money::parse("9999999999999999").expect("money");
    full.attempt = 7;
    full.details = PaymentDetails {
        customer_email: text("siti@example.com"),
        customer_name: text("Siti 'Nur' \u{1F600} \"x\"; --"),
        customer_phone: text("+628123456789"),
        success_url: text("https://shop.example/ok?a=1&b=2"),
        failure_url: text("https://shop.example/no"),
        description: text("Kopi\nsusu"),
        device: DeviceId::parse("TILL-1").ok(),
        metadata: BTreeMap::from([("empty".to_owned(), String::new()), ("\u{e9}".to_owned(), "\\ \"".to_owned())]),
    };
    check(&rig.stores(), full).await;
    let withdrawals = [
        Withdrawal::Cancelled,
        Withdrawal::Superseded,
        Withdrawal::PaidBy { payment: kit.payment_id() },
        Withdrawal::PaidInCash,
        Withdrawal::Expired,
        Withdrawal::Voided,
    ];
    for (number, why) in withdrawals.into_iter().enumerate() {
        let mut payment = kit.payment(&format!("TRX-{number}"));
        payment.display = Display::Withdrawn { at: at(9), why };
        payment.reference = PublicReference::Own;
        check(&rig.stores(), payment).await;
    }
    for method in Method::ALL {
        let mut payment = kit.payment(&format!("TRX-{method}"));
        payment.method = method;
        payment.reference = PublicReference::Provider(provider_ref(&format!("pr-{method}")));
        check(&rig.stores(), payment).await;
    }
}

fn openings() -> Vec<Opening> {
    let artefacts = [
        Artefact::Qr { qr_string: "00020101021226".to_owned() },
        Artefact::VirtualAccount { bank_code: "BCA".to_owned(), va_number: "8800812345".to_owned() },
        Artefact::Bill { biller_code: "70012".to_owned(), bill_key: "990000000260".to_owned() },
        Artefact::Link { checkout_url: Some("https://pay.example/1".to_owned()), deeplink_url: None },
        Artefact::Link { checkout_url: None, deeplink_url: Some("wallet://1".to_owned()) },
        Artefact::Push,
    ];
    let opened = artefacts.into_iter().enumerate().map(|(number, artefact)| {
        let provider_ref = provider_ref(&format!("pr-{number}"));
        Opening::Opened(Opened { provider_ref, artefact, at: at(2), payable_until: at(172_800) })
    });
    let others = [
        Opening::Intended,
        Opening::Unknown { since: at(3) },
        Opening::Found { provider_ref: provider_ref("pr-found"), at: at(4) },
        Opening::Refused { at: at(5) },
    ];
    opened.chain(others).collect()
}

/// Whatever is known of how a charge was opened, shown and closed survives.
pub async fn payment_round_trips_with_every_opening_and_closing(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    for (number, opening) in openings().into_iter().enumerate() {
        let mut payment = kit.payment(&format!("TRX-o{number}"));
        for charge in &mut payment.charges {
            charge.opening = opening.clone();
            charge.exposure = Exposure::Hidden { since: at(8) };
        }
        check(&rig.stores(), payment).await;
    }
    let closings = [
        Closing::NotAsked,
        Closing::Wanted { attempts: 0, next_at: at(1) },
        Closing::Wanted { attempts: 12, next_at: at(2) },
        Closing::Confirmed,
        Closing::Unsupported,
    ];
    for (number, closing) in closings.into_iter().enumerate() {
        let mut payment = kit.payment(&format!("TRX-c{number}"));
        for charge in &mut payment.charges {
            charge.closing = closing;
        }
        check(&rig.stores(), payment).await;
    }
}

/// A payment keeps all its charges, in the order in which they were opened, when it is written again.
pub async fn payment_round_trips_with_several_charges(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut payment = commit_and_read(&stores, &kit.payment("TRX-1")).await;
    for (number, status) in ChargeStatus::ALL.into_iter().enumerate() {
        let mut charge = kit.charge(&payment.order_code);
        charge.account = AccountId::parse("shop").expect("an account");
        charge.risk = if number.is_multiple_of(2) { Risk::Displayed } else { Risk::Pushed };
        charge.state = charge_state(status, &number.to_string());
        payment.charges.push(charge);
    }
    let kept = commit_and_read(&stores, &payment).await;
    assert_eq!(kept.charges, payment.charges);
    // A charge gains money in its place.
    let mut paid = kept;
    for (number, charge) in paid.charges.iter_mut().enumerate().take(3) {
        charge.state = ChargeState::Paid(funds(&format!("py-late-{number}")));
    }
    assert_eq!(commit_and_read(&stores, &paid).await.charges, paid.charges);
}

fn order_states(status: OrderStatus, payer: PaymentId) -> Vec<OrderState> {
    let payers = [PaidBy::Cash, PaidBy::Payment(payer)];
    match status {
        OrderStatus::Draft => vec![OrderState::Draft],
        OrderStatus::PendingPayment => vec![OrderState::PendingPayment],
        OrderStatus::Paid => payers.into_iter().map(|by| OrderState::Paid { at: at(1), by }).collect(),
        OrderStatus::Synced => payers.into_iter().map(|by| OrderState::Synced { paid_at: at(1), by }).collect(),
        OrderStatus::Failed => vec![OrderState::Failed],
        OrderStatus::Expired => vec![OrderState::Expired],
        OrderStatus::Voided => vec![OrderState::Voided { at: at(2) }],
    }
}

/// An order is read back as it was written, wherever it stands.
pub async fn order_round_trips_in_every_state(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let states = OrderStatus::ALL.into_iter().flat_map(|status| order_states(status, kit.payment_id()));
    for (number, state) in states.enumerate() {
        let mut order = order_of(&format!("TRX-{number}"));
        order.state = state;
        if number % 2 == 1 {
            order.branch = BranchId::parse("B1").ok();
            order.grand_total = Money::parse("9999999999999999.99").expect("money");
            order.payment_method = Some("qris".to_owned());
            order.body_json = Some(r#"{"items":[{"name":"Kopi \"susu\"","price":33000.50}],"note":null}"#.to_owned());
        }
        let write = OrderWrite { order: order.clone(), expected: Revision::NEW };
        must_commit(&stores, &UnitOfWork { orders: vec![write], ..UnitOfWork::default() }).await;
        let kept = stores.orders.order(&order.merchant, &order.code).await.expect("the store reads");
        order.revision = Revision::NEW.next();
        assert_eq!(kept, Some(order));
    }
}

/// A payment is found by its id, by its charges' ids, by our reference and by its order.
pub async fn payment_is_found_by_every_name(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    commit_and_read(&stores, &kit.payment("TRX-2")).await;
    let mut payment = kit.payment("TRX-1");
    let mut reference = None;
    for charge in &mut payment.charges {
        charge.opening = Opening::Found { provider_ref: provider_ref("pr-1"), at: at(1) };
        charge.exposure = Exposure::Hidden { since: at(1) };
        charge.state = ChargeState::Paid(funds("py-1"));
        reference = Some(charge.our_reference.clone());
    }
    let (kept, reference) = (commit_and_read(&stores, &payment).await, reference.expect("a charge"));
    let (acme, main, shop) = (provider(), AccountId::main(), AccountId::parse("shop").expect("an account"));
    let payments = &stores.payments;
    let found = payments.by_provider_ref(&merchant(), &provider_ref("pr-1")).await.expect("the store reads");
    assert_eq!(found.as_ref(), Some(&kept), "by the charge's id");
    let found = payments.by_our_reference(&acme, &main, &reference).await.expect("the store reads");
    assert_eq!(found.as_ref(), Some(&kept), "by our reference");
    let found = payments.by_our_reference(&acme, &shop, &reference).await.expect("the store reads");
    assert_eq!(found, None, "by our reference at another account");
    let found = payments.by_account_order(&acme, &main, &order_code("TRX-1")).await.expect("the store reads");
    assert_eq!(found, [kept], "by order at its account");
    let found = payments.by_account_order(&acme, &shop, &order_code("TRX-1")).await.expect("the store reads");
    assert_eq!(found, [], "by order at another account");
    assert_eq!(read(&stores, &kit.payment("TRX-1")).await, None, "by an id that was never written");
}

/// The payments of an order come oldest first, whichever was written first.
pub async fn payments_of_an_order_are_listed_oldest_first(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    commit_and_read(&stores, &kit.payment("TRX-2")).await;
    for (attempt, seconds) in [(3, 30), (1, 10), (2, 20)] {
        let mut payment = kit.payment("TRX-1");
        payment.attempt = attempt;
        payment.created_at = at(seconds);
        commit_and_read(&stores, &payment).await;
    }
    let listed = stores.payments.of_order(&merchant(), &order_code("TRX-1")).await.expect("the store reads");
    let attempts: Vec<u32> = listed.iter().map(|payment| payment.attempt).collect();
    assert_eq!(attempts, [1, 2, 3]);
}
