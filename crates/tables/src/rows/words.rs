//! Words of the database that differ from the domain's, or that the domain has no list of.

use mstore_pay_domain::payment::PaymentStatus;

/// The database's word for a payment's status: `success` for paid, as MStore's payment model has it.
#[must_use]
pub const fn status_word(status: PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::Paid => "success",
        PaymentStatus::Pending
        | PaymentStatus::Expired
        | PaymentStatus::Canceled
        | PaymentStatus::Failed
        | PaymentStatus::PartiallyRefunded
        | PaymentStatus::Refunded
        | PaymentStatus::Reversed => status.word(),
    }
}

/// Every payment status by the database's word.
pub(crate) fn statuses() -> impl Iterator<Item = (&'static str, PaymentStatus)> {
    PaymentStatus::ALL.into_iter().map(|status| (status_word(status), status))
}
