//! Connections and what is written to them.

use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::http::read_request;
use super::{Reply, Script, lock};

/// Sent at once of a huge body.
const BLOCK_BYTES: usize = 64 * 1024;

/// What a reply leaves of a connection.
enum Connection {
    KeptAlive,
    Closed,
}

/// Serves until it is aborted; its connections end with it.
pub(super) async fn serve(listener: TcpListener, script: Arc<Mutex<Script>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // What has ended is forgotten here, so that a long test does not gather it.
        while connections.try_join_next().is_some() {}
        connections.spawn(converse(stream, Arc::clone(&script)));
    }
}

/// Answers the requests of one connection. A caller that goes away ends it, which is no error.
async fn converse(stream: TcpStream, script: Arc<Mutex<Script>>) {
    let mut reader = BufReader::new(stream);
    while let Ok(Some(request)) = read_request(&mut reader).await {
        let reply = lock(&script).take_in(&request);
        match Box::pin(write_reply(reader.get_mut(), reply)).await {
            Ok(Connection::KeptAlive) => {}
            Ok(Connection::Closed) | Err(_) => return,
        }
    }
}

async fn write_reply(writing: &mut TcpStream, reply: Reply) -> io::Result<Connection> {
    let mut reply = reply;
    while let Reply::Late(pause, later) = reply {
        sleep(pause).await;
        reply = *later;
    }
    match reply {
        Reply::Late(..) => Ok(Connection::KeptAlive),
        Reply::Answer { status, headers, body } => {
            let mut bytes = head(status, &headers, body.len());
            bytes.extend(body);
            writing.write_all(&bytes).await?;
            Ok(Connection::KeptAlive)
        }
        Reply::Silence => {
            std::future::pending::<()>().await;
            Ok(Connection::Closed)
        }
        Reply::Hangup => Ok(Connection::Closed),
        Reply::Reset => {
            writing.set_zero_linger()?;
            Ok(Connection::Closed)
        }
        Reply::CutOff { status, announced, body } => {
            let mut bytes = head(status, &[], announced);
            bytes.extend(body);
            writing.write_all(&bytes).await?;
            Ok(Connection::Closed)
        }
        Reply::Drip { pause, status, body } => drip(writing, pause, status, &body).await,
        Reply::Huge { body_bytes } => flood(writing, body_bytes).await,
        Reply::Raw(bytes) => {
            writing.write_all(&bytes).await?;
            Ok(Connection::Closed)
        }
    }
}

async fn drip(writing: &mut TcpStream, pause: Duration, status: u16, body: &[u8]) -> io::Result<Connection> {
    let mut bytes = head(status, &[], body.len());
    bytes.extend(body);
    for byte in bytes {
        writing.write_all(&[byte]).await?;
        sleep(pause).await;
    }
    Ok(Connection::KeptAlive)
}

async fn flood(writing: &mut TcpStream, body_bytes: usize) -> io::Result<Connection> {
    writing.write_all(&head(200, &[], body_bytes)).await?;
    let block = vec![b' '; BLOCK_BYTES];
    let mut left = body_bytes;
    while left > 0 {
        let part = block.get(..left.min(BLOCK_BYTES)).unwrap_or(&block);
        writing.write_all(part).await?;
        left = left.saturating_sub(part.len());
    }
    Ok(Connection::KeptAlive)
}

fn head(status: u16, headers: &[(String, String)], body_bytes: usize) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Status\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").expect("a string takes text");
    }
    write!(head, "content-length: {body_bytes}\r\n\r\n").expect("a string takes text");
    head.into_bytes()
}
