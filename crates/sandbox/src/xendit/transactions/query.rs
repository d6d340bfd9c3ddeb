use chrono::{DateTime, Utc};
use url::form_urlencoded;

use crate::amount::Amount;
use crate::ledger::{Charge, Payment};
use crate::xendit::answer::{FieldError, Refusal};
use crate::xendit::channels::category;

const LIMIT_DEFAULT: usize = 10;
/// Documented for Xendit's other lists; for this one no maximum is (unconfirmed).
const LIMIT_MAX: usize = 50;

/// What the query asks for. An empty list of words lets everything through.
#[derive(Debug)]
pub(crate) struct Query {
    types: Vec<String>,
    statuses: Vec<String>,
    categories: Vec<String>,
    pub(super) reference: Option<String>,
    product_id: Option<String>,
    currency: Option<String>,
    amount: Option<Amount>,
    pub(super) created: Span,
    pub(super) updated: Span,
    pub(super) limit: usize,
    pub(super) after_id: Option<String>,
    pub(super) before_id: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Span {
    pub(super) from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
}

impl Span {
    fn holds(&self, at: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at <= to)
    }
}

impl Default for Query {
    fn default() -> Self {
        Self {
            types: Vec::new(),
            statuses: Vec::new(),
            categories: Vec::new(),
            reference: None,
            product_id: None,
            currency: None,
            amount: None,
            created: Span::default(),
            updated: Span::default(),
            limit: LIMIT_DEFAULT,
            after_id: None,
            before_id: None,
        }
    }
}

impl Query {
    /// Reads a query string; unknown parameters are ignored, unreadable ones refused.
    pub(crate) fn read(text: &str) -> Result<Self, Refusal> {
        let mut query = Self::default();
        let mut errors = Vec::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            if let Err(message) = query.take(&name, &value) {
                errors.push(FieldError { path: format!("query.{name}"), message: message.to_owned() });
            }
        }
        if errors.is_empty() { Ok(query) } else { Err(Refusal::fields(errors)) }
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        let text = || Some(value.to_owned());
        match name {
            "types" => self.types.push(value.to_owned()),
            "statuses" => self.statuses.push(value.to_owned()),
            "channel_categories" => self.categories.push(value.to_owned()),
            "reference_id" => self.reference = text(),
            "product_id" => self.product_id = text(),
            "currency" => self.currency = text(),
            "after_id" => self.after_id = text(),
            "before_id" => self.before_id = text(),
            "amount" => {
                self.amount = Some(Amount::parse(value).map_err(|_no_number| "must be a number")?);
            }
            "created[gte]" => self.created.from = Some(moment(value)?),
            "created[lte]" => self.created.to = Some(moment(value)?),
            "updated[gte]" => self.updated.from = Some(moment(value)?),
            "updated[lte]" => self.updated.to = Some(moment(value)?),
            "limit" => {
                self.limit = value
                    .parse()
                    .ok()
                    .filter(|limit| (1..=LIMIT_MAX).contains(limit))
                    .ok_or("must be a whole number from 1 to 50")?;
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn wants(&self, charge: &Charge, payment: &Payment) -> bool {
        let among = |words: &[String], word: &str| words.is_empty() || words.iter().any(|w| w == word);
        among(&self.types, "PAYMENT")
            && among(&self.statuses, "SUCCESS")
            && among(&self.categories, category(charge.method))
            && self.reference.as_ref().is_none_or(|wanted| *wanted == charge.reference)
            && self.product_id.as_ref().is_none_or(|wanted| *wanted == payment.id)
            && self.currency.as_ref().is_none_or(|wanted| *wanted == payment.currency)
            && self.amount.as_ref().is_none_or(|wanted| *wanted == payment.amount)
            && self.created.holds(payment.arrived_at())
            && self.updated.holds(payment.arrived_at())
    }
}

fn moment(value: &str) -> Result<DateTime<Utc>, &'static str> {
    value.parse().map_err(|_unreadable: chrono::ParseError| "must be a time in ISO 8601")
}
