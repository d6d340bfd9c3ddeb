//! A closed loop: each connection asks, waits for the answer, and asks again.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::Trouble;

/// Latencies up to a minute are told apart.
const LATENCY_MICROS_MAX: u64 = 60_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;

/// A request.
pub(crate) type Asked = Request<Full<Bytes>>;

/// What is asked as so-manieth; nothing once there is nothing left to ask.
pub(crate) type Script = dyn Fn(u64) -> Option<Asked> + Send + Sync;

/// What came of it.
pub(crate) struct Outcome {
    /// Answers of 2xx.
    pub(crate) done: u64,
    /// All other answers.
    pub(crate) refused: u64,
    /// From the first question to the last answer.
    pub(crate) elapsed: Duration,
    /// Microseconds of every answer.
    pub(crate) latencies: Histogram<u64>,
}

/// An empty histogram of latencies.
pub(crate) fn latencies() -> Result<Histogram<u64>, Trouble> {
    Ok(Histogram::new_with_bounds(1, LATENCY_MICROS_MAX, SIGNIFICANT_DIGITS)?)
}

/// Asks over so many connections for so long.
pub(crate) async fn run(
    address: SocketAddr,
    connections: usize,
    length: Duration,
    script: Arc<Script>,
) -> Result<Outcome, Trouble> {
    let mut streams = Vec::with_capacity(connections);
    for _ in 0..connections {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let next = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let tasks: Vec<_> = streams
        .into_iter()
        .map(|stream| tokio::spawn(one(stream, began + length, Arc::clone(&next), Arc::clone(&script))))
        .collect();
    let mut outcome = Outcome { done: 0, refused: 0, elapsed: Duration::ZERO, latencies: latencies()? };
    for task in tasks {
        let (done, refused, latencies) = task.await??;
        outcome.done = outcome.done.saturating_add(done);
        outcome.refused = outcome.refused.saturating_add(refused);
        outcome.latencies.add(&latencies)?;
    }
    outcome.elapsed = began.elapsed();
    Ok(outcome)
}

async fn one(
    stream: TcpStream,
    until: Instant,
    next: Arc<AtomicU64>,
    script: Arc<Script>,
) -> Result<(u64, u64, Histogram<u64>), Trouble> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut connection = pin!(connection);
    let (mut done, mut refused, mut latencies) = (0_u64, 0_u64, latencies()?);
    while Instant::now() < until {
        let Some(request) = script(next.fetch_add(1, Ordering::Relaxed)) else { break };
        let asked = Instant::now();
        // Both in one task, so that none has to wake the other.
        let status = tokio::select! {
            biased;
            answered = answer(&mut sender, request) => answered?,
            _closed = &mut connection => return Err("the connection was closed before the answer".into()),
        };
        latencies.saturating_record(u64::try_from(asked.elapsed().as_micros())?);
        if status.is_success() {
            done = done.saturating_add(1);
        } else {
            refused = refused.saturating_add(1);
        }
    }
    Ok((done, refused, latencies))
}

async fn answer(sender: &mut SendRequest<Full<Bytes>>, request: Asked) -> Result<StatusCode, Trouble> {
    sender.ready().await?;
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    answer.into_body().collect().await?;
    Ok(status)
}
