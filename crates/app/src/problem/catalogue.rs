//! Every error that a client can be told of: its stable code, its status, what the cashier reads, and
//! the page that explains it to whoever builds a till.
//!
//! `docs/errors/` and `/problems/{code}` are written from here.

mod access;
mod account;
mod amount;
#[cfg(test)]
mod docs;
mod entry;
mod order;
mod provider;
mod request;
mod webhook;

use std::fmt;
use std::str::FromStr;

use actix_web::http::StatusCode;
use thiserror::Error;

pub use entry::{ErrorPage, Retry};

use crate::language::Language;
use entry::Entry;

/// A text that is no error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("unknown error code")]
pub struct UnknownErrorCode;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $entry:path,)*) => {
        /// The stable name of an error. Tills branch on it; it never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
        }

        impl ErrorCode {
            /// Every code, in the order of the index page.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            const fn entry(self) -> &'static Entry {
                match self { $(Self::$name => &$entry,)* }
            }
        }
    };
}

error_codes! {
    /// A value that its field does not take.
    InvalidField = request::INVALID_FIELD,
    /// A body that is no JSON.
    MalformedJson = request::MALFORMED_JSON,
    /// An order code of another alphabet or length.
    InvalidOrderCode = request::INVALID_ORDER_CODE,
    /// A customer's e-mail address that is none.
    InvalidEmail = request::INVALID_EMAIL,
    /// A URL that a customer cannot be sent to.
    InvalidUrl = request::INVALID_URL,
    /// Something shaped like a card number.
    CardDataNotAccepted = request::CARD_DATA_NOT_ACCEPTED,
    /// A body of another type than JSON.
    UnsupportedMediaType = request::UNSUPPORTED_MEDIA_TYPE,
    /// A body beyond the limit.
    PayloadTooLarge = request::PAYLOAD_TOO_LARGE,
    /// An idempotency key of another alphabet or length.
    InvalidIdempotencyKey = request::INVALID_IDEMPOTENCY_KEY,
    /// A key that stands for another request.
    IdempotencyKeyReused = request::IDEMPOTENCY_KEY_REUSED,
    /// The first request of that key still runs.
    RequestInProgress = request::REQUEST_IN_PROGRESS,
    /// Sen where whole rupiah are asked for.
    AmountNotWhole = amount::AMOUNT_NOT_WHOLE,
    /// Less than the method takes.
    AmountBelowMinimum = amount::AMOUNT_BELOW_MINIMUM,
    /// More than the method takes.
    AmountAboveMaximum = amount::AMOUNT_ABOVE_MAXIMUM,
    /// Not what the order costs.
    AmountMismatch = amount::AMOUNT_MISMATCH,
    /// Another currency than the rupiah.
    CurrencyUnsupported = amount::CURRENCY_UNSUPPORTED,
    /// The order is paid.
    OrderAlreadyPaid = order::ORDER_ALREADY_PAID,
    /// A push is on a customer's phone.
    OrderHasLivePayment = order::ORDER_HAS_LIVE_PAYMENT,
    /// The order was called off.
    OrderVoided = order::ORDER_VOIDED,
    /// No such order.
    OrderNotFound = order::ORDER_NOT_FOUND,
    /// The order is registered otherwise.
    OrderDiffers = order::ORDER_DIFFERS,
    /// The payment is paid.
    AlreadyPaid = order::ALREADY_PAID,
    /// Not possible where the payment or order stands.
    InvalidState = order::INVALID_STATE,
    /// Others kept changing the same thing.
    ConcurrentUpdate = order::CONCURRENT_UPDATE,
    /// A method that is not offered.
    MethodUnsupported = provider::METHOD_UNSUPPORTED,
    /// The provider said no.
    PaymentDeclined = provider::PAYMENT_DECLINED,
    /// No provider can be reached.
    ProviderUnavailable = provider::PROVIDER_UNAVAILABLE,
    /// Our store cannot be reached.
    StoreUnavailable = provider::STORE_UNAVAILABLE,
    /// A fault of ours.
    Internal = provider::INTERNAL,
    /// No valid token.
    Unauthorized = access::UNAUTHORIZED,
    /// A token without the right.
    Forbidden = access::FORBIDDEN,
    /// Nothing there, or nothing that this token may see.
    NotFound = access::NOT_FOUND,
    /// The path takes other methods.
    MethodNotAllowed = access::METHOD_NOT_ALLOWED,
    /// Too many requests.
    RateLimited = access::RATE_LIMITED,
    /// An account has the place that another is to have.
    AccountExists = account::ACCOUNT_EXISTS,
    /// The gateway takes no accounts of merchants.
    AccountsNotSetUp = account::ACCOUNTS_NOT_SET_UP,
    /// A merchant has as many accounts as there may be.
    TooManyAccounts = account::TOO_MANY_ACCOUNTS,
    /// A merchant has as many endpoints as there may be.
    TooManyEndpoints = account::TOO_MANY_ENDPOINTS,
    /// A webhook that is not the provider's.
    InvalidWebhookCredential = webhook::INVALID_WEBHOOK_CREDENTIAL,
    /// A webhook that cannot be read.
    WebhookUnreadable = webhook::WEBHOOK_UNREADABLE,
}

impl ErrorCode {
    /// `error_code`, and the last part of the problem's `type`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.entry().code
    }

    /// The problem's `type`, a path on this server: `/problems/amount_mismatch`.
    #[must_use]
    pub fn type_path(self) -> String {
        format!("/problems/{}", self.code())
    }

    /// The HTTP status that it is answered with.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.entry().status
    }

    /// The problem's `title`: the same for every occurrence.
    #[must_use]
    pub const fn title(self, language: Language) -> &'static str {
        self.entry().title.in_language(language)
    }

    /// The problem's `message`: what a cashier reads.
    #[must_use]
    pub const fn message(self, language: Language) -> &'static str {
        self.entry().message.in_language(language)
    }

    /// Whether the same request may be sent again.
    #[must_use]
    pub const fn retry(self) -> Retry {
        self.entry().retry
    }

    /// The page that explains it.
    #[must_use]
    pub const fn page(self) -> ErrorPage {
        ErrorPage::of(self)
    }
}

impl FromStr for ErrorCode {
    type Err = UnknownErrorCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|known| known.code() == text).ok_or(UnknownErrorCode)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_spelled_once_and_reads_back() {
        let codes: BTreeSet<&str> = ErrorCode::ALL.iter().map(|code| code.code()).collect();
        assert_eq!(codes.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert_eq!(code.code().parse(), Ok(*code));
            assert!(code.code().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{code}");
        }
        assert_eq!("no_such_code".parse::<ErrorCode>(), Err(UnknownErrorCode));
    }

    #[test]
    fn a_code_is_named_like_its_variant() {
        for code in ErrorCode::ALL {
            let snake: String = format!("{code:?}")
                .chars()
                .flat_map(|c| if c.is_ascii_uppercase() { vec!['_', c.to_ascii_lowercase()] } else { vec![c] })
                .collect();
            assert_eq!(snake.trim_start_matches('_'), code.code());
        }
    }

    #[test]
    fn what_a_cashier_reads_is_short_and_in_two_tongues() {
        /// A till's message box takes about three lines.
        const MESSAGE_CHARS_MAX: usize = 160;
        for code in ErrorCode::ALL {
            let [indonesian, english] = Language::ALL.map(|language| code.message(language));
            assert_ne!(indonesian, english, "{code}");
            for message in [indonesian, english] {
                assert!(message.ends_with('.'), "{code}: {message}");
                assert!(message.chars().count() <= MESSAGE_CHARS_MAX, "{code}: {message}");
                for jargon in ["JSON", "HTTP", "token", "idempoten", "server", "header", "SQL", "API"] {
                    assert!(!message.contains(jargon), "{code}: {message}");
                }
            }
        }
    }

    #[test]
    fn only_errors_that_pass_are_worth_the_same_request_again() {
        for code in ErrorCode::ALL {
            let passes = matches!(code.status().as_u16(), 429 | 500 | 503)
                || matches!(code, ErrorCode::RequestInProgress | ErrorCode::ConcurrentUpdate);
            let same_again = match code.retry() {
                Retry::Same | Retry::SameAfterPause => true,
                Retry::Changed | Retry::Never => false,
            };
            assert_eq!(same_again, passes, "{code}");
        }
    }
}
