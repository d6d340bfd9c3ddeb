//! What a provider's answer to an opening comes to.

use crate::account::{AccountMode, ProviderAccount};
use crate::charge::Artefact;
use crate::ids::ProviderRef;
use crate::ports::{Certainty, Drift, Exchange, OpenCharge, OpenedCharge, ProviderError, SnapshotStatus};
use crate::qr::PaymentQr;

/// Every QR of the standard starts so: payload format 01.
const EMV_START: &str = "000201";

/// What an answer comes to.
pub(super) enum Verdict {
    /// It is what was asked for: it may be shown.
    Fits(Box<OpenedCharge>),
    /// The provider says no to this payment.
    Refused(Box<ProviderError>),
    /// The provider certainly did nothing; another may.
    Elsewhere(Box<ProviderError>),
    /// Nobody knows, or the answer speaks of something else.
    Unknown(Lost),
}

/// An opening of which nobody knows what came.
pub(super) struct Lost {
    /// What was said.
    pub(super) exchange: Exchange,
    /// The id that was told all the same, under our reference.
    pub(super) told: Option<ProviderRef>,
    /// What in it we do not know.
    pub(super) drift: Vec<Drift>,
}

impl Verdict {
    pub(super) fn of(
        answer: Result<OpenedCharge, ProviderError>,
        asked: &OpenCharge,
        account: &ProviderAccount,
    ) -> Self {
        match answer {
            Ok(opened) if fits(&opened, asked, account) => Self::Fits(Box::new(opened)),
            Ok(opened) => {
                let drift = opened.drift();
                // What bears another reference may be another's: by its id that would be closed.
                let is_ours = opened.our_reference == asked.our_reference.as_str();
                let told = Some(opened.provider_ref).filter(|_| is_ours);
                Self::Unknown(Lost { exchange: opened.exchange, told, drift })
            }
            Err(error) => match error.certainty {
                Certainty::Unknown => Self::unknown(error),
                Certainty::NotApplied if error.is_refusal() => Self::Refused(Box::new(error)),
                Certainty::NotApplied => Self::Elsewhere(Box::new(error)),
            },
        }
    }

    /// What it comes to where the same was asked before and not answered: that the repeat was refused, or
    /// reached nobody, says nothing of the first.
    pub(super) fn of_a_repeat(self) -> Self {
        match self {
            Self::Refused(error) | Self::Elsewhere(error) => Self::unknown(*error),
            Self::Fits(_) | Self::Unknown(_) => self,
        }
    }

    fn unknown(error: ProviderError) -> Self {
        let drift = error.drift();
        Self::Unknown(Lost { exchange: *error.exchange, told: error.told.map(|told| *told), drift })
    }
}

/// Whether everything the answer tells is what was asked.
fn fits(opened: &OpenedCharge, asked: &OpenCharge, account: &ProviderAccount) -> bool {
    let waits = opened.status == SnapshotStatus::Pending;
    let same = opened.our_reference == asked.our_reference.as_str() && opened.amount.fits(&asked.amount);
    let showable = match &opened.artefact {
        Artefact::Qr { qr_string } => qr_fits(qr_string, asked, account),
        Artefact::VirtualAccount { .. } | Artefact::Bill { .. } | Artefact::Link { .. } | Artefact::Push => true,
    };
    waits && same && showable
}

/// A QR may be shown if it asks for this amount, in rupiah, for this merchant. Test accounts may
/// answer a placeholder that is no QR of the standard.
fn qr_fits(qr_string: &str, asked: &OpenCharge, account: &ProviderAccount) -> bool {
    if account.mode == AccountMode::Test && !qr_string.starts_with(EMV_START) {
        return !qr_string.is_empty();
    }
    PaymentQr::parse(qr_string).is_ok_and(|qr| {
        let for_us = account.nmid.as_ref().is_none_or(|nmid| qr.nmids.contains(nmid));
        qr.amount.as_ref() == Some(&asked.amount) && for_us
    })
}
