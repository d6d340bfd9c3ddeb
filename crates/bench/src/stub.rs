//! A provider that answers at once: as much of Xendit's Payments API v3 as a QRIS sale needs, and of Midtrans's Core API as
//! a peer asks that knows nobody else.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use crate::Trouble;

/// A moment that no payment here depends on.
const MOMENT: &str = "2026-11-27T00:00:00.000Z";
/// As long as the QR codes of the sandbox are.
const QR_STRING: &str = "00020101021226590013CO.XENDIT.WWW01189360091800000000010209MSTORE0010303UME51440014ID.CO.QRIS.WWW\
                         0215ID10203040506070303UME5204581253033605405330005802ID5914MSTORE SANDBOX6007JAKARTA61051011062\
                         190515TRX-4~34wk5x7ay6304B40D";

/// A charge that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Charge {
    /// What its ids end with.
    pub(crate) id: Uuid,
    /// The gateway's own name for it.
    pub(crate) reference: String,
    /// What is asked for, in its digits.
    pub(crate) amount: String,
}

#[derive(Default)]
struct Books {
    in_order: Vec<Charge>,
    by_id: HashMap<Uuid, usize>,
    /// Those whose customer paid.
    paid: HashSet<Uuid>,
    /// Of these, those that somebody asked about.
    asked_about: HashSet<Uuid>,
}

/// The provider. Clones are one.
#[derive(Clone, Default)]
pub(crate) struct Stub {
    books: Arc<Mutex<Books>>,
}

impl Stub {
    /// Serves on a free port of loopback, until the process ends.
    pub(crate) async fn start(&self) -> Result<SocketAddr, Trouble> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let stub = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _peer)) = listener.accept().await {
                tokio::spawn(stub.clone().attend(stream));
            }
        });
        Ok(address)
    }

    /// The charge that was asked for as so-manieth.
    pub(crate) fn charge(&self, number: usize) -> Option<Charge> {
        self.books().in_order.get(number).cloned()
    }

    /// How many charges were asked for.
    pub(crate) fn count(&self) -> usize {
        self.books().in_order.len()
    }

    /// Takes a customer's money for a charge, and gives the webhook that tells of it.
    pub(crate) fn pay(&self, charge: &Charge) -> String {
        self.books().paid.insert(charge.id);
        webhook(charge)
    }

    /// How many charges that were paid somebody asked about, once or more.
    pub(crate) fn asked_about(&self) -> usize {
        self.books().asked_about.len()
    }

    async fn attend(self, stream: TcpStream) {
        // Small answers are not held back for the peer's acknowledgement.
        let _set = stream.set_nodelay(true);
        let answer = service_fn(|request| self.answer(request));
        // A peer that goes away is none of our business.
        let _ended = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let path = request.uri().path().to_owned();
        let method = request.method().clone();
        let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let answer = match (method, path.as_str()) {
            (Method::POST, "/v3/payment_requests") => self.open(&body),
            (Method::POST, "/v2/charge") => midtrans_charge(&body),
            (Method::GET, "/transactions") => {
                Some((StatusCode::OK, json!({"has_more": false, "data": [], "links": []})))
            }
            (Method::GET, path) => self.look(path),
            _other => None,
        };
        let unknown = || (StatusCode::NOT_FOUND, json!({"error_code": "DATA_NOT_FOUND", "message": "not here"}));
        let (status, body) = answer.unwrap_or_else(unknown);
        let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
        *response.status_mut() = status;
        let json = hyper::header::HeaderValue::from_static("application/json");
        response.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
        Ok(response)
    }

    fn open(&self, body: &[u8]) -> Option<(StatusCode, Value)> {
        let asked: Value = serde_json::from_slice(body).ok()?;
        let reference = asked.get("reference_id")?.as_str()?.to_owned();
        let charge = Charge { id: Uuid::now_v7(), reference, amount: asked.get("request_amount")?.to_string() };
        let answer = request_view(&charge, "REQUIRES_ACTION", asked.get("metadata"));
        let mut books = self.books();
        let place = books.in_order.len();
        books.by_id.insert(charge.id, place);
        books.in_order.push(charge);
        Some((StatusCode::CREATED, answer))
    }

    fn look(&self, path: &str) -> Option<(StatusCode, Value)> {
        let (kind, id) = path.strip_prefix("/v3/")?.split_once('/')?;
        let id = Uuid::parse_str(id.get(3..)?).ok()?;
        let (charge, is_paid) = {
            let mut books = self.books();
            let place = books.by_id.get(&id).copied()?;
            let is_paid = books.paid.contains(&id);
            if is_paid {
                books.asked_about.insert(id);
            }
            (books.in_order.get(place).cloned()?, is_paid)
        };
        let view = match kind {
            "payments" if is_paid => payment_view(&charge),
            "payment_requests" => request_view(&charge, if is_paid { "SUCCEEDED" } else { "REQUIRES_ACTION" }, None),
            _other => return None,
        };
        Some((StatusCode::OK, view))
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer to a QRIS charge; nobody asks the stub how it stands.
fn midtrans_charge(body: &[u8]) -> Option<(StatusCode, Value)> {
    let asked: Value = serde_json::from_slice(body).ok()?;
    let details = asked.get("transaction_details")?;
    let answer = json!({
        "status_code": "201", "status_message": "QRIS transaction is created", "transaction_id": Uuid::now_v7().to_string(),
        "order_id": details.get("order_id")?, "merchant_id": "M004123", "gross_amount": "33000.00", "currency": "IDR",
        "payment_type": "qris", "transaction_time": "2026-11-27 07:00:00", "transaction_status": "pending",
        "fraud_status": "accept", "acquirer": "gopay", "qr_string": QR_STRING,
        "expiry_time": "2026-11-27 07:15:00", "actions": [],
    });
    Some((StatusCode::OK, answer))
}

/// The webhook that tells of the money on a charge.
fn webhook(charge: &Charge) -> String {
    json!({
        "event": "payment.capture", "business_id": "65a0f1c2d3e4b5a697887766", "created": MOMENT, "api_version": "v3",
        "data": payment_view(charge),
    })
    .to_string()
}

fn request_view(charge: &Charge, status: &str, metadata: Option<&Value>) -> Value {
    json!({
        "business_id": "65a0f1c2d3e4b5a697887766", "reference_id": charge.reference,
        "payment_request_id": format!("pr-{}", charge.id), "type": "PAY", "country": "ID", "currency": "IDR",
        "request_amount": digits(charge), "capture_method": "AUTOMATIC", "channel_code": "QRIS",
        "actions": [{"type": "PRESENT_TO_CUSTOMER", "descriptor": "QR_STRING", "value": QR_STRING}],
        "status": status, "created": MOMENT, "updated": MOMENT, "metadata": metadata,
    })
}

fn payment_view(charge: &Charge) -> Value {
    json!({
        "payment_id": format!("py-{}", charge.id), "business_id": "65a0f1c2d3e4b5a697887766",
        "reference_id": charge.reference, "payment_request_id": format!("pr-{}", charge.id), "type": "PAY",
        "country": "ID", "currency": "IDR", "request_amount": digits(charge), "capture_method": "AUTOMATIC",
        "channel_code": "QRIS",
        "captures": [{
            "capture_id": format!("cptr-{}", charge.id), "capture_amount": digits(charge), "capture_timestamp": MOMENT,
        }],
        "status": "SUCCEEDED",
        "payment_details": {
            "payer_name": "SANDBOX CUSTOMER", "issuer_name": "GOPAY", "receipt_id": "60aec6622fb8", "source": "GOPAY",
        },
        "created": MOMENT, "updated": MOMENT,
    })
}

fn digits(charge: &Charge) -> Value {
    charge.amount.parse::<u64>().map_or(Value::Null, Value::from)
}
