//! `GET /api/v1/pos/exceptions`: money that waits for a person.

pub(super) mod resolve;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::exception::{ExceptionState, Misfit, MoneyException};
use mstore_pay_domain::gateway::Scope;
use mstore_pay_domain::ids::ExceptionId;
use mstore_pay_domain::ports::{ExceptionFilter, ExceptionPlace};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use super::cursor::{Cursor, PATTERN};
use super::envelope::told;
use super::query::Query;
use super::reply::Envelope;
use super::{dto, reply, schema};
use crate::auth::{Caller, Right};
use crate::language::{Bilingual, Language, both};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;

/// Exceptions in one answer where the client does not say.
const ITEMS_DEFAULT: u32 = 20;
/// Exceptions in one answer at most.
const ITEMS_MAX: u32 = 100;

#[derive(Serialize, ToSchema)]
#[schema(as = ExceptionPage)]
struct Page {
    items: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ExceptionItem)]
struct Item {
    id: String,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::http::schema::amount)]
    amount: Option<Box<RawValue>>,
    #[schema(schema_with = crate::http::schema::time)]
    at: String,
    next_step: &'static str,
    state: &'static str,
}

/// List money that waits for a person
#[utoipa::path(
    get,
    path = "/api/v1/pos/exceptions",
    tag = "exceptions",
    operation_id = "list_exceptions",
    params(ListParameters),
    responses((status = 200, description = "A page, newest first.", body = Envelope<Page>), (status = 422)),
    security(("bearer" = [])),
)]
pub(crate) async fn list(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.caller(&request)?;
    let filters = filters(&caller)?;
    let mut query = Query::of(&request);
    let after = query.parsed("cursor", "must be a next_cursor of this listing", Cursor::parse);
    let limit = query.integer("limit", 1..=ITEMS_MAX, "must be 1 to 100").unwrap_or(ITEMS_DEFAULT);
    let after = query.finish(after)?.map(|Cursor { at, id }| ExceptionPlace { at, id: ExceptionId::new(id) });
    let page = state.gateway.list_exceptions(&filters, after, limit).await?;
    let next = page.next.map(|ExceptionPlace { at, id }| Cursor { at, id: id.uuid() });
    let language = told(&request).language;
    let items = page.exceptions.iter().map(|found| item(found, language)).collect();
    Ok(reply::data(StatusCode::OK, &Page { items, next_cursor: next.map(|next| next.to_string()) }))
}

/// The parameters as [`list`] takes them.
struct ListParameters;

impl IntoParams for ListParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            schema::query("cursor", "The `next_cursor` of the page before.", schema::text(34, Some(PATTERN))),
            schema::limit(),
        ]
    }
}

/// Whose exceptions the bearer may see: those of their merchant or branch, those of nobody, or both.
fn filters(caller: &Caller) -> Result<Vec<ExceptionFilter>, Problem> {
    let mut filters = Vec::new();
    if caller.rights.allow(Right::Read) {
        let Scope { merchant, branch } = caller.scope.clone();
        filters.push(match branch {
            None => ExceptionFilter::Merchant(merchant),
            Some(branch) => ExceptionFilter::Branch(merchant, branch),
        });
    }
    if caller.rights.allow(Right::SeeUnmatched) {
        filters.push(ExceptionFilter::Unmatched);
    }
    if filters.is_empty() { Err(Problem::new(ErrorCode::Forbidden)) } else { Ok(filters) }
}

fn item(exception: &MoneyException, language: Language) -> Item {
    Item {
        id: exception.id.to_string(),
        kind: exception.misfit.kind(),
        payment_id: exception.payment.map(|payment| payment.to_string()),
        order_code: exception.order_code.as_ref().map(ToString::to_string),
        amount: exception.misfit.amount().map(dto::amount),
        at: exception.at.to_string(),
        next_step: next_step(&exception.misfit).in_language(language),
        state: match exception.state {
            ExceptionState::Open => "open",
            ExceptionState::Resolved { .. } => "resolved",
        },
    }
}

/// What the person who looks at it does first.
const fn next_step(misfit: &Misfit) -> Bilingual {
    match misfit {
        Misfit::LatePaid { .. } => both(
            "Serahkan barang bila masih ada, atau kembalikan uangnya.",
            "Hand over the goods if you still have them, or give the money back.",
        ),
        Misfit::Reversed { .. } => both(
            "Uang ditarik kembali oleh penyedia. Hubungi pelanggan.",
            "The provider took the money back. Contact the customer.",
        ),
        Misfit::Overpaid { .. } => both(
            "Periksa di dasbor penyedia, lalu kembalikan kelebihannya.",
            "Check the provider's dashboard, then give the excess back.",
        ),
        Misfit::Underpaid { .. } => both(
            "Periksa di dasbor penyedia, lalu tagih kekurangannya atau kembalikan uangnya.",
            "Check the provider's dashboard, then collect the rest or give the money back.",
        ),
        Misfit::PaidTwice { .. } => both(
            "Kembalikan salah satu pembayaran kepada pelanggan.",
            "Give one of the two payments back to the customer.",
        ),
        Misfit::Unmatched { .. } => both(
            "Cari pesanan yang dimaksud di dasbor penyedia.",
            "Find the order it belongs to in the provider's dashboard.",
        ),
        Misfit::PaidAfterVoid { .. } => {
            both("Pesanan sudah dibatalkan. Kembalikan uangnya.", "The order was called off. Give the money back.")
        }
        Misfit::AccountMismatch { .. } => both(
            "Uang masuk ke akun atau pesanan lain. Hubungi dukungan.",
            "The money is at another account or order. Call support.",
        ),
        Misfit::FeeOnQris { .. } => both(
            "Biaya tambahan QRIS dilarang. Kembalikan biayanya kepada pelanggan.",
            "Surcharges on QRIS are forbidden. Give the fee back to the customer.",
        ),
        Misfit::OutcomeUnknown => {
            both("Cari pembayaran ini di dasbor penyedia.", "Look for this payment in the provider's dashboard.")
        }
        Misfit::RefundFailed { .. } => both(
            "Ulangi pengembalian dana, atau kembalikan secara tunai.",
            "Repeat the refund, or give the money back in cash.",
        ),
    }
}
