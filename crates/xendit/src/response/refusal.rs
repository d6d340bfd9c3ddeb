use mstore_pay_outbound::json::Object;

/// Longest error code that is kept.
const CODE_CHARS_MAX: usize = 64;

/// What a body says of an error, if anything.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Option<String>,
}

impl Refusal {
    /// Reads `{error_code, ..}`; a page of HTML simply has no code.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let code = Object::parse(body).ok().and_then(|object| object.text("error_code"));
        let kept = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
        let code = code.map(|code| code.chars().filter(kept).take(CODE_CHARS_MAX).collect::<String>());
        Self { code: code.filter(|code| !code.is_empty()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, want: Option<&str>) {
        assert_eq!(Refusal::parse(body.as_bytes()).code.as_deref(), want, "{body}");
    }

    #[test]
    fn a_code_is_kept_if_it_is_one() {
        check(r#"{"error_code":"DATA_NOT_FOUND","message":"m"}"#, Some("DATA_NOT_FOUND"));
        check(r#"{"error_code":"CAPTURE_AMOUNT_EXCEEDED "}"#, Some("CAPTURE_AMOUNT_EXCEEDED"));
        check(r#"{"error_code":404}"#, None);
        check(r#"{"error_code":"<>"}"#, None);
        check("<html>502</html>", None);
        check("", None);
    }
}
