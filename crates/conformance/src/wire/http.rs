//! As much of HTTP/1.1 as a client of an API sends.

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};

/// Longest line of a head, in bytes.
const LINE_BYTES_MAX: u64 = 64 * 1024;
/// Most headers of a request.
const HEADERS_MAX: usize = 200;
/// Largest body, in bytes.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRequest {
    /// The method, `POST`.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl SeenRequest {
    /// The first value of that header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text, with a mark in the place of what is none.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn not_http(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Reads one request; `None` where the caller closed the connection instead.
pub(super) async fn read_request<R: AsyncRead + Unpin>(reader: &mut BufReader<R>) -> io::Result<Option<SeenRequest>> {
    let first = read_line(reader).await?;
    if first.is_empty() {
        return Ok(None);
    }
    let mut words = first.split_ascii_whitespace();
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Err(not_http("no request line"));
    };
    let (method, path) = (method.to_owned(), path.to_owned());
    let mut request = SeenRequest { method, path, headers: Vec::new(), body: Vec::new() };
    for _ in 0..HEADERS_MAX {
        let line = read_line(reader).await?;
        if line.is_empty() {
            request.body = read_body(reader, &request).await?;
            return Ok(Some(request));
        }
        let (name, value) = line.split_once(':').ok_or_else(|| not_http("a header without a colon"))?;
        request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Err(not_http("too many headers"))
}

async fn read_line<R: AsyncRead + Unpin>(reader: &mut BufReader<R>) -> io::Result<String> {
    let mut line = String::new();
    reader.take(LINE_BYTES_MAX).read_line(&mut line).await?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn read_body<R: AsyncRead + Unpin>(reader: &mut BufReader<R>, head: &SeenRequest) -> io::Result<Vec<u8>> {
    if head.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        return read_chunks(reader).await;
    }
    let Some(length) = head.header("content-length") else { return Ok(Vec::new()) };
    let length = length.parse().map_err(|_not_a_number| not_http("no content length"))?;
    read_exactly(reader, length).await
}

async fn read_chunks<R: AsyncRead + Unpin>(reader: &mut BufReader<R>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(reader).await?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let length = usize::from_str_radix(digits, 16).map_err(|_not_a_number| not_http("no chunk length"))?;
        body.extend(read_exactly(reader, length).await?);
        read_line(reader).await?;
        if length == 0 {
            return Ok(body);
        }
        if body.len() > BODY_BYTES_MAX {
            return Err(not_http("a body beyond all measure"));
        }
    }
}

async fn read_exactly<R: AsyncRead + Unpin>(reader: &mut BufReader<R>, length: usize) -> io::Result<Vec<u8>> {
    if length > BODY_BYTES_MAX {
        return Err(not_http("a body beyond all measure"));
    }
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).await?;
    Ok(bytes)
}
