//! `GET /api/v1/pos/exceptions`: money that waits for a person.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::exception::{ExceptionState, Misfit, MoneyException};
use mstore_pay_domain::gateway::{FindError, Scope};
use mstore_pay_domain::ports::ExceptionFilter;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::envelope::told;
use super::reply::Envelope;
use super::{dto, reply};
use crate::auth::Right;
use crate::language::{Bilingual, Language, both};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;

/// Exceptions in one answer, newest first.
const ITEMS_MAX: u32 = 100;

#[derive(Serialize, ToSchema)]
#[schema(as = ExceptionPage)]
struct Page {
    items: Vec<Item>,
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
    responses((status = 200, description = "Newest first.", body = Envelope<Page>)),
    security(("bearer" = [])),
)]
pub(crate) async fn list(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.caller(&request)?;
    let (reads, sees_unmatched) = (caller.rights.allow(Right::Read), caller.rights.allow(Right::SeeUnmatched));
    if !reads && !sees_unmatched {
        return Err(Problem::new(ErrorCode::Forbidden));
    }
    let mut found = Vec::new();
    if reads {
        let filter = ExceptionFilter::Merchant(caller.scope.merchant.clone());
        let of_merchant = state.gateway.exceptions(&filter, ITEMS_MAX).await?;
        found.extend(within_branch(&state, &caller.scope, of_merchant).await?);
    }
    if sees_unmatched {
        found.extend(state.gateway.exceptions(&ExceptionFilter::Unmatched, ITEMS_MAX).await?);
    }
    let language = told(&request).language;
    Ok(reply::data(StatusCode::OK, &Page { items: found.iter().map(|found| item(found, language)).collect() }))
}

/// Those that a token bound to a branch may see: the ones about its payments.
async fn within_branch(
    state: &State,
    scope: &Scope,
    found: Vec<MoneyException>,
) -> Result<Vec<MoneyException>, Problem> {
    if scope.branch.is_none() {
        return Ok(found);
    }
    let mut kept = Vec::new();
    for exception in found {
        let Some(payment) = exception.payment else { continue };
        match state.gateway.find(scope, &payment.to_string()).await {
            Ok(_) => kept.push(exception),
            Err(FindError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(kept)
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
