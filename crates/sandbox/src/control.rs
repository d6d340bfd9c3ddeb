//! The control plane: whoever runs tests plays the customer, the network and the provider's staff here.
//!
//! JSON in and out, whatever the content type says. Callers from anywhere but this machine are turned away.

mod answer;
mod charges;
mod events;
mod later;
mod pages;
mod rules;
mod select;
mod traffic;

use std::net::SocketAddr;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{Error, HttpResponse};

/// Adds the routes under `/_control`.
pub(crate) fn routes(app: &mut ServiceConfig) {
    app.service(
        web::scope("/_control")
            .wrap(from_fn(loopback_only))
            .route("/pay", web::post().to(events::pay))
            .route("/fail", web::post().to(events::fail))
            .route("/expire", web::post().to(events::expire))
            .route("/settle", web::post().to(later::settle))
            .route("/take-back", web::post().to(later::take_back))
            .route("/pages", web::get().to(pages::list))
            .route("/faults", web::put().to(rules::put_faults))
            .route("/faults", web::get().to(rules::get_faults))
            .route("/limits", web::put().to(rules::put_limits))
            .route("/charges", web::get().to(charges::list))
            .route("/requests", web::get().to(traffic::requests))
            .route("/webhooks", web::get().to(traffic::webhooks))
            .route("/webhooks/{id}/resend", web::post().to(traffic::resend))
            .route("/webhook-target", web::put().to(traffic::put_target))
            .route("/reset", web::post().to(rules::reset)),
    );
}

async fn loopback_only<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if is_near(request.peer_addr()) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let refused = HttpResponse::Forbidden().finish();
    Ok(request.into_response(refused).map_into_right_body())
}

/// Whether the caller is on this machine; forwarding headers are not believed.
fn is_near(peer: Option<SocketAddr>) -> bool {
    peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_near() {
        for (peer, near) in [
            ("127.0.0.1:9", true),
            ("127.1.2.3:9", true),
            ("[::1]:9", true),
            ("[::ffff:127.0.0.1]:9", true),
            ("192.168.1.10:9", false),
            ("10.0.0.1:9", false),
            ("[2001:db8::1]:9", false),
        ] {
            assert_eq!(is_near(peer.parse().ok()), near, "{peer}");
        }
        assert!(!is_near(None));
    }
}
