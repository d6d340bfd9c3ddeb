//! The lists of v2, newest first.

use url::form_urlencoded;

use super::rails::kind;
use super::view::{self, MethodView, PaymentView, RequestView};
use crate::faults::Lie;
use crate::ledger::{Api, Books, Charge};
use crate::xendit::desk::Call;

const LIMIT_DEFAULT: usize = 10;
const LIMIT_MAX: usize = 100;

/// What a query asks for; what is absent lets everything through.
struct Wanted {
    pairs: Vec<(String, String)>,
}

impl Wanted {
    fn read(raw_query: &str) -> Self {
        Self { pairs: form_urlencoded::parse(raw_query.as_bytes()).into_owned().collect() }
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether `word` is among the values of the parameter, which may be repeated, or there are none.
    fn takes(&self, name: &str, word: Option<&str>) -> bool {
        let mut named = self.pairs.iter().filter(|(key, _)| key.trim_end_matches("[]") == name).peekable();
        named.peek().is_none() || named.any(|(_, value)| Some(value.as_str()) == word)
    }

    fn limit(&self) -> usize {
        self.one("limit")
            .and_then(|text| text.parse().ok())
            .map_or(LIMIT_DEFAULT, |asked: usize| asked.clamp(1, LIMIT_MAX))
    }

    /// One page of these charges, and whether there are more behind it.
    fn page<'a>(&self, found: Vec<&'a Charge>) -> (Vec<&'a Charge>, bool) {
        let newest_first = found.into_iter().rev();
        let mut rest: Vec<&Charge> = match (self.one("after_id"), self.one("before_id")) {
            (Some(after), _) => newest_first.skip_while(|charge| charge.id != after).skip(1).collect(),
            (None, Some(before)) => {
                let newer: Vec<_> = newest_first.take_while(|charge| charge.id != before).collect();
                let skipped = newer.len().saturating_sub(self.limit());
                newer.into_iter().skip(skipped).collect()
            }
            (None, None) => newest_first.collect(),
        };
        let has_more = rest.len() > self.limit();
        rest.truncate(self.limit());
        (rest, has_more)
    }
}

/// The charges that may fit: by reference where one is wanted, else all.
fn candidates<'a>(books: &'a Books, call: &Call<'_>, wanted: &Wanted) -> Vec<&'a Charge> {
    let own = |charge: &&Charge| charge.account == call.account.name;
    match wanted.one("reference_id") {
        Some(reference) => books.charges_named(reference).filter(own).collect(),
        None => books.charges().filter(own).collect(),
    }
}

/// `GET /payment_requests`
pub(super) fn requests(books: &Books, call: &Call<'_>, lie: &Lie) -> String {
    let wanted = Wanted::read(call.raw_query);
    let mut found = candidates(books, call, &wanted);
    found.retain(|charge| {
        charge.api == Api::V2
            && wanted.takes("reference_id", Some(&charge.reference))
            && wanted.takes("id", Some(&charge.id))
            && wanted.takes("customer_id", view::customer_id(charge).as_deref())
    });
    let (rows, has_more) = wanted.page(found);
    let business_id = call.account.business_id.as_str();
    view::page(rows.iter().map(|charge| RequestView::new(charge, business_id, lie)).collect(), has_more, lie)
}

/// `GET /v2/payment_methods`
pub(super) fn methods(books: &Books, call: &Call<'_>, lie: &Lie) -> String {
    let wanted = Wanted::read(call.raw_query);
    let mut found: Vec<&Charge> = books.charges().filter(|charge| charge.account == call.account.name).collect();
    found.retain(|charge| {
        charge.payment_method.as_ref().is_some_and(|method| {
            books.charge(&method.id).is_some_and(|owner| owner.id == charge.id)
                && wanted.takes("id", Some(&method.id))
                && wanted.takes("reference_id", Some(&method.reference))
        }) && wanted.takes("type", Some(kind(charge.method)))
            && wanted.takes("status", Some(view::method_status(charge)))
            && wanted.takes("reusability", Some(view::reusability(charge)))
            && wanted.takes("customer_id", view::customer_id(charge).as_deref())
    });
    let (rows, has_more) = wanted.page(found);
    let business_id = call.account.business_id.as_str();
    view::page(rows.iter().filter_map(|charge| MethodView::new(charge, business_id, lie)).collect(), has_more, lie)
}

/// `GET /v2/payment_methods/{id}/payments`
pub(super) fn payments(books: &Books, charge: &Charge, business_id: &str, lie: &Lie) -> String {
    let payments = books.payments_of(&charge.id);
    view::page(payments.map(|payment| PaymentView::new(charge, payment, business_id, lie)).collect(), false, lie)
}
