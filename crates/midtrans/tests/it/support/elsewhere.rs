//! Servers for what the sandbox does not play.

use mstore_pay_conformance::wire::WireStub;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// An address where nobody listens.
pub(crate) fn nobody_listening() -> String {
    format!("http://{}", WireStub::nobody())
}

/// A server that says no to every payment, in one of Midtrans' codes for that.
pub(crate) async fn declining() -> String {
    const BODY: &str = r#"{"status_code":"410","status_message":"no"}"#;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the task ends with the test that spawned it")]
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::with_capacity(8 * 1024);
            let _read = stream.read_buf(&mut request).await;
            let answer = format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{BODY}", BODY.len());
            let _written = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}")
}
