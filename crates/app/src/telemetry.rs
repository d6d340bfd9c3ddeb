//! Logs, metrics and traces. None ever carries a token, a key, a name, a phone number or an address.

mod catalogue;
mod traces;

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::{Filter, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
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

/// It tells of each statement with all that it is handed: sealed secrets, customers, bodies of webhooks.
const STATEMENTS: &str = "tokio_postgres";

/// What of it is told at most, whatever is asked for. Not by a directive, which a more particular one would go before.
const STATEMENTS_AT_MOST: LevelFilter = LevelFilter::INFO;

/// What is logged where that filter is asked for.
fn filter_of<S>(asked: &str) -> impl Filter<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let parsed = EnvFilter::try_new(asked).unwrap_or_else(|_not_a_filter| EnvFilter::new("info"));
    let parsed = match BATCHES.parse() {
        // An empty filter has a rule of its own, which any other would replace.
        Ok(quiet) if !asked.is_empty() => parsed.add_directive(quiet),
        Ok(_) | Err(_) => parsed,
    };
    let is_told = |of: &Metadata<'_>| !of.target().starts_with(STATEMENTS) || *of.level() <= STATEMENTS_AT_MOST;
    // Said to let everything through, so that the levels that nobody asked for still cost nothing.
    parsed.and(filter_fn(is_told).with_max_level_hint(LevelFilter::TRACE))
}

/// Sends log lines to the standard error output. A second call changes nothing.
pub(crate) fn log_to_stderr(format: LogFormat, filter: &str) {
    log_and_trace(format, filter, &Traces::default());
}

/// Sends log lines to the standard error output, and spans to where traces are gathered. A second call changes nothing.
pub(crate) fn log_and_trace(format: LogFormat, filter: &str, traces: &Traces) {
    // A line that cannot be written is lost: whoever would say so on the same output would panic.
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    let lines = match format {
        LogFormat::Pretty => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).boxed(),
    };
    let outcome =
        tracing_subscriber::registry().with(lines.with_filter(filter_of(filter))).with(traces.layer()).try_init();
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::Event;
    use tracing_subscriber::layer::Context;

    use super::*;

    /// Notes of whom there was something to tell.
    #[derive(Clone, Default)]
    struct Heard(Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber> Layer<S> for Heard {
        fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
            let of = event.metadata();
            self.0.lock().unwrap().push(format!("{} {}", of.target(), of.level()));
        }
    }

    #[track_caller]
    fn check(filter: &str, want: &[&str]) {
        let heard = Heard::default();
        let subscriber = tracing_subscriber::registry().with(heard.clone().with_filter(filter_of(filter)));
        tracing::subscriber::with_default(subscriber, || {
            tracing::trace!(target: "tokio_postgres::query", "executing statement s1 with parameters: [4111]");
            tracing::debug!(target: "tokio_postgres::query", "executing statement s1 with parameters: [4111]");
            tracing::info!(target: "tokio_postgres::connection", "a notice");
            tracing::debug!(target: "batch_aint_one::worker", "a commit");
            tracing::debug!(target: "mstore_pay::workers", "a turn");
            tracing::info!(target: "mstore_pay::workers", "a day's anchor");
        });
        assert_eq!(*heard.0.lock().unwrap(), want, "{filter:?}");
    }

    #[test]
    fn no_filter_lets_what_statements_are_handed_into_the_log() {
        let [notice, turn, anchor] =
            ["tokio_postgres::connection INFO", "mstore_pay::workers DEBUG", "mstore_pay::workers INFO"];
        check("debug", &[notice, turn, anchor]);
        check("trace", &[notice, turn, anchor]);
        check("info,tokio_postgres=debug", &[notice, anchor]);
        check("info,tokio_postgres::query=trace", &[notice, anchor]);
        check("tokio_postgres=trace", &[notice]);
        check("debug,tokio_postgres=warn", &[turn, anchor]);
        check("info", &[notice, anchor]);
        check("warn", &[]);
    }
}
