//! Names of things: each its own type, parsed once, trusted inside.

mod our_reference;
mod text;
mod unique;

pub use our_reference::OurReference;
pub use text::{
    AccountId, BranchId, DeviceId, EndpointUrl, IdError, IdempotencyKey, KeyId, MerchantId, OrderCode, ProviderId,
    ProviderRef, UserId,
};
pub use unique::{
    ChargeId, ConflictId, DeliveryId, EndpointId, ExceptionId, LeaseToken, MessageId, PaymentId, RefundId, TenderId,
};
