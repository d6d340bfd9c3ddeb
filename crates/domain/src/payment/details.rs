//! What the till said beside order, method and amount.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::ids::DeviceId;

/// Optional parts of a request, kept with the payment. Nothing here goes to a provider for methods
/// that are displayed: what the provider does not know it cannot send to the customer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PaymentDetails {
    /// The customer's e-mail address.
    pub customer_email: Option<String>,
    /// The customer's name.
    pub customer_name: Option<String>,
    /// The customer's phone, `+62...`.
    pub customer_phone: Option<String>,
    /// Where a page leads after success; absent: our pay page.
    pub success_url: Option<String>,
    /// Where a page leads after failure; absent: our pay page.
    pub failure_url: Option<String>,
    /// A line for the customer.
    pub description: Option<String>,
    /// The till.
    pub device: Option<DeviceId>,
    /// The merchant's own notes; never forwarded.
    pub metadata: BTreeMap<String, String>,
}

/// Metadata beyond its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("metadata has more than {} keys, or a key or value that is too long", PaymentDetails::METADATA_KEYS_MAX)]
pub struct MetadataError;

impl PaymentDetails {
    /// Most keys of metadata.
    pub const METADATA_KEYS_MAX: usize = 50;
    /// Longest key of metadata.
    pub const METADATA_KEY_CHARS_MAX: usize = 40;
    /// Longest value of metadata.
    pub const METADATA_VALUE_CHARS_MAX: usize = 500;

    /// Whether they say how a customer is reached or what a customer is called.
    #[must_use]
    pub const fn name_a_customer(&self) -> bool {
        self.customer_email.is_some() || self.customer_name.is_some() || self.customer_phone.is_some()
    }

    /// These details without the customer.
    #[must_use]
    pub fn without_customer(self) -> Self {
        Self { customer_email: None, customer_name: None, customer_phone: None, ..self }
    }

    /// These details with that metadata.
    ///
    /// # Errors
    /// [`MetadataError`] where a limit is passed.
    pub fn with_metadata(mut self, metadata: BTreeMap<String, String>) -> Result<Self, MetadataError> {
        let fits = |text: &str, chars_max: usize| text.chars().count() <= chars_max && !text.contains('\0');
        let all_fit = metadata.iter().all(|(key, value)| {
            !key.is_empty() && fits(key, Self::METADATA_KEY_CHARS_MAX) && fits(value, Self::METADATA_VALUE_CHARS_MAX)
        });
        if metadata.len() > Self::METADATA_KEYS_MAX || !all_fit {
            return Err(MetadataError);
        }
        self.metadata = metadata;
        Ok(self)
    }
}
