//! `GET /api/v1/pos/payments/{reference}/timeline`: why it stands where it stands.

mod words;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::audit::AuditRecord;
use mstore_pay_domain::gateway::TimelineView;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::schedule;
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::Due;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::auth::Right;
use crate::http::envelope::told;
use crate::http::reply;
use crate::http::reply::Envelope;
use crate::language::Language;
use crate::problem::Problem;
use crate::state::State;

#[derive(Serialize, ToSchema)]
struct TimelineBody {
    sentence: &'static str,
    items: Vec<Item>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TimelineItem)]
struct Item {
    #[schema(schema_with = crate::http::schema::time)]
    at: String,
    kind: String,
    actor: String,
    text: &'static str,
    #[schema(schema_with = crate::http::schema::object)]
    detail: Map<String, Value>,
}

/// Ask why a payment stands where it stands
#[utoipa::path(
    get,
    path = "/api/v1/pos/payments/{reference}/timeline",
    tag = "payments",
    params(("reference" = String, Path, description = "The payment_id, or the provider's id of any of its charges.")),
    responses((status = 200, description = "What happened to it.", body = Envelope<TimelineBody>), (status = 404)),
    security(("bearer" = [])),
)]
pub(crate) async fn timeline(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Read)?;
    let view = state.gateway.timeline(&caller.scope, &super::reference(&request)).await?;
    let language = told(&request).language;
    let mut items: Vec<Item> = view.records.iter().map(|record| item(record, language)).collect();
    items.extend(checks(&view.payment, language));
    items.extend(breakers(&state, &view, language));
    items.extend(next_check(&view.payment, state.gateway.ports().clock.now(), language));
    let sentence = words::sentence(&view.payment).in_language(language);
    Ok(reply::data(StatusCode::OK, &TimelineBody { sentence, items }))
}

fn item(record: &AuditRecord, language: Language) -> Item {
    let because = record.fields.iter().find(|(name, _)| name == "because");
    let text = because.map_or_else(|| words::of_event(&record.event), |(_, word)| words::of_choice(word));
    Item {
        at: record.at.to_string(),
        kind: record.event.clone(),
        actor: record.actor.clone(),
        text: text.in_language(language),
        detail: record.fields.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect(),
    }
}

/// Checks that changed nothing, as one line.
fn checks(payment: &Payment, language: Language) -> Option<Item> {
    let last_at = payment.checks.last_at?;
    Some(Item {
        at: last_at.to_string(),
        kind: "checked".to_owned(),
        actor: "worker".to_owned(),
        text: words::CHECKED.in_language(language),
        detail: Map::from_iter([("count".to_owned(), Value::from(payment.checks.count))]),
    })
}

/// When it is looked at next by itself, if ever.
fn next_check(payment: &Payment, now: Timestamp, language: Language) -> Option<Item> {
    match schedule::next_due(payment, now) {
        Due::At(at) => Some(Item {
            at: at.to_string(),
            kind: "next_check".to_owned(),
            actor: "worker".to_owned(),
            text: words::NEXT_CHECK.in_language(language),
            detail: Map::new(),
        }),
        Due::Never | Due::Leased(_) => None,
    }
}

/// Lines to the provider that are not in order now.
fn breakers(state: &State, view: &TimelineView, language: Language) -> Vec<Item> {
    let Some(charge) = view.payment.shown_charge() else { return Vec::new() };
    let now = state.gateway.ports().clock.now();
    let troubled = state.readiness.lines().into_iter().filter(|line| line.level > 0);
    troubled
        .filter(|line| line.provider == charge.provider.as_str() && line.account == charge.account.as_str())
        .map(|line| Item {
            at: now.to_string(),
            kind: "breaker".to_owned(),
            actor: "worker".to_owned(),
            text: words::BREAKER.in_language(language),
            detail: Map::from_iter([
                ("operation".to_owned(), Value::from(line.operation)),
                ("state".to_owned(), Value::from(line.state)),
            ]),
        })
        .collect()
}
