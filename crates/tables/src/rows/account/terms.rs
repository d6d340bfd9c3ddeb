//! What an account may be used for, as two cells of JSON: `["qris","gopay"]` and `{"qris":[150000,50000000]}`, limits in
//! hundredths of a rupiah.

use std::collections::{BTreeMap, BTreeSet};

use mstore_pay_domain::account::{AccountTerms, AmountLimits};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::StoreError;

use crate::rows::cells::Cells;
use crate::types::MinorUnits;

pub(super) fn methods_text(terms: &AccountTerms) -> Result<Option<String>, serde_json::Error> {
    let codes = |methods: &BTreeSet<Method>| methods.iter().map(|method| method.code()).collect::<Vec<_>>();
    terms.methods.as_ref().map(|methods| serde_json::to_string(&codes(methods))).transpose()
}

pub(super) fn limits_text(terms: &AccountTerms) -> Result<String, serde_json::Error> {
    let limits: BTreeMap<&str, [i64; 2]> = terms
        .limits
        .iter()
        .map(|(method, limits)| (method.code(), [&limits.min, &limits.max].map(Money::minor_units)))
        .collect();
    serde_json::to_string(&limits)
}

pub(super) fn read(cells: Cells<'_>, methods: Option<&str>, limits: &str) -> Result<AccountTerms, StoreError> {
    let methods = match methods {
        Some(text) => {
            let codes: Vec<String> = serde_json::from_str(text).map_err(|source| cells.corrupt("methods", source))?;
            Some(codes.iter().map(|code| cells.text("methods", code)).collect::<Result<_, _>>()?)
        }
        None => None,
    };
    let stored: BTreeMap<String, [i64; 2]> =
        serde_json::from_str(limits).map_err(|source| cells.corrupt("limits", source))?;
    let mut limits = BTreeMap::new();
    for (code, [min, max]) in stored {
        let amount = |units| cells.money("limits", MinorUnits(units));
        limits.insert(cells.text("limits", &code)?, AmountLimits { min: amount(min)?, max: amount(max)? });
    }
    Ok(AccountTerms { methods, limits })
}
