//! A server that says exactly these bytes, or nothing.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// What the server does once it has a request.
pub(crate) enum Manner {
    /// Says that and closes.
    Says(Vec<u8>),
    /// Says that, a byte every so often.
    Drips(Vec<u8>, Duration),
    /// Never answers.
    Silent,
    /// Cuts the connection.
    Resets,
}

/// Serves one connection after another in that manner; the address.
pub(crate) async fn serve(manner: Manner) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the task ends with the test that spawned it")]
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            answer(stream, &manner).await;
        }
    });
    format!("http://{address}/").parse().unwrap()
}

async fn answer(mut stream: TcpStream, manner: &Manner) {
    let mut request = [0_u8; 8192];
    let _read = stream.read(&mut request).await;
    match manner {
        Manner::Says(bytes) => {
            let _written = stream.write_all(bytes).await;
        }
        Manner::Drips(bytes, pause) => {
            for byte in bytes {
                if stream.write_all(&[*byte]).await.is_err() {
                    return;
                }
                tokio::time::sleep(*pause).await;
            }
        }
        Manner::Silent => tokio::time::sleep(Duration::from_mins(1)).await,
        Manner::Resets => stream.set_zero_linger().unwrap(),
    }
}

/// The bytes of an answer.
pub(crate) fn http(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Manner {
    let mut bytes = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len()).into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"connection: close\r\n\r\n");
    bytes.extend_from_slice(body);
    Manner::Says(bytes)
}
