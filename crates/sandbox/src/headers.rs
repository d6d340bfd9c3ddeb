//! What the headers of a call say.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A header as text; none if it is absent or not text.
pub(crate) fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

/// The user of Basic authentication, which is where providers want the key.
pub(crate) fn basic_user(request: &HttpRequest) -> Option<String> {
    let credentials = header(request, AUTHORIZATION.as_str())?;
    let (scheme, encoded) = credentials.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, _password) = decoded.split_once(':')?;
    Some(user.to_owned())
}
