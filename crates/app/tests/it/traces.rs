//! Traces: one request, one trace, from the door through the provider to the record; and none of it in a payment's way.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mstore_pay_conformance::wire::WireStub;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Said;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use reqwest::Method;
use tokio::net::TcpListener;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::house::{SOON, qris};
use crate::served::Served;

const PAYMENTS: &str = "/api/v1/pos/payments";
/// A trace that began elsewhere, and its span that calls us.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
/// Traces are sent as soon as there are any.
const AT_ONCE: (&str, &str) = ("OTEL_BSP_SCHEDULE_DELAY", "100");
/// Much longer than a payment takes here, and much shorter than a collector that hangs.
const QUICK: Duration = Duration::from_secs(4);

/// A collector, which keeps what it is sent.
pub(crate) struct Collector {
    server: MockServer,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    pub(crate) async fn open() -> Self {
        let (server, bodies) = (MockServer::start().await, Arc::<Mutex<Vec<Vec<u8>>>>::default());
        let kept = Arc::clone(&bodies);
        let keep = move |request: &Request| {
            assert_eq!(request.headers["content-type"], "application/x-protobuf");
            kept.lock().unwrap().push(request.body.clone());
            ResponseTemplate::new(200)
        };
        Mock::given(method("POST")).and(path("/v1/traces")).respond_with(keep).mount(&server).await;
        Self { server, bodies }
    }

    pub(crate) fn url(&self) -> String {
        self.server.uri()
    }

    /// What came, as it came.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.bodies.lock().unwrap().concat()
    }

    fn spans(&self) -> Vec<Span> {
        let bodies = self.bodies.lock().unwrap();
        let sent = bodies.iter().map(|body| ExportTraceServiceRequest::decode(body.as_slice()).unwrap());
        let scopes = sent.flat_map(|sent| sent.resource_spans).flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }
}

/// What a span says under that name.
fn said(span: &Span, name: &str) -> String {
    let of = |value: &Said| match value {
        Said::StringValue(text) => text.clone(),
        Said::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let found = span.attributes.iter().find(|attribute| attribute.key == name);
    found.and_then(|found| found.value.as_ref()?.value.as_ref()).map(of).unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// The whole trace that began elsewhere, oldest span first.
async fn gathered(collector: &Collector) -> Vec<Span> {
    let deadline = Instant::now() + SOON;
    loop {
        let mut spans: Vec<Span> = collector.spans().into_iter().filter(|span| hex(&span.trace_id) == TRACE).collect();
        if spans.iter().any(|span| hex(&span.parent_span_id) == CALLER) {
            spans.sort_by_key(|span| span.start_time_unix_nano);
            return spans;
        }
        assert!(Instant::now() < deadline, "no span of the request in {spans:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_is_one_trace_from_the_door_through_the_provider_to_the_record() {
    let collector = Collector::open().await;
    let served = Served::start(&[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url()), AT_ONCE]);
    let create = served.call(Method::POST, PAYMENTS).json(&qris("TRX-1", 33_000));
    let answer = create.header("traceparent", format!("00-{TRACE}-{CALLER}-01")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let body: serde_json::Value = answer.json().await.unwrap();
    let payment = body["data"]["payment_id"].as_str().unwrap();
    let spans = gathered(&collector).await;
    let request = spans.iter().find(|span| hex(&span.parent_span_id) == CALLER).unwrap();
    assert_eq!(request.name, format!("POST {PAYMENTS}"));
    assert_eq!((said(request, "status").as_str(), said(request, "payment_id").as_str()), ("200", payment));
    let within: Vec<&Span> = spans.iter().filter(|span| span.parent_span_id == request.span_id).collect();
    let named = |name: &str| within.iter().filter(|span| span.name == name).copied().collect::<Vec<_>>();
    let (calls, commits) = (named("xendit open"), named("commit"));
    assert_eq!((calls.len(), commits.len() >= 2), (1, true), "{within:?}");
    let (call, intent, outcome) = (calls[0], commits[0], commits[commits.len() - 1]);
    assert_eq!(said(call, "outcome"), "ok");
    assert!(intent.end_time_unix_nano <= call.start_time_unix_nano, "the intent is on record before the call");
    assert!(outcome.start_time_unix_nano >= call.end_time_unix_nano, "what came of it is recorded after the call");
    for commit in [intent, outcome] {
        let word = |name| said(commit, name);
        assert_eq!([word("store"), word("unit"), word("outcome")], ["sqlite", "payment", "ok"]);
        assert_eq!(word("payment_id"), payment);
    }
    served.end();
}

/// Checks that with a collector at that address sales and the end are as quick as ever.
async fn check_nobody_waits(endpoint: &str) {
    let served = Served::start(&[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), AT_ONCE]);
    for order in ["TRX-1", "TRX-2", "TRX-3"] {
        let began = Instant::now();
        let create = served.call(Method::POST, PAYMENTS).json(&qris(order, 33_000));
        assert_eq!(create.send().await.unwrap().status(), 200, "{order} with {endpoint}");
        assert!(began.elapsed() < QUICK, "{order} took {:?} with {endpoint}", began.elapsed());
    }
    let began = Instant::now();
    tokio::task::spawn_blocking(|| served.end()).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(20), "the end took {:?} with {endpoint}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_changes_nothing() {
    check_nobody_waits(&format!("http://{}", WireStub::nobody())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_never_answers_changes_nothing() {
    let hangs = TcpListener::bind("127.0.0.1:0").await.unwrap();
    check_nobody_waits(&format!("http://{}", hangs.local_addr().unwrap())).await;
}
