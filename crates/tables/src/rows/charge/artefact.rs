//! What a charge puts before the customer.

use mstore_pay_domain::charge::{Artefact, Opening};
use mstore_pay_domain::ports::StoreError;

use super::ChargeRow;

/// The cells of an artefact; all empty where nothing was opened.
#[derive(Default)]
pub(super) struct ArtefactCells {
    pub(super) word: Option<&'static str>,
    pub(super) qr_string: Option<String>,
    pub(super) bank_code: Option<String>,
    pub(super) va_number: Option<String>,
    pub(super) biller_code: Option<String>,
    pub(super) bill_key: Option<String>,
    pub(super) checkout_url: Option<String>,
    pub(super) deeplink_url: Option<String>,
}

pub(super) fn cells(opening: &Opening) -> ArtefactCells {
    let artefact = match opening {
        Opening::Opened(opened) => &opened.artefact,
        Opening::Intended | Opening::Unknown { .. } | Opening::Found { .. } | Opening::Refused { .. } => {
            return ArtefactCells::default();
        }
    };
    match artefact {
        Artefact::Qr { qr_string } => {
            ArtefactCells { word: Some("qr"), qr_string: Some(qr_string.clone()), ..ArtefactCells::default() }
        }
        Artefact::VirtualAccount { bank_code, va_number } => ArtefactCells {
            word: Some("virtual_account"),
            bank_code: Some(bank_code.clone()),
            va_number: Some(va_number.clone()),
            ..ArtefactCells::default()
        },
        Artefact::Bill { biller_code, bill_key } => ArtefactCells {
            word: Some("bill"),
            biller_code: Some(biller_code.clone()),
            bill_key: Some(bill_key.clone()),
            ..ArtefactCells::default()
        },
        Artefact::Link { checkout_url, deeplink_url } => ArtefactCells {
            word: Some("link"),
            checkout_url: checkout_url.clone(),
            deeplink_url: deeplink_url.clone(),
            ..ArtefactCells::default()
        },
        Artefact::Push => ArtefactCells { word: Some("push"), ..ArtefactCells::default() },
    }
}

impl ChargeRow {
    pub(super) fn read_artefact(&self) -> Result<Artefact, StoreError> {
        let cells = self.cells();
        match cells.need("artefact", self.artefact.as_deref())? {
            "qr" => Ok(Artefact::Qr { qr_string: cells.need("qr_string", self.qr_string.clone())? }),
            "virtual_account" => Ok(Artefact::VirtualAccount {
                bank_code: cells.need("bank_code", self.bank_code.clone())?,
                va_number: cells.need("va_number", self.va_number.clone())?,
            }),
            "bill" => Ok(Artefact::Bill {
                biller_code: cells.need("biller_code", self.biller_code.clone())?,
                bill_key: cells.need("bill_key", self.bill_key.clone())?,
            }),
            "link" => {
                Ok(Artefact::Link { checkout_url: self.checkout_url.clone(), deeplink_url: self.deeplink_url.clone() })
            }
            "push" => Ok(Artefact::Push),
            _unknown => Err(cells.unknown("artefact")),
        }
    }
}
