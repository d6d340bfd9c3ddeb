//! Traces over OTLP, as HTTP with protobuf. Of `tracing` only our own spans go out, never an event: what is logged stays in
//! the log. Nothing waits for the collector: spans queue up to a limit and are dropped beyond it.

use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName};
use async_trait::async_trait;
use mstore_pay_outbound::HttpClient as Outbound;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tokio_util::context::TokioContext;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;
use url::Url;

use crate::config::TraceSettings;

/// Time for one batch to be taken by the collector.
const EXPORT_WITHIN: Duration = Duration::from_secs(5);
/// Time at the end for what is still queued.
const FLUSH_WITHIN: Duration = Duration::from_secs(3);
/// What names us in a collector, and whose spans go out.
const OURS: &str = env!("CARGO_CRATE_NAME");
/// The path of traces below the endpoint, by the specification of OTLP.
const PATH: &str = "v1/traces";

/// Why traces cannot be sent.
type SetUpError = Box<dyn std::error::Error + Send + Sync>;

/// Where spans are gathered, if they are.
#[derive(Debug, Default)]
pub(crate) struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Starts gathering; must be called in the runtime.
    ///
    /// # Errors
    /// Where the machine has no usable TLS roots, or the exporter cannot be set up.
    pub(crate) fn start(settings: Option<&TraceSettings>) -> Result<Self, SetUpError> {
        let Some(settings) = settings else { return Ok(Self::default()) };
        let endpoint = format!("{}/{PATH}", settings.endpoint.as_str().trim_end_matches('/'));
        let sender = Sender { http: Outbound::new()?, runtime: Handle::current() };
        let exporter = SpanExporter::builder().with_http().with_endpoint(endpoint).with_http_client(sender).build()?;
        let resource = Resource::builder().with_service_name(settings.service_name.clone()).build();
        let provider = SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build();
        Ok(Self(Some(provider)))
    }

    /// The layer that takes our spans.
    pub(super) fn layer<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let tracer = self.0.as_ref()?.tracer(OURS);
        let layer = tracing_opentelemetry::layer().with_tracer(tracer).with_location(false).with_threads(false);
        Some(layer.with_filter(filter_fn(|of| of.is_span() && of.target().starts_with(OURS))))
    }

    /// Sends what is queued, and waits no longer than the time for that.
    pub(crate) async fn end(self) {
        let Some(provider) = self.0 else { return };
        let flushed = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH_WITHIN)).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!("the last traces did not reach the collector");
        }
    }
}

/// Sends batches by the one HTTP client there is.
#[derive(Debug)]
struct Sender {
    http: Outbound,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let url: Url = head.uri.to_string().parse()?;
        let fields: Vec<_> = head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let sending = self.http.post_bytes(&url, &fields, body.to_vec(), EXPORT_WITHIN);
        // Batches are sent from a thread of their own, which is no part of the runtime.
        let status = TokioContext::new(sending, self.runtime.clone()).await?;
        Ok(Response::builder().status(status).body(Bytes::new())?)
    }
}

/// The trace that a request says it belongs to; an empty context where it says nothing.
pub(crate) fn trace_of(headers: &HeaderMap) -> Context {
    TraceContextPropagator::new().extract_with_context(&Context::new(), &Fields(headers))
}

struct Fields<'a>(&'a HeaderMap);

impl Extractor for Fields<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}
