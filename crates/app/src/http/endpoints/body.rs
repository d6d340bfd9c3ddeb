//! An endpoint as its owner sees it: its secret only where that is new.

use mstore_pay_domain::account::SharedSecret;
use mstore_pay_domain::endpoint::{EndpointNote, EndpointState, EventEndpoint};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use crate::http::schema;

/// An endpoint.
#[derive(Serialize, ToSchema)]
#[schema(as = Endpoint)]
pub(super) struct EndpointBody {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch_id: Option<String>,
    url: String,
    #[schema(schema_with = state)]
    state: &'static str,
    /// Since when nothing has reached it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::time)]
    failing_since: Option<String>,
    /// Until when events are signed with the secret before as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::time)]
    previous_signs_until: Option<String>,
    #[schema(schema_with = schema::time)]
    created_at: String,
}

/// An endpoint, and the secret that it has from now on.
#[derive(Serialize, ToSchema)]
#[schema(as = EndpointWithSecret)]
pub(super) struct SecretBody {
    #[serde(flatten)]
    endpoint: EndpointBody,
    /// What its events are signed with. Shown this once.
    secret: String,
}

/// An endpoint, and what was done to it.
#[derive(Serialize, ToSchema)]
#[schema(as = EndpointWithHistory)]
pub(super) struct HistoryBody {
    #[serde(flatten)]
    endpoint: EndpointBody,
    history: Vec<NoteBody>,
}

/// What was done to an endpoint, or became of it.
#[derive(Serialize, ToSchema)]
#[schema(as = EndpointNote)]
struct NoteBody {
    #[schema(schema_with = schema::time)]
    at: String,
    by: String,
    what: &'static str,
    /// Why, where that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl EndpointBody {
    pub(super) fn of(endpoint: &EventEndpoint) -> Self {
        let previous = endpoint.signing.previous.as_ref();
        Self {
            id: endpoint.id.to_string(),
            branch_id: endpoint.branch.as_ref().map(ToString::to_string),
            url: endpoint.url.to_string(),
            state: endpoint.state.word(),
            failing_since: endpoint.failing_since.as_ref().map(ToString::to_string),
            previous_signs_until: previous.map(|previous| previous.until.to_string()),
            created_at: endpoint.created_at.to_string(),
        }
    }

    pub(super) fn with_secret(self, secret: &SharedSecret) -> SecretBody {
        SecretBody { endpoint: self, secret: secret.expose().to_owned() }
    }

    pub(super) fn with_history(self, notes: Vec<EndpointNote>) -> HistoryBody {
        let note = |note: EndpointNote| NoteBody {
            at: note.at.to_string(),
            by: note.actor,
            what: note.event.word(),
            reason: note.reason.map(|reason| reason.to_string()),
        };
        HistoryBody { endpoint: self, history: notes.into_iter().map(note).collect() }
    }
}

fn state() -> Object {
    schema::words(EndpointState::ALL.map(EndpointState::word))
}
