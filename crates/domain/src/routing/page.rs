//! The policy as a page for readers.

use std::fmt::Write;

use super::{NOT_TAKEN, NotTaken, TRIAL_WAIT, UNANSWERED, UNANSWERED_PER_PROVIDER_MAX, Unanswered};
use crate::charge::Risk;

/// The policy as a Markdown page; `docs/routing.md` is this text.
#[must_use]
pub fn routing_markdown() -> String {
    let mut page = String::from(
        "# Where a payment goes\n\n\
         Generated from `routing` of the domain crate; do not edit.\n\n\
         Each method has an order of providers (`PROVIDER_ORDER`). A provider without an account of the merchant, or \
         without the method, is not in it. Before anything is written, each account in the order is looked at:\n\n\
         | it stands | so |\n|---|---|\n\
         | `ready` | it is asked in its turn |\n",
    );
    let wait = TRIAL_WAIT.as_millis();
    let _infallible = writeln!(
        page,
        "| `on_trial`: its line was closed to calls, and one may now find out whether it answers | it is asked in its \
         turn. If another is ready and the charge is displayed, the till waits {wait} ms for it; then that charge counts \
         as unanswered, and its answer is heard without the till |"
    );
    page.push_str(
        "| `resting`: it has not been answering, or said when to come back | it is passed over |\n\
         | `amount_below_minimum`, `amount_above_maximum` | it is passed over |\n\n\
         If that leaves nobody the till is told 503 at once, with `Retry-After`; nothing is written and nothing waits. \
         Lines are per provider, account, operation and, for openings, method.\n\n\
         ## After an answer\n\n\
         An answer that fits is shown. A provider that refuses the payment itself ends it: 422, and nobody else is \
         asked.\n\n\
         ### The provider certainly did nothing\n\n\
         Not reached, rate limited, not authorised, channel not active. The first row that fits holds; a dash is \
         either.\n\n\
         | another is ready | the till was told to wait | then |\n|---|---|---|\n",
    );
    for row in &NOT_TAKEN {
        let then = match row.then {
            NotTaken::Next => "open at the next provider",
            NotTaken::ComeBack => "recovery comes back later",
            NotTaken::GiveUp => "503",
        };
        let _infallible = writeln!(page, "| {} | {} | {then} |", word(row.another), word(row.patient));
    }
    write_unanswered(&mut page);
    page
}

fn write_unanswered(page: &mut String) {
    let _infallible = write!(
        page,
        "\n### Nobody knows whether the provider has it\n\n\
         No answer, an answer that makes no sense, or one that speaks of something else. The first row that fits \
         holds; a dash is either. *Replaceable*: `FAILOVER_ON_UNKNOWN=displayed`. *Repeatable*: the provider honours \
         the charge's key, or the reference is unique and this was the first try. *Rests*: its line rests, and \
         nothing is sent there now. *Turn over*: the first provider's \
         share of the time is used up, {UNANSWERED_PER_PROVIDER_MAX} openings there were not answered, it was \
         on trial, or its line rests.\n\n\
         | the charge is | replaceable | repeatable | time left | rests | another is ready | turn over | then |\n\
         |---|---|---|---|---|---|---|---|\n"
    );
    for row in &UNANSWERED {
        let risk = match row.risk {
            Risk::Displayed => "displayed: nobody can pay what nobody saw",
            Risk::Pushed => "pushed, or a card's token",
        };
        let _infallible = writeln!(
            page,
            "| {risk} | {} | {} | {} | {} | {} | {} | {} |",
            word(row.may_replace),
            word(row.repeatable),
            word(row.time_left),
            word(row.rests),
            word(row.another),
            word(row.turn_over),
            sentence(row.then)
        );
    }
    page.push_str(
        "\nRecovery never sends a push again. What was displayed it takes up so: a charge whose key is honoured is asked for once \
         more, also if its id turned up meanwhile; where its line rests, another provider's is shown if what nobody saw \
         may be replaced, and else it waits until the line would be called again.\n\n\
         What is put aside is never shown. A provider that finds charges by our reference is asked for its id. It is \
         closed as soon as that is known, and watched until it is dead.\n",
    );
}

const fn word(is: Option<bool>) -> &'static str {
    match is {
        Some(true) => "yes",
        Some(false) => "no",
        None => "–",
    }
}

const fn sentence(then: Unanswered) -> &'static str {
    match then {
        Unanswered::Repeat => "the same call once more, under its key",
        Unanswered::AskOn => "202; recovery repeats the same call until it is answered",
        Unanswered::Watch => "202; never sent again, never elsewhere; money is looked for",
        Unanswered::Again => "put it aside, open another at the same provider",
        Unanswered::Next => "put it aside, open another at the next provider",
        Unanswered::Later => "202; put it aside, recovery opens another",
    }
}
