//! What goes out: the domain's values in the words of tills.

mod order;
mod payment;
mod summary;

use mstore_pay_domain::money::Money;
use serde_json::value::RawValue;

pub(crate) use order::OrderBody;
pub(crate) use payment::{CreatedBody, StatusBody};
pub(crate) use summary::Summary;

/// An amount as a JSON number, digit by digit: an integer when whole.
pub(crate) fn amount(money: &Money) -> Box<RawValue> {
    RawValue::from_string(money.to_string()).unwrap_or_else(|_never| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_go_out_digit_by_digit() {
        assert_eq!(amount(&Money::from(33_000)).get(), "33000");
        assert_eq!(amount(&Money::parse("9999999999999999.5").unwrap()).get(), "9999999999999999.50");
    }
}
