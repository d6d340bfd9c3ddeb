//! The pay page as HTML.

use std::time::Duration;

use maud::{Markup, html};
use mstore_pay_domain::charge::Receipt;
use mstore_pay_domain::time::Timestamp;

use super::{PayPage, Screen, words};
use crate::language::Bilingual;
use crate::pages::layout::Frame;
use crate::pages::local_time::{countdown, local_time, local_time_of_day};
use crate::pages::rupiah::rupiah;

/// How often a browser asks again that cannot be told: the till's clients are promised no more.
const REFRESH_SECONDS: u32 = 5;
/// From so many characters on an amount is written smaller, to stay on one line of a small phone.
const LONG_AMOUNT_CHARS: usize = 14;
/// From so long ahead the time of day alone does not say when.
const DAY: Duration = Duration::from_hours(24);

/// Which colour and mark a screen has.
#[derive(Clone, Copy)]
enum Tone {
    Wait,
    Good,
    Stop,
    Bad,
}

impl PayPage {
    /// The HTML document, for the page at `/pay/{token}`. Send it with
    /// [`page_headers`](crate::pages::page_headers).
    #[must_use]
    pub fn html(&self, token: &str) -> Markup {
        let (headline, advice) = words::headline(&self.screen);
        let amount = rupiah(&self.amount);
        let title = format!("{} · {amount}", self.say(headline));
        let follows = self.follows.then_some(REFRESH_SECONDS);
        let tone = self.tone();
        let (class, left) = match &self.screen {
            Screen::Waiting { left, .. } => ("pay", Some(left.as_secs())),
            Screen::Paid { .. } | Screen::PartlyRefunded { .. } => ("pay", None),
            Screen::Preparing
            | Screen::Unsure
            | Screen::Refunded
            | Screen::Reversed
            | Screen::PaidElsewhere
            | Screen::Replaced
            | Screen::Expired
            | Screen::Cancelled
            | Screen::Failed => ("pay bare", None),
        };
        let events = self.follows.then(|| format!("{token}/events"));
        let main = html! {
            main class=(class) data-revision=(self.revision.number()) data-refresh=[follows] data-events=[events]
                data-left=[left]
            {
                (self.bill(&amount))
                div.status.(tone.class()) role="status" aria-live="polite" {
                    (tone.mark())
                    h1 { (self.say(headline)) }
                    p { (self.say(advice)) }
                }
                (self.body(token))
                div.end {}
            }
        };
        let frame = Frame { language: self.language, title: &title, refresh_seconds: follows, script: self.follows };
        frame.around(&main)
    }

    pub(super) const fn say(&self, text: Bilingual) -> &'static str {
        text.in_language(self.language)
    }

    fn bill(&self, amount: &str) -> Markup {
        let long = amount.chars().count() >= LONG_AMOUNT_CHARS;
        html! {
            header.bill {
                p.method { (self.say(words::method_name(self.method))) }
                p.amount.long[long] { (amount) }
                p { (self.say(words::ORDER)) " " (self.order_code) }
                @if let Some(description) = &self.description { p { (description) } }
            }
        }
    }

    fn body(&self, token: &str) -> Markup {
        match &self.screen {
            Screen::Waiting { offer, until, left } => html! {
                section.offer { (self.offer(offer, &self.time_left(*until, *left), token)) }
                (self.steps(offer))
            },
            Screen::Paid { receipt: Some(receipt) } | Screen::PartlyRefunded { receipt: Some(receipt) } => {
                self.receipt(receipt)
            }
            Screen::Paid { receipt: None }
            | Screen::PartlyRefunded { receipt: None }
            | Screen::Preparing
            | Screen::Unsure
            | Screen::Refunded
            | Screen::Reversed
            | Screen::PaidElsewhere
            | Screen::Replaced
            | Screen::Expired
            | Screen::Cancelled
            | Screen::Failed => html! {},
        }
    }

    fn time_left(&self, until: Timestamp, left: Duration) -> Markup {
        let end = if left < DAY { local_time_of_day(until, self.language) } else { local_time(until, self.language) };
        html! {
            p.left role="timer" { (self.say(words::TIME_LEFT)) " " strong { (countdown(left)) } }
            p.fine { (self.say(words::VALID_UNTIL)) " " time datetime=(until) { (end) } }
        }
    }

    fn receipt(&self, receipt: &Receipt) -> Markup {
        let payer = &receipt.payer;
        html! {
            dl.facts {
                div {
                    dt { (self.say(words::PAID_AT)) }
                    dd { time datetime=(receipt.paid_at) { (local_time(receipt.paid_at, self.language)) } }
                }
                @if let Some(issuer) = payer.issuer() { div { dt { (self.say(words::PAID_WITH)) } dd { (issuer) } } }
                @if let Some(name) = payer.name() { div { dt { (self.say(words::PAYER)) } dd { (masked(name)) } } }
                @if let Some(number) = payer.receipt_id() { div { dt { (self.say(words::RECEIPT)) } dd { (number) } } }
            }
        }
    }

    const fn tone(&self) -> Tone {
        match self.screen {
            Screen::Preparing | Screen::Unsure | Screen::Waiting { .. } => Tone::Wait,
            Screen::Paid { .. } | Screen::PartlyRefunded { .. } | Screen::PaidElsewhere => Tone::Good,
            Screen::Refunded | Screen::Replaced | Screen::Expired | Screen::Cancelled => Tone::Stop,
            Screen::Reversed | Screen::Failed => Tone::Bad,
        }
    }
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Good => "good",
            Self::Stop => "stop",
            Self::Bad => "bad",
        }
    }

    /// A picture for those who see it; the headline says the same.
    fn mark(self) -> Markup {
        let path = match self {
            Self::Wait => return html! {},
            Self::Good => "M14 25l7 7 14-15",
            Self::Stop => "M24 13v13M24 33v.5",
            Self::Bad => "M16 16l16 16M32 16l-16 16",
        };
        html! {
            svg.mark viewBox="0 0 48 48" width="56" height="56" aria-hidden="true" {
                circle cx="24" cy="24" r="22" fill="currentColor" {}
                path d=(path) fill="none" stroke="#fff" stroke-width="4.5" stroke-linecap="round" stroke-linejoin="round" {}
            }
        }
    }
}

/// A payer's name as far as they need it to know it for theirs: whoever holds the link sees this page.
fn masked(name: &str) -> String {
    let words = name.split_whitespace().filter_map(|word| word.chars().next());
    words.map(|initial| format!("{initial}***")).collect::<Vec<_>>().join(" ")
}
