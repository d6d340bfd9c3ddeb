//! The stub server does what it is told, seen from the other end of the wire.

use std::io::ErrorKind;
use std::time::Duration;

use mstore_pay_conformance::wire::{Reply, SeenRequest, WireStub};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(5);
const POST: &str = "POST /v3/things?a=1 HTTP/1.1\r\nHost: x\r\nX-Key: k1\r\nContent-Length: 7\r\n\r\n{\"a\":1}";

/// Sends a request and reads until the server closes, or until nothing came for a while.
async fn ask(stub: &WireStub, request: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(stub.address()).await?;
    stream.write_all(request.as_bytes()).await?;
    let (mut all, mut block) = (Vec::new(), [0; 4_096]);
    while let Ok(read) = timeout(Duration::from_millis(200), stream.read(&mut block)).await {
        let count = read?;
        if count == 0 {
            break;
        }
        all.extend(block.iter().take(count));
    }
    Ok(all)
}

async fn stub(reply: Reply) -> WireStub {
    let stub = WireStub::start().await;
    stub.on("POST", "/v3/", [reply]);
    stub
}

#[tokio::test]
async fn requests_are_recorded_and_answered_in_turn() {
    let stub = WireStub::start().await;
    stub.on("POST", "/v3/", [Reply::json(201, "{\"n\":1}").with_header("x-n", "1"), Reply::page(500)]);
    let first = String::from_utf8(ask(&stub, POST).await.unwrap()).unwrap();
    assert!(
        first.starts_with("HTTP/1.1 201 ") && first.contains("x-n: 1\r\n") && first.ends_with("{\"n\":1}"),
        "{first}"
    );
    for _ in 0..2 {
        assert!(ask(&stub, POST).await.unwrap().starts_with(b"HTTP/1.1 500 "));
    }
    assert!(ask(&stub, "GET /v3/ HTTP/1.1\r\n\r\n").await.unwrap().starts_with(b"HTTP/1.1 404 "));
    let seen = stub.seen();
    assert_eq!(seen.len(), 4);
    assert_eq!((seen[0].method.as_str(), seen[0].path.as_str()), ("POST", "/v3/things?a=1"));
    assert_eq!((seen[0].header("X-KEY"), seen[0].text().as_str()), (Some("k1"), "{\"a\":1}"));
}

#[tokio::test]
async fn one_that_is_closed_refuses_until_it_is_opened() {
    let mut stub = WireStub::closed();
    stub.on("POST", "/v3/", [Reply::json(200, "{}")]);
    assert_eq!(ask(&stub, POST).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    stub.open();
    assert!(ask(&stub, POST).await.unwrap().starts_with(b"HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_connection_is_kept_and_chunked_bodies_are_read() {
    let stub = stub(Reply::json(200, "{}")).await;
    let chunked = "POST /v3/ HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n";
    let answers = ask(&stub, &format!("{chunked}{POST}")).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answers).matches("HTTP/1.1 200").count(), 2);
    assert_eq!(stub.seen().iter().map(SeenRequest::text).collect::<Vec<_>>(), ["abcde", "{\"a\":1}"]);
}

#[tokio::test]
async fn silence_hangup_and_reset_answer_nothing() {
    assert_eq!(ask(&stub(Reply::Silence).await, POST).await.unwrap(), b"");
    assert_eq!(ask(&stub(Reply::Hangup).await, POST).await.unwrap(), b"");
    let reset = ask(&stub(Reply::Reset).await, POST).await;
    assert_eq!(reset.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn answers_can_be_cut_dripped_huge_late_or_no_http() {
    let cut =
        ask(&stub(Reply::CutOff { status: 200, announced: 100, body: b"{\"a".to_vec() }).await, POST).await.unwrap();
    assert!(cut.ends_with(b"content-length: 100\r\n\r\n{\"a"));
    let drip = Reply::Drip { pause: Duration::from_millis(1), status: 200, body: b"{}".to_vec() };
    assert!(ask(&stub(drip).await, POST).await.unwrap().ends_with(b"\r\n\r\n{}"));
    let huge = ask(&stub(Reply::Huge { body_bytes: 300_000 }).await, POST).await.unwrap();
    assert!(huge.len() > 300_000);
    let late = ask(&stub(Reply::json(200, "{}").after(Duration::from_millis(50))).await, POST).await.unwrap();
    assert!(late.ends_with(b"{}"));
    assert_eq!(ask(&stub(Reply::Raw(b"SSH-2.0".to_vec())).await, POST).await.unwrap(), b"SSH-2.0");
}

#[tokio::test]
async fn nobody_refuses_and_a_dropped_stub_is_gone() {
    let nobody = WireStub::nobody();
    assert_eq!(TcpStream::connect(nobody).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    assert_eq!(TcpListener::bind(nobody).await.unwrap_err().kind(), ErrorKind::AddrInUse, "nobody else is given it");
    let stub = stub(Reply::json(200, "{}")).await;
    let address = stub.address();
    assert!(TcpStream::connect(address).await.is_ok());
    drop(stub);
    let gone = async { while TcpStream::connect(address).await.is_ok() {} };
    timeout(SOON, gone).await.unwrap();
}
