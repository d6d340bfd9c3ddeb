//! Listing methods: what can be used now, and what it needs.

use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::gateway::{MethodOffer, Usability};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::Availability;

use crate::shop::{PRICE, Shop};

fn offers(shop: &Shop, amount: Option<&Money>) -> Vec<MethodOffer> {
    block_on(shop.gateway.list_methods(&Shop::scope(), amount)).unwrap()
}

#[track_caller]
fn check(shop: &Shop, method: Method, amount: u32, want: Usability) {
    let offers = offers(shop, Some(&Money::from(amount)));
    let offer = offers.iter().find(|offer| offer.method == method).unwrap();
    assert_eq!(offer.usability, want, "{method} of {amount}");
}

#[test]
fn every_method_that_is_offered_says_what_it_needs() {
    let shop = Shop::open();
    let offers = offers(&shop, None);
    let scripted = [Method::Qris, Method::Gopay, Method::Ovo, Method::VaBca, Method::CreditCard];
    assert_eq!(offers.iter().map(|offer| offer.method).collect::<Vec<_>>(), scripted);
    for offer in offers {
        assert_eq!(offer.usability, Usability::Usable, "{}", offer.method);
        assert_eq!(offer.needs_phone, offer.method == Method::Ovo, "{}", offer.method);
        let of_card = (offer.method == Method::CreditCard).then(|| shop.world.account.provider.clone());
        assert_eq!(offer.card_token_of, of_card, "{}", offer.method);
        assert_eq!(offer.providers.len(), 1, "{}", offer.method);
    }
}

#[test]
fn an_amount_outside_the_limits_is_told_as_such() {
    let shop = Shop::open();
    let qris = offers(&shop, None).into_iter().find(|offer| offer.method == Method::Qris).unwrap();
    assert_eq!((qris.amount_min, qris.amount_max), (Money::from(1), Money::from(10_000_000)));
    check(&shop, Method::Qris, 1, Usability::Usable);
    check(&shop, Method::Qris, 10_000_000, Usability::Usable);
    check(&shop, Method::Qris, 10_000_001, Usability::AmountAboveMaximum);
    check(&shop, Method::VaBca, 1, Usability::AmountBelowMinimum);
}

#[test]
fn while_the_provider_rests_nothing_can_be_used_that_would_fit() {
    let shop = Shop::open();
    let retry_after = Duration::from_secs(2);
    shop.world.provider.say(Availability::Resting { retry_after });
    check(&shop, Method::Qris, PRICE, Usability::Resting { retry_after });
    check(&shop, Method::Qris, 10_000_001, Usability::AmountAboveMaximum);
    shop.world.provider.behave();
    check(&shop, Method::Qris, PRICE, Usability::Usable);
}
