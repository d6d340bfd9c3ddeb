//! Taking a request's query parameters: each is parsed where it is taken, and all that is wrong is told
//! at once. Parameters that nobody takes change nothing.

use actix_web::HttpRequest;
use mstore_pay_domain::money::Money;

use crate::problem::catalogue::ErrorCode;
use crate::problem::{FieldFault, Problem};

/// The parameters of a request, and what was found wrong with them so far.
pub(super) struct Query {
    pairs: Vec<(String, String)>,
    faults: Vec<FieldFault>,
}

impl Query {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
        Self { pairs: pairs.into_owned().collect(), faults: Vec::new() }
    }

    /// A parameter that parses into something; `None` if it is absent, or refused for that reason.
    pub(super) fn parsed<T>(
        &mut self,
        name: &str,
        reason: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let mut given = self.pairs.iter().filter(|(known, _)| known == name);
        let (_, text) = given.next()?;
        let parsed = if given.next().is_some() { Err("is given more than once") } else { parse(text).ok_or(reason) };
        parsed.map_err(|reason| self.faults.push(FieldFault { pointer: format!("?{name}"), reason })).ok()
    }

    /// A whole number within a range.
    pub(super) fn integer(
        &mut self,
        name: &str,
        range: std::ops::RangeInclusive<u32>,
        reason: &'static str,
    ) -> Option<u32> {
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        self.parsed(name, reason, |text| text.parse().ok().filter(|number| is_plain(text) && range.contains(number)))
    }

    /// An amount of whole rupiah above zero.
    pub(super) fn amount(&mut self, name: &str) -> Option<Money> {
        self.parsed(name, "must be whole rupiah above zero", |text| Money::parse(text).and_then(Money::payable).ok())
    }

    /// What was taken, if nothing was refused.
    ///
    /// # Errors
    /// `invalid_field` with all that is wrong.
    pub(super) fn finish<T>(self, taken: T) -> Result<T, Problem> {
        if self.faults.is_empty() { Ok(taken) } else { Err(Problem::of_faults(ErrorCode::InvalidField, self.faults)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[track_caller]
    fn check(query: &str, want: Result<Option<u32>, &str>) {
        let request = TestRequest::with_uri(&format!("/x?{query}")).to_http_request();
        let mut query = Query::of(&request);
        let limit = query.integer("limit", 1..=100, "must be 1 to 100");
        let got = query.finish(limit).map_err(|problem| problem.faults[0].reason);
        assert_eq!(got, want);
    }

    #[test]
    fn a_parameter_is_taken_once_or_refused() {
        check("", Ok(None));
        check("other=1&other=2", Ok(None));
        check("limit=1", Ok(Some(1)));
        check("limit=%31%30%30", Ok(Some(100)));
        for text in ["", "0", "101", "-1", "+1", "1.0", "x", "99999999999"] {
            check(&format!("limit={}", text.replace('+', "%2B")), Err("must be 1 to 100"));
        }
        check("limit=1&limit=1", Err("is given more than once"));
    }
}
