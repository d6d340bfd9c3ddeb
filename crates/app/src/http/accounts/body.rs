//! An account as its owner sees it: everything but its secrets.

use std::collections::BTreeMap;

use mstore_pay_domain::account::{AccountMode, AccountNote, AccountState, StoredAccount};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use crate::account_host::AccountHost;
use crate::http::{Links, dto, schema};

/// An account.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub(super) struct AccountBody {
    id: String,
    #[schema(schema_with = provider)]
    provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch_id: Option<String>,
    #[schema(schema_with = mode)]
    mode: &'static str,
    #[schema(schema_with = state)]
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    for_user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_merchant_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nmid: Option<String>,
    /// Absent: all that the provider offers.
    #[serde(skip_serializing_if = "Option::is_none")]
    methods: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    limits: BTreeMap<&'static str, LimitsBody>,
    /// Where the provider is to send its webhooks.
    webhook_url: String,
    /// Until when webhooks with the secret before are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::time)]
    previous_accepted_until: Option<String>,
    #[schema(schema_with = schema::time)]
    created_at: String,
}

/// The amounts that an account takes by one method.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountLimits)]
struct LimitsBody {
    #[schema(schema_with = schema::amount)]
    min: Box<RawValue>,
    #[schema(schema_with = schema::amount)]
    max: Box<RawValue>,
}

/// An account, and what was done to it.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountWithHistory)]
pub(super) struct HistoryBody {
    #[serde(flatten)]
    account: AccountBody,
    history: Vec<NoteBody>,
}

/// What was done to an account.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountNote)]
struct NoteBody {
    #[schema(schema_with = schema::time)]
    at: String,
    by: String,
    what: &'static str,
    /// Why, where that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl AccountBody {
    pub(super) fn of(account: &StoredAccount, links: &Links) -> Self {
        let text = |text: &dyn ToString| text.to_string();
        let methods = account.terms.methods.as_ref();
        let limits = account.terms.limits.iter().map(|(method, limits)| {
            let limits = LimitsBody { min: dto::amount(&limits.min), max: dto::amount(&limits.max) };
            (method.code(), limits)
        });
        Self {
            id: text(&account.id),
            provider: text(&account.provider),
            branch_id: account.branch.as_ref().map(ToString::to_string),
            mode: account.mode.word(),
            state: account.state.word(),
            for_user_id: account.for_user_id.as_ref().map(ToString::to_string),
            provider_merchant_id: account.provider_merchant_id.as_ref().map(ToString::to_string),
            nmid: account.nmid.clone(),
            methods: methods.map(|methods| methods.iter().map(|method| method.code()).collect()),
            limits: limits.collect(),
            webhook_url: links.webhook(&account.provider, &account.id),
            previous_accepted_until: account.secrets.webhook_previous.as_ref().map(|previous| text(&previous.until)),
            created_at: text(&account.created_at),
        }
    }

    pub(super) fn with_history(self, notes: Vec<AccountNote>) -> HistoryBody {
        let note = |note: AccountNote| NoteBody {
            at: note.at.to_string(),
            by: note.actor,
            what: note.event.word(),
            reason: note.reason.map(|reason| reason.to_string()),
        };
        HistoryBody { account: self, history: notes.into_iter().map(note).collect() }
    }
}

/// The providers at which accounts can be had.
pub(super) fn provider() -> Object {
    schema::words(AccountHost::ALL.map(AccountHost::word))
}

fn mode() -> Object {
    schema::words(AccountMode::ALL.map(AccountMode::word))
}

fn state() -> Object {
    schema::words(AccountState::ALL.map(AccountState::word))
}
