//! Taking a request's fields: each is parsed where it is taken, and all that is wrong is told at once.

use std::collections::BTreeMap;

use mstore_pay_domain::money::{Money, MoneyError};
use mstore_pay_outbound::json::Object;
use serde::de::DeserializeOwned;

use crate::problem::catalogue::ErrorCode;
use crate::problem::{FieldFault, Problem};

/// The fields of a request, and what was found wrong with them so far.
pub(super) struct Fields<'a> {
    object: &'a Object,
    faults: Vec<(ErrorCode, FieldFault)>,
}

impl<'a> Fields<'a> {
    pub(super) const fn of(object: &'a Object) -> Self {
        Self { object, faults: Vec::new() }
    }

    /// Notes that a field has a value it does not take.
    pub(super) fn refuse(&mut self, code: ErrorCode, name: &str, reason: &'static str) {
        self.faults.push((code, FieldFault { pointer: format!("/{name}"), reason }));
    }

    /// Whether the field is there.
    pub(super) fn is_there(&self, name: &str) -> bool {
        self.object.raw(name).is_some()
    }

    /// A text; `None` if it is absent, or refused.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.object.raw(name)?;
        let text = self.object.text(name);
        if text.is_none() {
            self.refuse(ErrorCode::InvalidField, name, "must be a string");
        }
        text
    }

    /// A text that must be there.
    pub(super) fn required_text(&mut self, name: &str) -> Option<String> {
        if self.object.raw(name).is_none() {
            self.refuse(ErrorCode::InvalidField, name, "is required");
            return None;
        }
        self.text(name)
    }

    /// Notes a field that is not there, and must be.
    pub(super) fn require(&mut self, name: &str) {
        if self.object.raw(name).is_none() {
            self.refuse(ErrorCode::InvalidField, name, "is required");
        }
    }

    /// A value that reads as it is to; `None` if it is absent, or refused for that reason.
    pub(super) fn json<T: DeserializeOwned>(&mut self, name: &str, reason: &'static str) -> Option<T> {
        let value = serde_json::from_str(self.object.raw(name)?);
        value.map_err(|_unreadable| self.refuse(ErrorCode::InvalidField, name, reason)).ok()
    }

    /// An object; `None` if it is absent, or refused for that reason.
    pub(super) fn object(&mut self, name: &str, reason: &'static str) -> Option<Object> {
        self.object.raw(name)?;
        let object = self.object.object(name);
        if object.is_none() {
            self.refuse(ErrorCode::InvalidField, name, reason);
        }
        object
    }

    /// A text without control characters, of at most so many characters.
    pub(super) fn line(&mut self, name: &str, chars_max: usize) -> Option<String> {
        let text = self.text(name)?;
        if text.chars().any(char::is_control) {
            self.refuse(ErrorCode::InvalidField, name, "must not contain control characters");
            return None;
        }
        if text.chars().count() > chars_max {
            self.refuse(ErrorCode::InvalidField, name, "is too long");
            return None;
        }
        Some(text)
    }

    /// A text that parses into something; `None` if it is absent, or refused for that reason.
    pub(super) fn parsed<T, E>(
        &mut self,
        name: &str,
        refusal: (ErrorCode, &'static str),
        parse: impl FnOnce(String) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name)?;
        parse(text).map_err(|_refused| self.refuse(refusal.0, name, refusal.1)).ok()
    }

    /// An amount that must be there: a JSON number of whole rupiah above zero.
    pub(super) fn amount(&mut self, name: &str) -> Option<Money> {
        let amount = self.object.money(name).and_then(|amount| amount.map(Money::payable).transpose());
        match amount {
            Ok(Some(amount)) => return Some(amount),
            Ok(None) => self.refuse(ErrorCode::InvalidField, name, "is required"),
            Err(error) => {
                let (code, reason) = refusal_of(error);
                self.refuse(code, name, reason);
            }
        }
        None
    }

    /// A whole number; `60.0` is one (JSON Schema 2020-12, validation, section 6.1.1).
    pub(super) fn integer(&mut self, name: &str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let text = self.object.raw(name)?;
        let whole = match text.split_once('.') {
            Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
            Some(_) | None => text,
        };
        let number = whole.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            self.refuse(ErrorCode::InvalidField, name, "is not a whole number within the limits");
        }
        number
    }

    /// Yes or no; no if absent.
    pub(super) fn flag(&mut self, name: &str) -> bool {
        match self.object.raw(name) {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.refuse(ErrorCode::InvalidField, name, "must be true or false");
                false
            }
        }
    }

    /// An object of texts; empty if absent.
    pub(super) fn texts(&mut self, name: &str) -> BTreeMap<String, String> {
        let Some(text) = self.object.raw(name) else { return BTreeMap::new() };
        serde_json::from_str(text).unwrap_or_else(|_not_texts| {
            self.refuse(ErrorCode::InvalidField, name, "must be an object of strings");
            BTreeMap::new()
        })
    }

    /// What was taken, if nothing was refused and everything required was there.
    ///
    /// # Errors
    /// The problem that tells all that is wrong; its code is that of the faults where they agree.
    pub(super) fn finish<T>(self, taken: Option<T>) -> Result<T, Problem> {
        match taken {
            Some(taken) if self.faults.is_empty() => Ok(taken),
            Some(_) | None => {
                let mut codes = self.faults.iter().map(|(code, _)| *code);
                let first = codes.next().unwrap_or(ErrorCode::InvalidField);
                let card = self.faults.iter().any(|(code, _)| *code == ErrorCode::CardDataNotAccepted);
                let code = if card {
                    ErrorCode::CardDataNotAccepted
                } else if codes.all(|code| code == first) {
                    first
                } else {
                    ErrorCode::InvalidField
                };
                Err(Problem::of_faults(code, self.faults.into_iter().map(|(_, fault)| fault).collect()))
            }
        }
    }
}

const fn refusal_of(error: MoneyError) -> (ErrorCode, &'static str) {
    match error {
        MoneyError::NotWhole | MoneyError::TooFine => (ErrorCode::AmountNotWhole, "must be whole rupiah"),
        MoneyError::Zero | MoneyError::Negative => (ErrorCode::InvalidField, "must be above zero"),
        MoneyError::TooLarge => (ErrorCode::InvalidField, "is larger than any amount"),
        _ => (ErrorCode::InvalidField, "must be a JSON number"),
    }
}
