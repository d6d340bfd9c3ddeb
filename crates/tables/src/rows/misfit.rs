//! What does not fit, in the cells of an exception's row.

use std::str::FromStr;

use mstore_pay_domain::exception::{Misfit, MoneySource};
use mstore_pay_domain::ids::{IdError, ProviderRef};
use mstore_pay_domain::money::{Money, ReportedMoney};
use mstore_pay_domain::ports::StoreError;

use super::exception::ExceptionRow;
use crate::types::MinorUnits;

const RECEIPT: &str = "receipt";
const CLAIM: &str = "claim";
const REFUND: &str = "refund";

/// The cells beside the kind.
#[derive(Default)]
pub(super) struct MisfitCells {
    pub(super) subject_kind: Option<&'static str>,
    pub(super) subject: Option<String>,
    pub(super) expected: Option<MinorUnits>,
    pub(super) amount: Option<MinorUnits>,
    pub(super) currency: Option<String>,
}

pub(super) fn cells(misfit: &Misfit) -> MisfitCells {
    match misfit {
        Misfit::LatePaid { receipt, amount }
        | Misfit::Reversed { receipt, amount }
        | Misfit::PaidTwice { receipt, amount }
        | Misfit::PaidAfterVoid { receipt, amount }
        | Misfit::FeeOnQris { receipt, fee: amount } => of_provider_ref(RECEIPT, receipt).with_amount(amount),
        Misfit::RefundFailed { refund, amount } => of_provider_ref(REFUND, refund).with_amount(amount),
        Misfit::Overpaid { source, expected, got } | Misfit::Underpaid { source, expected, got } => {
            MisfitCells { expected: Some(MinorUnits::from(expected)), ..of_source(source).with_reported(Some(got)) }
        }
        Misfit::Unmatched { source, claimed } => of_source(source).with_reported(claimed.as_ref()),
        Misfit::AccountMismatch { source } => of_source(source),
        Misfit::OutcomeUnknown => MisfitCells::default(),
    }
}

fn of_provider_ref(kind: &'static str, provider_ref: &ProviderRef) -> MisfitCells {
    MisfitCells { subject_kind: Some(kind), subject: Some(provider_ref.to_string()), ..MisfitCells::default() }
}

fn of_source(source: &MoneySource) -> MisfitCells {
    let kind = match source {
        MoneySource::Receipt(_) => RECEIPT,
        MoneySource::Claim(_) => CLAIM,
    };
    MisfitCells { subject_kind: Some(kind), subject: Some(source.text()), ..MisfitCells::default() }
}

impl MisfitCells {
    fn with_amount(self, amount: &Money) -> Self {
        Self { amount: Some(MinorUnits::from(amount)), ..self }
    }

    fn with_reported(self, reported: Option<&ReportedMoney>) -> Self {
        Self {
            amount: reported.map(|reported| MinorUnits::from(&reported.amount)),
            currency: reported.map(|reported| reported.currency.clone()),
            ..self
        }
    }
}

impl ExceptionRow {
    pub(super) fn read_misfit(&self) -> Result<Misfit, StoreError> {
        let subject = || self.read_subject::<ProviderRef, IdError>();
        let amount = || self.cells().needed_money("amount", self.amount);
        match self.kind.as_str() {
            "late_paid" => Ok(Misfit::LatePaid { receipt: subject()?, amount: amount()? }),
            "reversed" => Ok(Misfit::Reversed { receipt: subject()?, amount: amount()? }),
            "overpaid" => Ok(Misfit::Overpaid {
                source: self.read_source()?,
                expected: self.read_expected()?,
                got: self.read_reported()?,
            }),
            "underpaid" => Ok(Misfit::Underpaid {
                source: self.read_source()?,
                expected: self.read_expected()?,
                got: self.read_reported()?,
            }),
            "paid_twice" => Ok(Misfit::PaidTwice { receipt: subject()?, amount: amount()? }),
            "unmatched" => Ok(Misfit::Unmatched {
                source: self.read_source()?,
                claimed: self.amount.map(|_claimed| self.read_reported()).transpose()?,
            }),
            "paid_after_void" => Ok(Misfit::PaidAfterVoid { receipt: subject()?, amount: amount()? }),
            "account_mismatch" => Ok(Misfit::AccountMismatch { source: self.read_source()? }),
            "fee_on_qris" => Ok(Misfit::FeeOnQris { receipt: subject()?, fee: amount()? }),
            "outcome_unknown" => Ok(Misfit::OutcomeUnknown),
            "refund_failed" => Ok(Misfit::RefundFailed { refund: subject()?, amount: amount()? }),
            _unknown => Err(self.cells().unknown("kind")),
        }
    }

    fn read_subject<T: FromStr<Err = E>, E: std::error::Error + Send + Sync + 'static>(&self) -> Result<T, StoreError> {
        self.cells().needed_text("subject", self.subject.as_deref())
    }

    fn read_source(&self) -> Result<MoneySource, StoreError> {
        let cells = self.cells();
        match cells.need("subject_kind", self.subject_kind.as_deref())? {
            RECEIPT => self.read_subject().map(MoneySource::Receipt),
            CLAIM => self.read_subject().map(MoneySource::Claim),
            _unknown => Err(cells.unknown("subject_kind")),
        }
    }

    fn read_expected(&self) -> Result<Money, StoreError> {
        self.cells().needed_money("expected_amount", self.expected_amount)
    }

    fn read_reported(&self) -> Result<ReportedMoney, StoreError> {
        let cells = self.cells();
        Ok(ReportedMoney {
            amount: cells.needed_money("amount", self.amount)?,
            currency: cells.need("currency", self.currency.clone())?,
        })
    }
}
