//! A charge's row. The money that came to it is rows of other tables: [`MoneyFacts`].

mod artefact;
mod opening;
mod state;

use diesel::prelude::*;
use mstore_pay_domain::charge::{Charge, Closing, Exposure, Risk};
use mstore_pay_domain::ids::OurReference;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::StoreError;

use super::cells::{Cells, integer};
use super::money::MoneyFacts;
use crate::by_column;
use crate::schema::charges;
use crate::types::Micros;

/// One object at one provider.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = charges, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ChargeRow {
    /// The charge.
    pub id: String,
    /// The payment it belongs to.
    pub payment_id: String,
    position: i64,
    merchant_id: String,
    order_code: String,
    provider: String,
    account_id: String,
    our_reference: String,
    risk: String,
    created_at: Micros,
    hidden_since: Option<Micros>,
    opening: String,
    opening_at: Option<Micros>,
    provider_ref: Option<String>,
    payable_until: Option<Micros>,
    artefact: Option<String>,
    qr_string: Option<String>,
    bank_code: Option<String>,
    va_number: Option<String>,
    biller_code: Option<String>,
    bill_key: Option<String>,
    checkout_url: Option<String>,
    deeplink_url: Option<String>,
    closing: String,
    closing_attempts: Option<i64>,
    closing_next_at: Option<Micros>,
    status: String,
    ended_at: Option<Micros>,
    failure_reason: Option<String>,
}

by_column!(ChargeRow, charges:
    id, payment_id, position, merchant_id, order_code, provider, account_id, our_reference, risk, created_at,
    hidden_since, opening, opening_at, provider_ref, payable_until, artefact, qr_string, bank_code, va_number,
    biller_code, bill_key, checkout_url, deeplink_url, closing, closing_attempts, closing_next_at, status,
    ended_at, failure_reason,
);

impl ChargeRow {
    /// The row of a payment's charge; `position` is its place among them.
    pub fn of(payment: &Payment, position: usize, charge: &Charge) -> Self {
        let (closing, closing_attempts, closing_next_at) = closing_cells(charge.closing);
        let opening = opening::cells(&charge.opening);
        let artefact = artefact::cells(&charge.opening);
        let (ended_at, failure_reason) = state::cells(&charge.state);
        Self {
            id: charge.id.to_string(),
            payment_id: payment.id.to_string(),
            position: i64::try_from(position).unwrap_or(i64::MAX),
            merchant_id: payment.merchant.to_string(),
            order_code: payment.order_code.to_string(),
            provider: charge.provider.to_string(),
            account_id: charge.account.to_string(),
            our_reference: charge.our_reference.to_string(),
            risk: charge.risk.word().to_owned(),
            created_at: charge.created_at.into(),
            hidden_since: match charge.exposure {
                Exposure::Displayable => None,
                Exposure::Hidden { since } => Some(since.into()),
            },
            opening: opening.word.to_owned(),
            opening_at: opening.at,
            provider_ref: charge.provider_ref().map(ToString::to_string),
            payable_until: opening.payable_until,
            artefact: artefact.word.map(ToOwned::to_owned),
            qr_string: artefact.qr_string,
            bank_code: artefact.bank_code,
            va_number: artefact.va_number,
            biller_code: artefact.biller_code,
            bill_key: artefact.bill_key,
            checkout_url: artefact.checkout_url,
            deeplink_url: artefact.deeplink_url,
            closing: closing.to_owned(),
            closing_attempts,
            closing_next_at,
            status: charge.state.status().word().to_owned(),
            ended_at,
            failure_reason,
        }
    }

    /// The charge of this row, with the money that came to it.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self, money: &MoneyFacts) -> Result<Charge, StoreError> {
        let cells = self.cells();
        Ok(Charge {
            id: cells.text("id", &self.id)?,
            provider: cells.text("provider", &self.provider)?,
            account: cells.text("account_id", &self.account_id)?,
            our_reference: OurReference::parse(self.our_reference.as_str())
                .map_err(|source| cells.corrupt("our_reference", source))?,
            risk: Risk::ALL.into_iter().find(|risk| risk.word() == self.risk).ok_or_else(|| cells.unknown("risk"))?,
            created_at: cells.time("created_at", self.created_at)?,
            exposure: cells
                .some_time("hidden_since", self.hidden_since)?
                .map_or(Exposure::Displayable, |since| Exposure::Hidden { since }),
            opening: self.read_opening()?,
            closing: self.read_closing()?,
            state: self.read_state(money)?,
        })
    }

    fn cells(&self) -> Cells<'_> {
        Cells { table: "charges", id: &self.id }
    }

    fn read_closing(&self) -> Result<Closing, StoreError> {
        let cells = self.cells();
        match self.closing.as_str() {
            "not_asked" => Ok(Closing::NotAsked),
            "wanted" => Ok(Closing::Wanted {
                attempts: cells.number("closing_attempts", cells.need("closing_attempts", self.closing_attempts)?)?,
                next_at: cells.needed_time("closing_next_at", self.closing_next_at)?,
            }),
            "confirmed" => Ok(Closing::Confirmed),
            "unsupported" => Ok(Closing::Unsupported),
            _unknown => Err(cells.unknown("closing")),
        }
    }
}

fn closing_cells(closing: Closing) -> (&'static str, Option<i64>, Option<Micros>) {
    match closing {
        Closing::NotAsked => ("not_asked", None, None),
        Closing::Wanted { attempts, next_at } => ("wanted", Some(integer(attempts.into())), Some(next_at.into())),
        Closing::Confirmed => ("confirmed", None, None),
        Closing::Unsupported => ("unsupported", None, None),
    }
}
