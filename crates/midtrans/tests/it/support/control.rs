//! Calls of the control plane, which knows verbs that the gateway never uses.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Makes a call that must succeed; the answer's body.
pub(crate) async fn call(address: SocketAddr, verb: &str, path: &str, body: &str) -> String {
    let (head, body) = answer(address, verb, path, body).await;
    let status = head.split(' ').nth(1).unwrap();
    assert!(status.starts_with(['2', '3']), "{verb} {path}: {head} {body}");
    body
}

/// Makes a call that may be refused; the answer's head.
pub(crate) async fn try_call(address: SocketAddr, verb: &str, path: &str) -> String {
    answer(address, verb, path, "").await.0
}

async fn answer(address: SocketAddr, verb: &str, path: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{verb} {path} HTTP/1.0\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}
