//! The providers that the sandbox plays.

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    Xendit,
    Midtrans,
}

/// Characters of a UUID, which is what Midtrans calls a transaction.
const UUID_CHARS: usize = 36;

/// How the gateway's names for pages of Midtrans' begin.
pub(super) const SNAP_PAGE: &str = "snap-";

impl Provider {
    pub(crate) const ALL: [Self; 2] = [Self::Xendit, Self::Midtrans];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Xendit => "xendit",
            Self::Midtrans => "midtrans",
        }
    }

    /// Where it tells the gateway something.
    pub(crate) fn webhook(self) -> &'static str {
        match self {
            Self::Xendit => "/api/v1/webhook/xendit",
            Self::Midtrans => "/api/v1/webhook/midtrans",
        }
    }

    /// Whose a path to the gateway is.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| path.starts_with(provider.webhook()))
    }

    /// Whose an object of that id is.
    pub(crate) fn of_object(id: &str) -> Self {
        if id.len() == UUID_CHARS || id.starts_with(SNAP_PAGE) { Self::Midtrans } else { Self::Xendit }
    }
}
