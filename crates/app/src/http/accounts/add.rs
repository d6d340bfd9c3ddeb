//! `POST /api/v1/accounts`

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::account::{AccountTerms, AmountLimits};
use mstore_pay_domain::accounts::AddAccount;
use mstore_pay_domain::gateway::Scope;
use mstore_pay_domain::ids::{BranchId, ProviderRef};
use mstore_pay_domain::method::Method;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::body::AccountBody;
use super::{SECRET_CHARS_MAX, secret};
use crate::account_host::{AccountHost, fresh_account_id};
use crate::auth::{Caller, Right};
use crate::http::cards::refuse_card_data;
use crate::http::fields::Fields;
use crate::http::reply::Envelope;
use crate::http::{body, reason, reply, schema};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;

/// What a provider's own names are.
const NOT_A_NAME: (ErrorCode, &str) = (ErrorCode::InvalidField, "must be 1 to 128 visible ASCII characters");

/// An account to be made known.
struct AddAccountRequest;

impl PartialSchema for AddAccountRequest {
    fn schema() -> RefOr<Schema> {
        let visible = |bytes_max| schema::text(bytes_max, Some("^[!-~]+$"));
        let limits = || {
            let both = ObjectBuilder::new().property("min", schema::whole_amount());
            both.property("max", schema::whole_amount()).required("min").required("max").build()
        };
        let by_method = Method::ALL
            .into_iter()
            .fold(ObjectBuilder::new(), |all, method| all.property(method.code(), limits()))
            .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
        ObjectBuilder::new()
            .property("provider", super::body::provider())
            .property("branch_id", schema::optional(visible(BranchId::BYTES_MAX)))
            .property("credential", visible(SECRET_CHARS_MAX))
            .property("webhook_secret", schema::optional(visible(SECRET_CHARS_MAX)))
            .property("for_user_id", schema::optional(visible(ProviderRef::BYTES_MAX)))
            .property("provider_merchant_id", schema::optional(visible(ProviderRef::BYTES_MAX)))
            .property("nmid", schema::optional(visible(ProviderRef::BYTES_MAX)))
            .property("methods", ArrayBuilder::new().items(schema::method()).build())
            .property("limits", by_method.build())
            .property("reason", reason::field())
            .required("provider")
            .required("credential")
            .build()
            .into()
    }
}

impl ToSchema for AddAccountRequest {}

/// Make an account of one's own known
///
/// From then on payments of the merchant (or branch) go to it, and never again to the gateway's own. `webhook_secret`
/// is Xendit's callback token; Midtrans signs with the server key, which is the credential. `for_user_id` is a Xendit
/// sub-account, for which the platform's key acts. Takes effect within two seconds.
#[utoipa::path(
    post,
    path = "/api/v1/accounts",
    tag = "accounts",
    operation_id = "add_account",
    request_body = AddAccountRequest,
    responses(
        (status = 201, description = "It is known, and enabled.", body = Envelope<AccountBody>),
        (status = 400), (status = 409), (status = 413), (status = 415), (status = 422),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn add(state: Data<State>, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::KeepAccounts)?;
    let (object, _) = body::json(&request, payload).await?;
    let mut fields = Fields::of(&object);
    refuse_card_data(&object, &mut fields);
    let asked = read(fields, &caller, &state)?;
    let desk = state.accounts.clone();
    let adding = async move { desk.add(asked).await };
    let account = state.tasks.run("adding an account", adding).await??;
    Ok(reply::data(StatusCode::CREATED, &AccountBody::of(&account, &state.links)))
}

fn read(mut fields: Fields<'_>, caller: &Caller, state: &State) -> Result<AddAccount, Problem> {
    let host = fields.required_text("provider").and_then(|text| {
        let host: Option<AccountHost> = text.parse().ok();
        if host.is_none() {
            fields.refuse(ErrorCode::InvalidField, "provider", "must be xendit or midtrans");
        }
        host
    });
    let not_a_branch = (ErrorCode::InvalidField, "must be 1 to 64 visible ASCII characters");
    let branch = fields.parsed("branch_id", not_a_branch, BranchId::parse);
    if branch.is_some() && caller.scope.branch.is_some() && branch != caller.scope.branch {
        fields.refuse(ErrorCode::InvalidField, "branch_id", "must be the branch of the token");
    }
    fields.require("credential");
    let credential = secret(&mut fields, "credential");
    let webhook_secret = secret(&mut fields, "webhook_secret");
    let for_user_id = fields.parsed("for_user_id", NOT_A_NAME, ProviderRef::parse);
    if for_user_id.is_some() && host == Some(AccountHost::Midtrans) {
        fields.refuse(ErrorCode::InvalidField, "for_user_id", "is for xendit");
    }
    let provider_merchant_id = fields.parsed("provider_merchant_id", NOT_A_NAME, ProviderRef::parse);
    let nmid = fields.parsed("nmid", NOT_A_NAME, ProviderRef::parse);
    let terms = AccountTerms { methods: methods(&mut fields), limits: limits(&mut fields) };
    let reason = reason::among(&mut fields);
    let mode = host.zip(credential.as_ref()).and_then(|(host, credential)| {
        let mode = host.mode(credential.expose(), state.env);
        mode.map_err(|unfit| super::refuse(&mut fields, "credential", unfit)).ok()
    });
    if let Some(Err(unfit)) = host.map(|host| host.check_webhook_secret(webhook_secret.is_some())) {
        super::refuse(&mut fields, "webhook_secret", unfit);
    }
    let (host, (credential, mode)) = fields.finish(host.zip(credential.zip(mode)))?;
    let unnamed = |_not_a_name| Problem::new(ErrorCode::Internal);
    Ok(AddAccount {
        scope: Scope { merchant: caller.scope.merchant.clone(), branch: caller.scope.branch.clone().or(branch) },
        provider: host.provider().map_err(unnamed)?,
        id: fresh_account_id(state.gateway.ports().ids.as_ref()).map_err(unnamed)?,
        mode,
        credential,
        webhook_secret,
        for_user_id,
        provider_merchant_id,
        nmid: nmid.map(|nmid| nmid.to_string()),
        terms,
        actor: caller.actor(),
        reason,
    })
}

fn methods(fields: &mut Fields<'_>) -> Option<BTreeSet<Method>> {
    let codes: Vec<String> = fields.json("methods", "must be a list of methods")?;
    let methods: Result<BTreeSet<Method>, _> = codes.iter().map(|code| code.parse()).collect();
    match methods {
        Ok(methods) if !methods.is_empty() => Some(methods),
        Ok(_) | Err(_) => {
            fields.refuse(ErrorCode::InvalidField, "methods", "must be a list of methods");
            None
        }
    }
}

fn limits(fields: &mut Fields<'_>) -> BTreeMap<Method, AmountLimits> {
    const NOT_LIMITS: &str = "must name a min and a max of whole rupiah for each method";
    let Some(by_method) = fields.object("limits", NOT_LIMITS) else { return BTreeMap::new() };
    let codes = Method::ALL.map(Method::code);
    let mut limits = BTreeMap::new();
    let mut is_whole = by_method.others(&codes).next().is_none();
    for method in Method::ALL.into_iter().filter(|method| by_method.has(method.code())) {
        let amounts = by_method.object(method.code());
        let amount = |name| amounts.as_ref()?.money(name).ok().flatten()?.payable().ok();
        match amount("min").zip(amount("max")).filter(|(min, max)| min <= max) {
            Some((min, max)) => drop(limits.insert(method, AmountLimits { min, max })),
            None => is_whole = false,
        }
    }
    if !is_whole {
        fields.refuse(ErrorCode::InvalidField, "limits", NOT_LIMITS);
    }
    limits
}
