use mstore_pay_outbound::json::Object;

/// What a body says of how it went, if anything.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Its `status_code`: a text in every recording, a number in one client's test.
    pub(crate) code: Option<u16>,
    /// Whether a payment was denied, as opposed to a call that is under way.
    pub(crate) is_denied: bool,
}

impl Refusal {
    /// Reads `{status_code, ..}`; a page of HTML simply has no code.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let Ok(object) = Object::parse(body) else { return Self::default() };
        let code = object.text("status_code").or_else(|| object.raw("status_code").map(str::to_owned));
        Self {
            code: code.and_then(|code| code.parse().ok()),
            is_denied: object.text("transaction_status").is_some_and(|word| word.eq_ignore_ascii_case("deny")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, want: Option<u16>) {
        assert_eq!(Refusal::parse(body.as_bytes()).code, want, "{body}");
    }

    #[test]
    fn a_code_is_kept_if_it_is_one() {
        check(r#"{"status_code":"404","status_message":"m"}"#, Some(404));
        check(r#"{"status_code":400}"#, Some(400));
        check(r#"{"status_code":"<>"}"#, None);
        check("<html>502</html>", None);
        check("", None);
    }
}
