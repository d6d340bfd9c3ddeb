//! What was looked at a moment ago is known, for as long as the database says that it is in the same state.

use futures::future::join_all;
use mstore_pay_domain::charge::{ChargeState, Opening};
use mstore_pay_domain::ids::{OrderCode, ProviderRef};
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::{PaymentName, PaymentRepository};
use mstore_pay_domain::unit_of_work::Due;
use mstore_pay_postgres::PostgresStore;

use crate::fixtures::{Site, at, stored, tamper};
use crate::plans::named;

/// Who looks at once.
const LOOKING: usize = 48;

/// A payment of an order of that code that waits for its money.
pub(crate) async fn waiting(site: &Site, store: &PostgresStore, code: &str) -> Payment {
    let mut payment = Payment { order_code: OrderCode::parse(code).unwrap(), ..site.payment() };
    for charge in &mut payment.charges {
        charge.state = ChargeState::Pending;
        charge.opening = Opening::Found { provider_ref: named(charge), at: at(1) };
    }
    stored(store, &payment, Due::Never).await
}

pub(crate) fn its_name(payment: &Payment) -> PaymentName {
    PaymentName::ProviderRef(payment.charges.first().unwrap().provider_ref().unwrap().clone())
}

async fn look(store: &PostgresStore, payment: &Payment) -> Payment {
    store.payment_in_order(&payment.merchant, &its_name(payment)).await.unwrap().unwrap().payment
}

/// Makes a payment's charge one of another moment, behind the store's back, and sets something else of the payment.
fn change(site: &Site, payment: &Payment, of_payment: &str) {
    let (id, moment) = (payment.id, Site::time(at(777)));
    tamper(site, &format!("UPDATE charges SET created_at = {moment} WHERE payment_id = '{id}'"));
    site.run(&format!("UPDATE payments SET {of_payment} WHERE id = '{id}'"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_in_the_state_in_which_it_was_looked_at_is_not_read_again() {
    let site = Site::new();
    let store = site.open().await;
    let payment = waiting(&site, &store, "TRX-1").await;
    assert_eq!(look(&store, &payment).await, payment);
    change(&site, &payment, "check_count = 5");
    let known = look(&store, &payment).await;
    assert_eq!((known.checks.count, &known.charges), (5, &payment.charges), "only what leaves the state alone is told");
    let elsewhere = look(&site.open().await, &payment).await;
    assert_ne!(elsewhere.charges, payment.charges, "who did not look before reads it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_came_to_the_same_revision_otherwise_is_read_again() {
    let site = Site::new();
    let store = site.open().await;
    let payment = waiting(&site, &store, "TRX-1").await;
    assert_eq!(look(&store, &payment).await, payment);
    change(&site, &payment, "audit_head = sha256('another history')");
    let found = look(&store, &payment).await;
    assert_ne!(found.charges, payment.charges);
    assert_eq!(found, store.payment(&payment.merchant, &payment.id).await.unwrap().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_look_at_once_see_their_own_whether_it_is_known_changed_or_new() {
    let site = Site::new();
    let (store, elsewhere) = (site.open().await, site.open().await);
    let mut payments = Vec::new();
    for number in 0..LOOKING {
        let payment = waiting(&site, &store, &format!("TRX-{number}")).await;
        if number % 3 > 0 {
            assert_eq!(look(&store, &payment).await, payment);
        }
        if number % 3 > 1 {
            let mut changed = payment.clone();
            for charge in &mut changed.charges {
                charge.state = ChargeState::Expired { at: at(600) };
            }
            stored(&elsewhere, &changed, Due::Never).await;
        }
        payments.push(payment);
    }
    let nobodys = PaymentName::ProviderRef(ProviderRef::parse("pr-nobody's").unwrap());
    let merchant = &payments.first().unwrap().merchant;
    let (found, none) = tokio::join!(
        join_all(payments.iter().map(|payment| look(&store, payment))),
        store.payment_in_order(merchant, &nobodys)
    );
    assert_eq!(none.unwrap(), None);
    for (payment, found) in payments.iter().zip(found) {
        let alone = store.payment(&payment.merchant, &payment.id).await.unwrap().unwrap();
        assert_eq!(found, alone, "{}", payment.order_code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_or_large_is_read_each_time() {
    let site = Site::new();
    let store = site.open().await;
    let mut over = waiting(&site, &store, "TRX-1").await;
    assert_eq!(look(&store, &over).await, over);
    for charge in &mut over.charges {
        charge.state = ChargeState::Expired { at: at(600) };
    }
    let over = stored(&store, &over, Due::Never).await;
    let mut large = Payment { order_code: OrderCode::parse("TRX-2").unwrap(), ..site.payment() };
    large.details.description = Some("x".repeat(2_000));
    for charge in &mut large.charges {
        charge.state = ChargeState::Pending;
        charge.opening = Opening::Found { provider_ref: named(charge), at: at(1) };
    }
    let large = stored(&store, &large, Due::Never).await;
    for payment in [over, large] {
        assert_eq!(look(&store, &payment).await, payment);
        change(&site, &payment, "check_count = 5");
        assert_ne!(look(&store, &payment).await.charges, payment.charges, "{}", payment.order_code);
    }
}
