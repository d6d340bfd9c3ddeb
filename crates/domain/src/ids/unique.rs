//! Names that we give: a prefix that says what it is, and a UUID.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use uuid::Uuid;

/// A text that is no id of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a {what}")]
pub struct NotAnId {
    what: &'static str,
}

macro_rules! unique_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What every text of this kind starts with.
            pub const PREFIX: &'static str = $prefix;

            /// Names something by a UUID of the [`IdGenerator`](crate::ports::IdGenerator).
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID within.
            #[must_use]
            pub const fn uuid(&self) -> Uuid {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                const HEX_DIGITS: usize = 32;
                text.strip_prefix(Self::PREFIX)
                    .filter(|hex| {
                        hex.len() == HEX_DIGITS && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
                    })
                    .and_then(|hex| Uuid::try_parse(hex).ok())
                    .map(Self)
                    .ok_or(NotAnId { what: $what })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", Self::PREFIX, self.0.simple())
            }
        }
    };
}

unique_id!(
    /// A payment: what the till asked for.
    PaymentId, "payment id", "pay_"
);
unique_id!(
    /// A charge: one object at one provider. Its text is 36 bytes, so that it and its
    /// suffixed forms fit Midtrans' idempotency keys of at most 46.
    ChargeId, "charge id", "chg_"
);
unique_id!(
    /// A refund.
    RefundId, "refund id", "rfd_"
);
unique_id!(
    /// A webhook delivery that was taken in.
    DeliveryId, "delivery id", "dlv_"
);
unique_id!(
    /// Money that does not fit.
    ExceptionId, "exception id", "exc_"
);
unique_id!(
    /// Cash that was taken.
    TenderId, "tender id", "csh_"
);
unique_id!(
    /// A report of a till that does not fit.
    ConflictId, "conflict id", "cfl_"
);
unique_id!(
    /// A message on its way out.
    MessageId, "message id", "msg_"
);
unique_id!(
    /// Where a merchant's back end hears of events.
    EndpointId, "endpoint id", "ep_"
);
unique_id!(
    /// Proof that a worker holds what it took; a later holder's differs.
    LeaseToken, "lease token", "lse_"
);

impl ChargeId {
    /// The idempotency key under which this charge is opened.
    #[must_use]
    pub fn open_key(&self) -> String {
        self.to_string()
    }

    /// The idempotency key under which this charge is cancelled: another than the one it was opened
    /// with, since Midtrans' keys are one space for all endpoints.
    #[must_use]
    pub fn cancel_key(&self) -> String {
        format!("{self}-c")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_and_only_in_their_own_spelling() {
        let id = PaymentId::new(Uuid::from_u128(7));
        assert_eq!(id.to_string(), "pay_00000000000000000000000000000007");
        assert_eq!(id.to_string().parse(), Ok(id));
        let upper = PaymentId::new(Uuid::from_u128(0xAB)).to_string().to_uppercase();
        for text in ["", "pay_", "pay_7", "chg_00000000000000000000000000000007", upper.as_str()] {
            assert!(text.parse::<PaymentId>().is_err(), "{text:?}");
        }
    }
}
