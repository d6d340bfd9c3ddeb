//! Requests as bytes on a socket: what no HTTP client would send has to be sent, too.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::case::{Step, Values, fill};

/// How long an answer is waited for; longer than any time-out of the gateway.
const ANSWER_SECONDS_MAX: u64 = 20;
/// Of an answer, so much is read.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// What came back.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// 0 where the connection was closed without an answer.
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
    /// Until the first byte.
    pub(crate) took: Duration,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let line = self
            .head
            .lines()
            .skip(1)
            .find_map(|line| line.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case(name)));
        line.map(|(_, value)| value.trim())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Sends one request to `host` (`address:port`) and reads the answer.
pub(crate) async fn send(host: &str, step: &Step, values: &Values) -> Reply {
    let bytes = match &step.wire {
        // One byte a character: the file has no other.
        Some(wire) => fill(wire, values).chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect(),
        None => request(host, step, values),
    };
    exchange(host, &bytes).await
}

fn request(host: &str, step: &Step, values: &Values) -> Vec<u8> {
    let payload = step.payload(values);
    let mut head =
        format!("{} {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", step.method, fill(&step.path, values));
    for (name, value) in &step.headers {
        head.extend([name, ": ", &fill(value, values), "\r\n"]);
    }
    if let Some(payload) = &payload {
        head.extend(["Content-Length: ", &payload.len().to_string(), "\r\n"]);
    }
    head.push_str("\r\n");
    [head.into_bytes(), payload.unwrap_or_default()].concat()
}

pub(crate) async fn exchange(host: &str, bytes: &[u8]) -> Reply {
    let began = Instant::now();
    let connected = TcpStream::connect(host).await.expect("the gateway listens");
    let (mut reading, mut writing) = connected.into_split();
    let mut answer = Vec::new();
    let mut first_byte = None;
    let talk = async {
        let write = async {
            // It may answer before it has read all, and hang up.
            writing.write_all(bytes).await.ok();
        };
        let read = async {
            let mut chunk = vec![0; 64 * 1024];
            while answer.len() < ANSWER_BYTES_MAX && !is_whole(&answer) {
                match reading.read(&mut chunk).await {
                    Ok(0) | Err(_) => break,
                    Ok(count) => {
                        first_byte.get_or_insert_with(|| began.elapsed());
                        answer.extend_from_slice(&chunk[..count]);
                    }
                }
            }
        };
        // The half that writes stays open until the answer is there.
        tokio::join!(write, read);
    };
    timeout(Duration::from_secs(ANSWER_SECONDS_MAX), talk).await.ok();
    parse(&answer, first_byte.unwrap_or_else(|| began.elapsed()))
}

fn parse(answer: &[u8], took: Duration) -> Reply {
    let (head, body) = split(answer).unwrap_or((answer, &[]));
    let head = String::from_utf8_lossy(head).into_owned();
    let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).and_then(|code| code.parse().ok());
    Reply { status: status.unwrap_or(0), head, body: body.to_vec(), took }
}

fn split(answer: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((&answer[..end], &answer[end + 4..]))
}

fn is_whole(answer: &[u8]) -> bool {
    let Some((head, body)) = split(answer) else { return false };
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    length.is_some_and(|length| body.len() >= length)
}
