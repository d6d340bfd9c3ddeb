//! What is written of one error.

use actix_web::http::StatusCode;

use super::ErrorCode;
use crate::language::{Bilingual, Language};

/// Whether the same request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// At once, unchanged: nothing happened, or it happens once however often it is sent.
    Same,
    /// Unchanged, after the pause that `Retry-After` names.
    SameAfterPause,
    /// Only with what is wrong put right; unchanged it gets the same answer.
    Changed,
    /// Not at all: there is nothing to gain.
    Never,
}

/// One error, as it is written down.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) code: &'static str,
    pub(super) status: StatusCode,
    pub(super) title: Bilingual,
    pub(super) message: Bilingual,
    /// What it means.
    pub(super) meaning: &'static str,
    /// What the cashier does.
    pub(super) cashier: &'static str,
    /// What the builder of the till does.
    pub(super) integrator: &'static str,
    pub(super) retry: Retry,
}

/// The page that explains an error, to be rendered as Markdown or HTML. Plain text: no markup within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorPage {
    /// Which error.
    pub code: ErrorCode,
    /// What it means.
    pub meaning: &'static str,
    /// What the cashier does.
    pub cashier: &'static str,
    /// What the builder of the till does.
    pub integrator: &'static str,
    /// Whether the request may be sent again.
    pub retry: &'static str,
}

impl Retry {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Same => "Yes, unchanged and at once: it has at most one effect.",
            Self::SameAfterPause => {
                "Yes, unchanged, after the seconds that the Retry-After header names: it has at most one effect."
            }
            Self::Changed => "Not unchanged: the same request gets the same answer. Put right what is wrong first.",
            Self::Never => "No. There is nothing to gain by sending it again.",
        }
    }
}

impl ErrorPage {
    pub(super) const fn of(code: ErrorCode) -> Self {
        let entry = code.entry();
        Self {
            code,
            meaning: entry.meaning,
            cashier: entry.cashier,
            integrator: entry.integrator,
            retry: entry.retry.sentence(),
        }
    }

    /// Its sections in the order of reading: a heading and a paragraph each.
    #[must_use]
    pub const fn sections(&self) -> [(&'static str, &'static str); 4] {
        [
            ("What it means", self.meaning),
            ("What the cashier does", self.cashier),
            ("What the integrator does", self.integrator),
            ("Is it safe to send it again?", self.retry),
        ]
    }

    /// What the till shows, in each tongue.
    #[must_use]
    pub fn messages(&self) -> [(Language, &'static str); 2] {
        Language::ALL.map(|language| (language, self.code.message(language)))
    }
}
