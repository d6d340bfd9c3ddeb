//! A model check of the use cases that ship: every order in which two tills, two workers, a customer, webhooks, a sweep,
//! crashes and lost calls can come, within the bounds of a few scenarios. What is checked is no description of the
//! code but the code itself, which stands still before each write and each call until the checker lets it go on.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it counted"
)]

mod checking;
mod gate;
mod guards;
mod page;
mod ports;
mod rules;
mod scenario;
mod town;

use checking::{broken_without, check, for_each};
use guards::{Guard, Guards};
use page::Found;
use scenario::{Scale, Scenario};

/// Where it is found that a guard is taken away; by which rule, `docs/model.md` says.
const SEEDED: [(Guard, Scenario); 8] = [
    (Guard::IntentFirst, scenario::LOST_ANSWERS),
    (Guard::Fencing, scenario::TWO_TILLS),
    (Guard::Failover, scenario::PUSHES),
    (Guard::Amount, scenario::SHORT_MONEY),
    (Guard::UniqueOrder, scenario::TWO_TILLS),
    (Guard::Lease, scenario::LOST_ANSWERS),
    (Guard::Dedup, scenario::SIGNALS),
    (Guard::Confirmation, scenario::SIGNALS),
];

#[test]
fn each_seeded_bug_is_found() {
    let found = for_each(&SEEDED, |(guard, scenario)| {
        let (rule, path) = broken_without(*scenario, Guards::without(*guard));
        println!("without {guard:?}: not so that {}, after {path:?}", rule.name());
        Found { guard: *guard, scenario: *scenario, rule, steps: path.len() }
    });
    assert!(Guard::ALL.iter().all(|guard| found.iter().any(|found| found.guard == *guard)));
    page::compare_guards(&found);
}

#[test]
fn every_rule_holds_whatever_happens() {
    let scale = Scale::of_run();
    let checked = for_each(&Scenario::all(scale), |scenario| (*scenario, check(*scenario)));
    page::compare_spaces(scale, &checked);
}
