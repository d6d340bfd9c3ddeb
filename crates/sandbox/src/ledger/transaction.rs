use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What Midtrans' check for fraud made of a transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fraud {
    #[default]
    Accept,
    /// The merchant has to decide.
    Challenge,
    /// The merchant, or the check itself, said no.
    Deny,
}

/// How money that had come was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TakenBack {
    /// The bank found, minutes later, that it had not come.
    Denied,
    /// The customer asked the bank for it.
    ChargedBack,
}

/// The card that a transaction is paid by.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Card {
    /// Used up by this transaction.
    pub(crate) token_id: String,
    /// The first and last digits.
    pub(crate) masked: String,
    pub(crate) approval_code: String,
}

/// What Midtrans knows of a transaction beside what every provider does.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Transaction {
    pub(crate) fraud: Fraud,
    pub(crate) card: Option<Card>,
    /// The page that it was picked on.
    #[serde(default)]
    pub(crate) page: Option<String>,
    /// When what a card paid was settled, if sooner than usual.
    #[serde(default)]
    pub(crate) settled_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) taken_back: Option<TakenBack>,
    /// Where notifications go beside the account's address.
    pub(crate) append: Vec<String>,
    /// Where they go instead, if anywhere.
    pub(crate) instead: Vec<String>,
}
