use std::borrow::Cow;

use super::effect::Effect;
use crate::amount::Amount;
use crate::ledger::Charge;

/// A word no client of today knows.
const UNHEARD_OF: &str = "SANDBOX_UNHEARD_OF";
/// A reference no merchant gave.
const NOBODYS_REFERENCE: &str = "SANDBOX-NOBODYS-REFERENCE";

/// How a body departs from the ledger. The ledger itself stays true.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lie {
    amount: bool,
    status: bool,
    reference: Option<String>,
    extra_fields: bool,
}

impl Lie {
    /// The lie that an effect tells; `foreign` is the reference of another charge, if there is one.
    pub(crate) fn of(effect: Effect, foreign: impl FnOnce() -> Option<String>) -> Self {
        let mut lie = Self::default();
        match effect {
            Effect::WrongAmount => lie.amount = true,
            Effect::UnknownEnum => lie.status = true,
            Effect::ExtraFields => lie.extra_fields = true,
            Effect::WrongReference => lie.reference = Some(NOBODYS_REFERENCE.to_owned()),
            Effect::ForeignReference => {
                lie.reference = Some(foreign().unwrap_or_else(|| NOBODYS_REFERENCE.to_owned()));
            }
            Effect::Delay
            | Effect::Drip
            | Effect::TimeoutBefore
            | Effect::TimeoutAfter
            | Effect::DisconnectBefore
            | Effect::DisconnectAfter
            | Effect::Reset
            | Effect::StatusBefore
            | Effect::StatusAfter
            | Effect::HtmlError
            | Effect::EmptyBody
            | Effect::TruncatedJson
            | Effect::HugeBody
            | Effect::GzipBomb
            | Effect::Redirect
            | Effect::RateLimited
            | Effect::Drop
            | Effect::Duplicate
            | Effect::Reorder
            | Effect::BadSignature
            | Effect::BeforeResponse
            | Effect::Storm
            | Effect::CorrectedLater => {}
        }
        lie
    }

    pub(crate) fn amount(&self, truth: &Amount) -> Amount {
        if self.amount { truth.one_more() } else { truth.clone() }
    }

    /// What the charge asks for; none where the customer chooses.
    pub(crate) fn asked(&self, charge: &Charge) -> Option<Amount> {
        charge.amount.as_ref().map(|truth| self.amount(truth))
    }

    pub(crate) fn status(&self, truth: &'static str) -> &'static str {
        if self.status { UNHEARD_OF } else { truth }
    }

    pub(crate) fn reference<'a>(&'a self, truth: &'a str) -> &'a str {
        self.reference.as_deref().unwrap_or(truth)
    }

    /// Adds fields of tomorrow to a JSON object.
    pub(crate) fn finish(&self, body: String) -> String {
        if !self.extra_fields {
            return body;
        }
        let opened = body.strip_suffix('}').map(Cow::Borrowed);
        match opened {
            Some(opened) => format!(
                r#"{opened},"sandbox_extra":{{"nested":[1,{{"deep":null}}]}},"sandbox_extra_text":"tomorrow"}}"#
            ),
            None => body,
        }
    }
}
