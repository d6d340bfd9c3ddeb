//! Logs, metrics and traces. None ever carries a token, a key, a name, a phone number or an address.

mod catalogue;
mod traces;

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::LogFormat;

pub(crate) use traces::{Traces, trace_of};

/// Buckets of every duration, in seconds: from a local read to the longest wait for a payment.
const SECONDS_BUCKETS: [f64; 14] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0];

/// Buckets of what providers and networks decide, in seconds: from at once to a day.
const LAG_BUCKETS: [f64; 15] =
    [0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 60.0, 180.0, 600.0, 1_800.0, 7_200.0, 21_600.0, 86_400.0];

/// Durations of that kind.
const LAGS: [&str; 3] =
    ["mstore_pay_sweep_lag_seconds", "mstore_pay_time_to_truth_seconds", "mstore_pay_webhook_lag_seconds"];

/// They would tell of every commit, and of their own end.
const BATCHES: &str = "batch_aint_one=warn";

/// Sends log lines to the standard error output. A second call changes nothing.
pub(crate) fn log_to_stderr(format: LogFormat, filter: &str) {
    log_and_trace(format, filter, &Traces::default());
}

/// Sends log lines to the standard error output, and spans to where traces are gathered. A second call changes nothing.
pub(crate) fn log_and_trace(format: LogFormat, filter: &str, traces: &Traces) {
    let parsed = EnvFilter::try_new(filter).unwrap_or_else(|_not_a_filter| EnvFilter::new("info"));
    let filter = match BATCHES.parse() {
        // An empty filter has a rule of its own, which any other would replace.
        Ok(quiet) if !filter.is_empty() => parsed.add_directive(quiet),
        Ok(_) | Err(_) => parsed,
    };
    // A line that cannot be written is lost: whoever would say so on the same output would panic.
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    let lines = match format {
        LogFormat::Pretty => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).boxed(),
    };
    let outcome = tracing_subscriber::registry().with(lines.with_filter(filter)).with(traces.layer()).try_init();
    // An embedder, or a test, may have set up its own.
    let _already_set = outcome;
}

/// Has panics told in the log, as lines like any other, instead of on the standard error output.
pub(crate) fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked: {message}");
    }));
}

/// Where counts are read: one recorder for the process, however many apps run in it.
pub(crate) fn metrics() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        // An embedder may have installed a recorder of its own: then ours shows nothing.
        let recorder = builder().install_recorder().unwrap_or_else(|_already_set| builder().build_recorder().handle());
        catalogue::describe();
        recorder
    })
}

fn builder() -> PrometheusBuilder {
    let lags = LAGS.map(|name| (Matcher::Full(name.to_owned()), LAG_BUCKETS.as_slice()));
    let all = (Matcher::Suffix("_seconds".to_owned()), SECONDS_BUCKETS.as_slice());
    lags.into_iter().chain([all]).fold(PrometheusBuilder::new(), |builder, (matcher, buckets)| {
        builder.set_buckets_for_metric(matcher, buckets).unwrap_or_else(|_no_buckets| PrometheusBuilder::new())
    })
}
