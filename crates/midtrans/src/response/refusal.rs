use mstore_pay_outbound::json::Object;

/// What a body says of how it went, if anything.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Its `status_code`: a text in every recording, a number in one client's test.
    pub(crate) code: Option<u16>,
    /// Whether a payment was denied, as opposed to a call that is under way.
    pub(crate) is_denied: bool,
    /// What Snap says instead of a code.
    pub(crate) said: Option<Said>,
}

/// What Snap's words come to: it has no codes of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// There is something under that order id.
    OrderTaken,
    /// The page was closed before.
    ClosedBefore,
    /// The customer has picked: there is a transaction.
    Picked,
    /// There is no such page.
    NoPage,
}

/// Parts of Snap's sentences (documents of 2026-08; of a taken order id, what people quote).
const SENTENCES: [(&str, Said); 5] = [
    ("has already been taken", Said::OrderTaken),
    ("has been paid and utilized", Said::OrderTaken),
    ("already canceled", Said::ClosedBefore),
    ("on progress", Said::Picked),
    ("token not found", Said::NoPage),
];

impl Said {
    const ALL: [Self; 4] = [Self::OrderTaken, Self::ClosedBefore, Self::Picked, Self::NoPage];

    /// What stands in the place of a code.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::OrderTaken => "order_id_taken",
            Self::ClosedBefore => "already_canceled",
            Self::Picked => "on_progress",
            Self::NoPage => "token_not_found",
        }
    }

    pub(crate) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|said| said.word() == word)
    }

    fn of(messages: &str) -> Option<Self> {
        let messages = messages.to_lowercase();
        SENTENCES.into_iter().find(|(part, _)| messages.contains(part)).map(|(_, said)| said)
    }
}

impl Refusal {
    /// Reads `{status_code, ..}` or `{error_messages}`; a page of HTML simply has neither.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let Ok(object) = Object::parse(body) else { return Self::default() };
        let code = object.text("status_code").or_else(|| object.raw("status_code").map(str::to_owned));
        Self {
            code: code.and_then(|code| code.parse().ok()),
            is_denied: object.text("transaction_status").is_some_and(|word| word.eq_ignore_ascii_case("deny")),
            said: object.raw("error_messages").and_then(Said::of),
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

    #[test]
    fn snaps_sentences_are_told_apart() {
        let said = |text: &str| Refusal::parse(format!(r#"{{"error_messages":["{text}"]}}"#).as_bytes()).said;
        assert_eq!(said("transaction_details.order_id has already been taken"), Some(Said::OrderTaken));
        assert_eq!(said("order_id has been paid and utilized, use another"), Some(Said::OrderTaken));
        assert_eq!(said("token already canceled"), Some(Said::ClosedBefore));
        assert_eq!(said("Transaction is on progress"), Some(Said::Picked));
        assert_eq!(said("Token not found"), Some(Said::NoPage));
        assert_eq!(said("transaction_details.order_id is required"), None);
        for said in Said::ALL {
            assert_eq!(Said::of_word(said.word()), Some(said));
        }
    }
}
