//! Server-sent events: a payment's changes as they happen.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures::stream;
use mstore_pay_domain::gateway::{Gateway, PaymentView, Scope, WaitFor};
use mstore_pay_domain::payment::Revision;
use tokio_util::sync::CancellationToken;

use crate::problem::Problem;
use crate::state::State;

/// A comment at least that often, so that neither side takes the other for gone.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Somebody who follows a payment.
struct Follower<W> {
    gateway: Arc<Gateway>,
    shutdown: CancellationToken,
    scope: Scope,
    reference: String,
    /// What the client has.
    seen: Option<Revision>,
    /// How it stood when it was last looked at.
    view: Option<PaymentView>,
    over: bool,
    write: W,
}

/// Streams the payment as it stands and every change of it, until there is nothing more to wait for.
/// `write` makes the data of an event.
pub(super) async fn follow(
    state: &Data<State>,
    request: &HttpRequest,
    scope: Scope,
    reference: String,
    write: impl Fn(&PaymentView) -> String + 'static,
) -> Result<HttpResponse, Problem> {
    // Whoever may not see it is told so by a status, not by an empty stream.
    let view = state.gateway.status(&scope, &reference).await?;
    let seen = last_event_id(request);
    if seen == Some(view.payment.revision) && view.is_settled() {
        // What ends a client's connecting again and again (WHATWG HTML, 9.2.3).
        return Ok(HttpResponse::NoContent().finish());
    }
    let follower = Follower {
        gateway: Arc::clone(&state.gateway),
        shutdown: state.tasks.shutdown().clone(),
        scope,
        reference,
        seen,
        view: Some(view),
        over: false,
        write,
    };
    let events = stream::unfold(follower, |mut follower| async move {
        let chunk = follower.next().await?;
        Some((Ok::<_, actix_web::Error>(chunk), follower))
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        // Proxies that gather answers would hold events back.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(events))
}

impl<W: Fn(&PaymentView) -> String> Follower<W> {
    /// The next piece of the stream; `None` at its end.
    async fn next(&mut self) -> Option<Bytes> {
        if self.over {
            return None;
        }
        let view = self.view.take()?;
        let view = if self.seen == Some(view.payment.revision) {
            let wait = WaitFor { at_most: HEARTBEAT, seen: self.seen };
            let wait = self.gateway.wait_from(&self.scope, &self.reference, view, wait);
            // Gone, or unreadable for the moment: the client connects again and is told.
            self.shutdown.run_until_cancelled(wait).await?.ok()?
        } else {
            view
        };
        self.over = view.is_settled();
        let revision = view.payment.revision;
        let is_news = self.seen.replace(revision) != Some(revision);
        let data = is_news.then(|| (self.write)(&view));
        self.view = Some(view);
        Some(match data {
            Some(data) => Bytes::from(format!("event: payment\nid: {}\ndata: {data}\n\n", revision.number())),
            None => Bytes::from_static(b": still here\n\n"),
        })
    }
}

fn last_event_id(request: &HttpRequest) -> Option<Revision> {
    let id = request.headers().get("last-event-id")?.to_str().ok()?;
    id.parse().ok().map(Revision::of)
}
