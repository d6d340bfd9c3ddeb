//! What the scripted provider offers unless told otherwise.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::charge::Risk;
use crate::method::Method;
use crate::money::Money;
use crate::ports::{Capabilities, IdempotencySupport, LookupSupport};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// Methods with the properties that they have at Xendit's Payments v3.
pub(super) fn like_payments_v3() -> BTreeMap<Method, Capabilities> {
    let shown = Capabilities {
        amount_min: Money::from(1),
        amount_max: Money::from(10_000_000),
        risk: Risk::Displayed,
        token_risk: None,
        lookup: LookupSupport::ById,
        idempotency: IdempotencySupport::None,
        cancel: true,
        refund: false,
        expiry_default: 5 * MINUTE,
        expiry_min: MINUTE,
        expiry_max: 24 * HOUR,
        natural_life: Some(48 * HOUR),
    };
    let wallet = Capabilities {
        amount_max: Money::from(20_000_000),
        refund: true,
        natural_life: Some(30 * MINUTE),
        ..shown.clone()
    };
    let pushed = Capabilities {
        amount_min: Money::from(100),
        risk: Risk::Pushed,
        cancel: false,
        expiry_default: MINUTE,
        expiry_max: MINUTE,
        natural_life: Some(MINUTE),
        ..wallet.clone()
    };
    let account_number = Capabilities {
        amount_min: Money::from(10_000),
        amount_max: Money::from(50_000_000),
        expiry_default: HOUR,
        natural_life: None,
        ..shown.clone()
    };
    let card = Capabilities { token_risk: Some(Risk::Pushed), expiry_default: HOUR, ..wallet.clone() };
    BTreeMap::from([
        (Method::CreditCard, card),
        (Method::Qris, shown),
        (Method::Gopay, wallet),
        (Method::Ovo, pushed),
        (Method::VaBca, account_number),
    ])
}
