//! A closed loop: each connection asks, waits for the answer, and asks again.
//!
//! It shares the machine with what it measures, so it costs little: requests are texts, and each connection has a thread
//! that waits for it.

use std::io::{ErrorKind, Read as _, Write as _};
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
/// Threads that the runtime has for what waits: of more connections the last would ask nothing.
const CONNECTIONS_MAX: usize = 512;
/// Whoever sends nothing for so long does not answer.
const SILENCE_MAX: Duration = Duration::from_mins(1);
const ANSWER_BYTES_MAX: usize = 65_536;
const ANSWER_HEADERS_MAX: usize = 64;
/// How an answer in chunks ends. Neither the gateway nor the peer has line ends within one.
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
    if connections > CONNECTIONS_MAX {
        return Err(format!("at most {CONNECTIONS_MAX} connections ask at once").into());
    }
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
        stream.set_read_timeout(Some(SILENCE_MAX))?;
        Ok(Self { stream, room: vec![0; ANSWER_BYTES_MAX] })
    }

    /// The status of the answer, once all of it came.
    fn ask(&mut self, request: &str) -> Result<u16, Trouble> {
        self.stream.write_all(request.as_bytes())?;
        let mut filled = 0;
        loop {
            let free = self.room.get_mut(filled..).unwrap_or_default();
            if free.is_empty() {
                return Err(format!("an answer of more than {ANSWER_BYTES_MAX} bytes").into());
            }
            let read = match self.stream.read(free) {
                Ok(0) => return Err("the connection was closed before the answer".into()),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Err(format!("no answer within {} s", SILENCE_MAX.as_secs()).into());
                }
                Err(error) => return Err(error.into()),
            };
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
    let status = answer.code.ok_or("an answer without a status")?;
    let told = |name: &str| answer.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    let is_whole = if let Some(length) = told("content-length") {
        let length: usize = std::str::from_utf8(length.value)?.parse()?;
        let end = head.saturating_add(length);
        if received.len() > end {
            return Err("more than one answer".into());
        }
        received.len() == end
    } else if told("transfer-encoding").is_some() {
        received.ends_with(CHUNKS_END)
    } else {
        return Err(format!("an answer of status {status} that does not say where it ends").into());
    };
    Ok(is_whole.then_some(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(whole: &str, status: u16) {
        for (end, _) in whole.char_indices() {
            let (received, _missing) = whole.split_at(end);
            assert_eq!(answered(received.as_bytes()).unwrap(), None, "of {whole:?} the first {end} bytes");
        }
        assert_eq!(answered(whole.as_bytes()).unwrap(), Some(status));
    }

    #[track_caller]
    fn check_refused(answer: &str, expected: &str) {
        assert_eq!(answered(answer.as_bytes()).unwrap_err().to_string(), expected);
    }

    #[test]
    fn an_answer_is_one_once_all_of_it_came() {
        check("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", 200);
        check("HTTP/1.1 409 Conflict\r\nX-Other: 7\r\nContent-Length: 0\r\n\r\n", 409);
        check("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 201);
    }

    #[test]
    fn what_does_not_end_where_it_says_is_no_answer() {
        check_refused("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}H", "more than one answer");
        check_refused("HTTP/1.1 204 No Content\r\n\r\n", "an answer of status 204 that does not say where it ends");
    }

    #[test]
    fn requests_have_what_is_common_and_their_own() {
        let common = InCommon::of(&[("Host", "127.0.0.1:1"), ("Authorization", "Bearer t")]);
        let Asked(get) = common.get("/a");
        assert_eq!(get, "GET /a HTTP/1.1\r\nHost: 127.0.0.1:1\r\nAuthorization: Bearer t\r\n\r\n");
        let Asked(post) = common.post("/b", Some(("Idempotency-Key", "k")), "{}");
        let head = "POST /b HTTP/1.1\r\nHost: 127.0.0.1:1\r\nAuthorization: Bearer t\r\nIdempotency-Key: k\r\n";
        assert_eq!(post, format!("{head}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"));
    }
}
