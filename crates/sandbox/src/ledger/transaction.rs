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
    /// Where notifications go beside the account's address.
    pub(crate) append: Vec<String>,
    /// Where they go instead, if anywhere.
    pub(crate) instead: Vec<String>,
}
