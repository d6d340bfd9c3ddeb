//! How a reply leaves the house, or does not.

use std::io::{self, Write as _};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use actix_web::web::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::stream::{self, StreamExt as _};
use tokio::time::sleep;

use super::connection::Connection;
use super::effect::Effect;
use super::rule::Fired;

/// How long "never" lasts before the connection is closed, in real seconds: longer than any client waits.
const SILENCE_SECONDS_MAX: u64 = 300;
/// How often a silent call looks whether its client is still there.
const SILENCE_LOOK_MS: u64 = 100;
/// The wait of `delay` and between the bytes of `drip`, where the rule names none.
const DELAY_MS_DEFAULT: u64 = 1_000;
/// Pieces of one megabyte in a huge body.
const HUGE_BODY_PIECES: usize = 100;
/// Megabytes that the gzip bomb inflates to.
const BOMB_MEBIBYTES: usize = 128;
/// Where `redirect` points unless the rule says: an address only the inside of a cloud can reach.
const REDIRECT_DEFAULT: &str = "http://169.254.169.254/latest/meta-data/";
const ERROR_PAGE: &str =
    "<!DOCTYPE html><html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>";

/// What a provider answers: a status, a JSON body, headers.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Reply {
    pub(crate) fn new(status: u16, body: String) -> Self {
        Self { status, body, headers: Vec::new() }
    }
}

/// What a client got, for the log of requests: none is silence.
pub(crate) struct Sent {
    pub(crate) response: HttpResponse,
    pub(crate) status: Option<u16>,
}

/// Carries out an effect that keeps the operation from being done. None: do it.
pub(crate) async fn instead(
    fired: &Fired,
    connection: Option<&Connection>,
    error_of: fn(u16) -> Reply,
) -> Option<Sent> {
    match fired.effect {
        Effect::TimeoutBefore => Some(silence(connection).await),
        Effect::DisconnectBefore => Some(hang_up(connection)),
        Effect::Reset => {
            if let Some(connection) = connection {
                connection.reset();
            }
            Some(unheard())
        }
        Effect::StatusBefore => Some(refusal(fired, error_of(fired.status.unwrap_or(500)))),
        Effect::RateLimited => Some(refusal(fired, error_of(429))),
        Effect::Delay
        | Effect::Drip
        | Effect::TimeoutAfter
        | Effect::DisconnectAfter
        | Effect::StatusAfter
        | Effect::HtmlError
        | Effect::EmptyBody
        | Effect::TruncatedJson
        | Effect::HugeBody
        | Effect::GzipBomb
        | Effect::Redirect
        | Effect::WrongAmount
        | Effect::WrongReference
        | Effect::ForeignReference
        | Effect::UnknownEnum
        | Effect::ExtraFields
        | Effect::Drop
        | Effect::Duplicate
        | Effect::Reorder
        | Effect::BadSignature
        | Effect::BeforeResponse
        | Effect::Storm
        | Effect::CorrectedLater => None,
    }
}

/// Carries out an effect on the answer to an operation that was done.
pub(crate) async fn afterwards(
    fired: &Fired,
    reply: Reply,
    connection: Option<&Connection>,
    error_of: fn(u16) -> Reply,
) -> Sent {
    let pause = Duration::from_millis(fired.delay_ms.unwrap_or(DELAY_MS_DEFAULT));
    match fired.effect {
        Effect::Delay => {
            sleep(pause).await;
            spoken(reply)
        }
        Effect::Drip => dripping(reply, pause),
        Effect::TimeoutAfter => silence(connection).await,
        Effect::DisconnectAfter => hang_up(connection),
        Effect::StatusAfter => refusal(fired, error_of(fired.status.unwrap_or(500))),
        Effect::HtmlError => html(fired.status.unwrap_or(reply.status)),
        Effect::EmptyBody => spoken(Reply { body: String::new(), ..reply }),
        Effect::TruncatedJson => {
            let half = reply.body.chars().count() / 2;
            spoken(Reply { body: reply.body.chars().take(half).collect(), ..reply })
        }
        Effect::HugeBody => huge(reply.status),
        Effect::GzipBomb => bomb(reply.status).await,
        Effect::Redirect => redirect(fired),
        Effect::TimeoutBefore
        | Effect::DisconnectBefore
        | Effect::Reset
        | Effect::StatusBefore
        | Effect::RateLimited
        | Effect::WrongAmount
        | Effect::WrongReference
        | Effect::ForeignReference
        | Effect::UnknownEnum
        | Effect::ExtraFields
        | Effect::Drop
        | Effect::Duplicate
        | Effect::Reorder
        | Effect::BadSignature
        | Effect::BeforeResponse
        | Effect::Storm
        | Effect::CorrectedLater => spoken(reply),
    }
}

/// The provider's error, with when to come back where the rule says so.
fn refusal(fired: &Fired, mut reply: Reply) -> Sent {
    if let Some(seconds) = fired.retry_after_seconds {
        reply.headers.push(("Retry-After", seconds.to_string()));
    }
    spoken(reply)
}

/// The reply as it is.
pub(crate) fn spoken(reply: Reply) -> Sent {
    let mut response = HttpResponse::build(code(reply.status));
    for (name, value) in reply.headers {
        response.insert_header((name, value));
    }
    Sent {
        status: Some(reply.status),
        response: response.insert_header((CONTENT_TYPE, "application/json; charset=utf-8")).body(reply.body),
    }
}

async fn silence(connection: Option<&Connection>) -> Sent {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(SILENCE_SECONDS_MAX) && !connection.is_some_and(Connection::is_over) {
        // The server itself would keep the sockets of clients that gave up until the silence ends.
        sleep(Duration::from_millis(SILENCE_LOOK_MS)).await;
    }
    hang_up(connection)
}

fn hang_up(connection: Option<&Connection>) -> Sent {
    if let Some(connection) = connection {
        connection.close();
    }
    unheard()
}

/// The server needs something to write; the socket is gone by now.
fn unheard() -> Sent {
    Sent { status: None, response: HttpResponse::InternalServerError().finish() }
}

fn dripping(reply: Reply, pause: Duration) -> Sent {
    let bytes = stream::iter(reply.body.into_bytes()).then(move |byte| async move {
        sleep(pause).await;
        Ok::<_, io::Error>(Bytes::copy_from_slice(&[byte]))
    });
    Sent {
        status: Some(reply.status),
        response: HttpResponse::build(code(reply.status))
            .insert_header((CONTENT_TYPE, "application/json; charset=utf-8"))
            .streaming(Box::pin(bytes)),
    }
}

fn html(status: u16) -> Sent {
    Sent {
        status: Some(status),
        response: HttpResponse::build(code(status))
            .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
            .body(ERROR_PAGE),
    }
}

fn huge(status: u16) -> Sent {
    let piece = Bytes::from(vec![b'A'; 1024 * 1024]);
    let pieces = std::iter::once(Bytes::from_static(b"{\"padding\":\""))
        .chain(std::iter::repeat_n(piece, HUGE_BODY_PIECES))
        .chain(std::iter::once(Bytes::from_static(b"\"}")))
        .map(Ok::<_, io::Error>);
    Sent {
        status: Some(status),
        response: HttpResponse::build(code(status))
            .insert_header((CONTENT_TYPE, "application/json; charset=utf-8"))
            .streaming(stream::iter(pieces)),
    }
}

async fn bomb(status: u16) -> Sent {
    static BOMB: OnceLock<Bytes> = OnceLock::new();
    let built = tokio::task::spawn_blocking(|| BOMB.get_or_init(build_bomb).clone()).await;
    Sent {
        status: Some(status),
        response: HttpResponse::build(code(status))
            .insert_header((CONTENT_TYPE, "application/json; charset=utf-8"))
            .insert_header((CONTENT_ENCODING, "gzip"))
            .body(built.unwrap_or_default()),
    }
}

fn build_bomb() -> Bytes {
    let blanks = vec![b' '; 1024 * 1024];
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let written = (0..BOMB_MEBIBYTES).try_for_each(|_| encoder.write_all(&blanks));
    // Writing to memory cannot fail; were it to, a short bomb is still a bomb.
    written.and_then(|()| encoder.finish()).map(Bytes::from).unwrap_or_default()
}

fn redirect(fired: &Fired) -> Sent {
    let location = fired.url.as_deref().unwrap_or(REDIRECT_DEFAULT);
    Sent { status: Some(302), response: HttpResponse::Found().insert_header((LOCATION, location)).finish() }
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
