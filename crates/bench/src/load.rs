//! A closed loop: each connection asks, waits for the answer, and asks again.
//!
//! It shares the machine with what it measures, so it costs as little as `pgbench` does: requests are texts, and each connection
//! has a thread that waits for it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use httparse::{EMPTY_HEADER, Response, Status};
use tokio::task::spawn_blocking;

use crate::Trouble;

/// Latencies up to a minute are told apart.
const LATENCY_MICROS_MAX: u64 = 60_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;
/// Whoever does not answer for so long does not answer.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);
const ANSWER_BYTES_MAX: usize = 65_536;
const ANSWER_HEADERS_MAX: usize = 64;
const CHUNKS_END: &[u8] = b"\r\n0\r\n\r\n";

/// A request, as it goes out.
pub(crate) struct Asked(String);

/// The headers that all requests of somebody have.
pub(crate) struct InCommon(String);

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

impl InCommon {
    /// Headers of those names and values.
    pub(crate) fn of(headers: &[(&str, &str)]) -> Self {
        Self(headers.iter().flat_map(|(name, value)| [*name, ": ", *value, "\r\n"]).collect())
    }

    /// A request for what is at a path.
    pub(crate) fn get(&self, path: &str) -> Asked {
        Asked(format!("GET {path} HTTP/1.1\r\n{}\r\n", self.0))
    }

    /// A request with JSON, and with a header of its own if there is one.
    pub(crate) fn post(&self, path: &str, own: Option<(&str, &str)>, json: &str) -> Asked {
        let own = own.map(|(name, value)| format!("{name}: {value}\r\n")).unwrap_or_default();
        let (in_common, length) = (&self.0, json.len());
        Asked(format!(
            "POST {path} HTTP/1.1\r\n{in_common}{own}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}"
        ))
    }
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
    let mut opened = Vec::with_capacity(connections);
    for _ in 0..connections {
        opened.push(Connection::open(address)?);
    }
    let next = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let asking: Vec<_> = opened
        .into_iter()
        .map(|connection| {
            let (next, script) = (Arc::clone(&next), Arc::clone(&script));
            spawn_blocking(move || one(connection, began + length, &next, script.as_ref()))
        })
        .collect();
    let mut outcome = Outcome { done: 0, refused: 0, elapsed: Duration::ZERO, latencies: latencies()? };
    for asked in asking {
        let (done, refused, latencies) = asked.await??;
        outcome.done = outcome.done.saturating_add(done);
        outcome.refused = outcome.refused.saturating_add(refused);
        outcome.latencies.add(&latencies)?;
    }
    outcome.elapsed = began.elapsed();
    Ok(outcome)
}

fn one(
    mut connection: Connection,
    until: Instant,
    next: &AtomicU64,
    script: &Script,
) -> Result<(u64, u64, Histogram<u64>), Trouble> {
    let (mut done, mut refused, mut latencies) = (0_u64, 0_u64, latencies()?);
    while Instant::now() < until {
        let Some(Asked(request)) = script(next.fetch_add(1, Ordering::Relaxed)) else { break };
        let asked = Instant::now();
        let status = connection.ask(&request)?;
        latencies.saturating_record(u64::try_from(asked.elapsed().as_micros())?);
        if (200..300).contains(&status) {
            done = done.saturating_add(1);
        } else {
            refused = refused.saturating_add(1);
        }
    }
    Ok((done, refused, latencies))
}

/// A connection that stays, and room for an answer.
struct Connection {
    stream: TcpStream,
    room: Vec<u8>,
}

impl Connection {
    fn open(address: SocketAddr) -> Result<Self, Trouble> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        Ok(Self { stream, room: vec![0; ANSWER_BYTES_MAX] })
    }

    /// The status of the answer, once all of it came.
    fn ask(&mut self, request: &str) -> Result<u16, Trouble> {
        self.stream.write_all(request.as_bytes())?;
        let mut filled = 0;
        loop {
            let free = self.room.get_mut(filled..).unwrap_or_default();
            let read = self.stream.read(free)?;
            if read == 0 {
                return Err("the connection was closed before the answer, or the answer is too long".into());
            }
            filled = filled.saturating_add(read);
            if let Some(status) = answered(self.room.get(..filled).unwrap_or_default())? {
                return Ok(status);
            }
        }
    }
}

/// The status of an answer; nothing while some of it is missing.
fn answered(received: &[u8]) -> Result<Option<u16>, Trouble> {
    let mut headers = [EMPTY_HEADER; ANSWER_HEADERS_MAX];
    let mut answer = Response::new(&mut headers);
    let Status::Complete(head) = answer.parse(received)? else { return Ok(None) };
    let told = |name: &str| answer.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    let is_whole = match told("content-length") {
        Some(length) => received.len() >= head.saturating_add(std::str::from_utf8(length.value)?.parse()?),
        // In chunks, as gunicorn does it: no JSON ends so.
        None => received.ends_with(CHUNKS_END),
    };
    let status = answer.code.ok_or("an answer without a status")?;
    Ok(is_whole.then_some(status))
}
