//! The policy as a page for readers.

use std::fmt::Write;

use super::{NOT_TAKEN, NotTaken, RECOVERY, Recovery, TRIAL_WAIT, UNANSWERED, UNANSWERED_PER_PROVIDER_MAX, Unanswered};
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
         | `amount_below_minimum`, `amount_above_maximum` | it is passed over |\n\
         | `token_of_another`: the payment is by a card's token, which is of the first in the order that takes tokens | \
         it is passed over |\n\n\
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
    write_recovery(&mut page);
    page
}

fn write_unanswered(page: &mut String) {
    let _infallible = write!(
        page,
        "\n### Nobody knows whether the provider has it\n\n\
         No answer, an answer that makes no sense, or one that speaks of something else. The first row that fits \
         holds; a dash is either. *Replaceable*: `FAILOVER_ON_UNKNOWN=displayed`. *Repeatable*: the provider honours \
         the charge's key, or the reference is unique and this was the first try; of a push only where no id was told. \
         *Rests*: its line rests, and \
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
        "\nWhat is put aside is never shown. An id that an answer told although it did not fit is kept, but not of a \
         push, which nothing could take back by it. A provider that finds charges by our reference is asked for an id that \
         is not known; where nobody can be asked, money on it is seen in the list of all that came. It is closed as soon as \
         its id is known, and watched until it is dead.\n",
    );
}

fn write_recovery(page: &mut String) {
    page.push_str(
        "\n## Recovery\n\n\
         A create that was cut off, or of which the till was told to wait, is taken up by recovery under the same \
         payment. The first row that fits holds; a dash is either. *Over*: the payment's time is over, it was withdrawn \
         or saw money, or too many openings of it went wrong. *Repeatable*: the last charge's key is honoured, also if \
         its id turned up meanwhile; now, if its provider would be called, or later, if its line rests. *Kept*: the last \
         charge was not answered, and `FAILOVER_ON_UNKNOWN=never`.\n\n\
         | over | may have been pushed | repeatable now | kept | repeatable later | a provider is ready | every line \
         rests | then |\n|---|---|---|---|---|---|---|---|\n",
    );
    for row in &RECOVERY {
        let then = match row.then {
            Recovery::Repeat => "the last intent once more, under its key",
            Recovery::Open => {
                "put aside what was not answered, open another: there if it is ready, else at the first that is"
            }
            Recovery::ComeBack => "come back later; no charge is spent on that",
            Recovery::Stop => {
                "no more charges; what was not answered is watched, and out of sight unless it may have been pushed"
            }
        };
        let _infallible = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} | {then} |",
            word(row.over),
            word(row.pushed),
            word(row.repeatable),
            word(row.kept),
            word(row.repeatable_later),
            word(row.ready),
            word(row.all_rest),
        );
    }
    page.push_str(
        "\nWhat recovery sends stays within the rate limit of the account; of its openings some are left to tills. Those who \
         wait for it wait account by account, so that one that has used up its limit holds back no other: a few on the \
         spot, all others come back one after the other. While a till is being served recovery waits a moment before it \
         goes on.\n",
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
