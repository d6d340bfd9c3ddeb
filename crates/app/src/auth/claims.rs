//! What a verified token says of its bearer.

use std::collections::BTreeMap;

use mstore_pay_domain::gateway::Scope;
use mstore_pay_domain::ids::{BranchId, MerchantId, UserId};
use serde::Deserialize;
use serde_json::Value;

use super::{Caller, Rights, Role};

/// The claims that we read; the library has checked `exp`, `nbf`, `iss` and `aud` by then.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    #[serde(rename = "merchantId")]
    merchant_id: String,
    #[serde(rename = "branchId", default)]
    branch_id: Option<String>,
    #[serde(rename = "userId", default)]
    user_id: Option<Value>,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    roles: Option<Vec<String>>,
    exp: serde_json::Number,
    #[serde(default)]
    iat: Option<serde_json::Number>,
}

impl Claims {
    /// Whether the token says that it was made in the future.
    pub(super) fn is_from_the_future(&self, latest_seconds: i64) -> bool {
        self.iat.as_ref().is_some_and(|issued| whole_seconds(issued).is_none_or(|issued| issued > latest_seconds))
    }

    /// The second in which it ends; `None` if it is none that can be told.
    pub(super) fn ends_in(&self) -> Option<i64> {
        whole_seconds(&self.exp)
    }

    /// The bearer; `None` if the claims do not name one as they must.
    pub(super) fn caller(&self, role_map: &BTreeMap<String, Role>) -> Option<Caller> {
        let merchant = MerchantId::parse(self.merchant_id.as_str()).ok()?;
        let branch = match self.branch_id.as_deref() {
            None | Some("") => None,
            Some(branch) => Some(BranchId::parse(branch).ok()?),
        };
        // The POS back end sends a number; others a text.
        let user = match &self.user_id {
            Some(Value::String(text)) => UserId::parse(text.as_str()).ok()?,
            Some(Value::Number(number)) => UserId::parse(number.to_string()).ok()?,
            None => UserId::parse("unnamed").ok()?,
            Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => return None,
        };
        let names = self.role.iter().chain(self.roles.iter().flatten()).map(String::as_str);
        Some(Caller { scope: Scope { merchant, branch }, user, rights: Rights::of(names, role_map) })
    }
}

fn whole_seconds(time: &serde_json::Number) -> Option<i64> {
    let text = time.to_string();
    // Of `1.7e16` that would be one.
    if text.contains(['e', 'E']) { None } else { text.split('.').next()?.parse().ok() }
}
