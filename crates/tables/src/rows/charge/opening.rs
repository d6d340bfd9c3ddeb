//! How a charge came to be at the provider.

use mstore_pay_domain::charge::{Opened, Opening};
use mstore_pay_domain::ports::StoreError;

use super::ChargeRow;
use crate::types::Micros;

/// The cells of an opening; the provider's id and the artefact are apart.
pub(super) struct OpeningCells {
    pub(super) word: &'static str,
    pub(super) at: Option<Micros>,
    pub(super) payable_until: Option<Micros>,
}

pub(super) fn cells(opening: &Opening) -> OpeningCells {
    let (word, at, payable_until) = match opening {
        Opening::Intended => ("intended", None, None),
        Opening::Opened(opened) => ("opened", Some(opened.at), Some(opened.payable_until)),
        Opening::Unknown { since } => ("unknown", Some(*since), None),
        Opening::Found { at, .. } => ("found", Some(*at), None),
        Opening::Refused { at } => ("refused", Some(*at), None),
    };
    OpeningCells { word, at: at.map(Micros::from), payable_until: payable_until.map(Micros::from) }
}

impl ChargeRow {
    pub(super) fn read_opening(&self) -> Result<Opening, StoreError> {
        let cells = self.cells();
        let at = || cells.needed_time("opening_at", self.opening_at);
        let provider_ref = || cells.needed_text("provider_ref", self.provider_ref.as_deref());
        match self.opening.as_str() {
            "intended" => Ok(Opening::Intended),
            "opened" => Ok(Opening::Opened(Opened {
                provider_ref: provider_ref()?,
                artefact: self.read_artefact()?,
                at: at()?,
                payable_until: cells.needed_time("payable_until", self.payable_until)?,
            })),
            "unknown" => Ok(Opening::Unknown { since: at()? }),
            "found" => Ok(Opening::Found { provider_ref: provider_ref()?, at: at()? }),
            "refused" => Ok(Opening::Refused { at: at()? }),
            _unknown => Err(cells.unknown("opening")),
        }
    }
}
