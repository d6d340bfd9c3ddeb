//! The policy of routing, held against its tables, and against what must never happen.

use std::time::Duration;

use mstore_pay_domain::charge::Risk;
use mstore_pay_domain::routing::{
    LineUp, NotTaken, Nowhere, Recovery, RecoveryCase, Standing, Unanswered, UnansweredCase, after_interruption,
    after_not_taken, after_unanswered, line_up, maker_of_token, routing_markdown,
};

const fn resting(seconds: u64) -> Standing {
    Standing::Resting { retry_after: Duration::from_secs(seconds) }
}

/// Who of those that stand so is asked, by their places in the order.
#[track_caller]
fn check(standings: &[Standing], want: &[usize]) {
    let LineUp { asked, passed_over } = line_up(standings.iter().copied().enumerate()).unwrap();
    assert_eq!(asked, want, "{standings:?}");
    assert_eq!(asked.len() + passed_over.len(), standings.len());
}

#[track_caller]
fn check_nowhere(standings: &[Standing], want: Nowhere) {
    assert_eq!(line_up(standings.iter().copied().enumerate()).unwrap_err(), want, "{standings:?}");
}

#[test]
fn the_order_is_kept_and_whoever_cannot_take_the_payment_is_passed_over() {
    use Standing::{AboveMaximum, BelowMinimum, OnTrial, Ready, TokenOfAnother};
    check(&[Ready, Ready], &[0, 1]);
    check(&[resting(2), Ready], &[1]);
    check(&[BelowMinimum, Ready], &[1]);
    check(&[Ready, AboveMaximum, Ready], &[0, 2]);
    check(&[OnTrial, Ready], &[0, 1]);
    check(&[OnTrial, resting(2)], &[0]);
    check(&[Ready, TokenOfAnother], &[0]);
    check(&[TokenOfAnother, Ready], &[1]);
}

#[test]
fn where_nobody_can_take_it_the_first_that_may_be_asked_again_says_when() {
    use Standing::{AboveMaximum, BelowMinimum, TokenOfAnother};
    check_nowhere(&[resting(9), TokenOfAnother], Nowhere::Resting { retry_after: Duration::from_secs(9) });
    check_nowhere(&[], Nowhere::NotOffered);
    check_nowhere(&[BelowMinimum, AboveMaximum], Nowhere::AmountUnfit);
    check_nowhere(&[resting(9), resting(2)], Nowhere::Resting { retry_after: Duration::from_secs(2) });
    check_nowhere(&[resting(9), AboveMaximum], Nowhere::Resting { retry_after: Duration::from_secs(9) });
}

#[test]
fn a_card_token_is_of_the_first_in_the_order_that_takes_tokens() {
    for (takes, want) in
        [([true, true], Some(0)), ([true, false], Some(0)), ([false, true], Some(1)), ([false, false], None)]
    {
        assert_eq!(maker_of_token(takes), want, "{takes:?}");
    }
}

/// Every case of recovery there is: seven facts.
fn recovery_cases() -> impl Iterator<Item = RecoveryCase> {
    (0_u8..128).map(|bits| RecoveryCase {
        over: bits & 1 != 0,
        pushed: bits & 2 != 0,
        repeatable: bits & 4 != 0,
        kept: bits & 8 != 0,
        repeatable_later: bits & 16 != 0,
        ready: bits & 32 != 0,
        all_rest: bits & 64 != 0,
    })
}

#[test]
fn recovery_sends_nothing_for_what_is_over_or_may_have_been_pushed() {
    for case in recovery_cases().filter(|case| case.over || case.pushed) {
        assert_eq!(after_interruption(case), Recovery::Stop, "{case:?}");
    }
}

#[test]
fn recovery_opens_only_where_somebody_would_be_called_and_replaces_nothing_against_the_settings() {
    for case in recovery_cases() {
        let then = after_interruption(case);
        assert!(then != Recovery::Open || (case.ready && !case.kept && !case.repeatable), "{case:?}: {then:?}");
        assert!(then != Recovery::Repeat || case.repeatable, "{case:?}: {then:?}");
    }
}

#[test]
fn recovery_gives_up_a_till_that_waits_only_where_there_is_nothing_to_wait_for() {
    for case in recovery_cases().filter(|case| !case.over && !case.pushed) {
        let something = if case.kept { case.repeatable_later } else { case.ready || case.all_rest };
        let gives_up = after_interruption(case) == Recovery::Stop;
        assert_eq!(gives_up, !case.repeatable && !something, "{case:?}");
    }
}

/// Every case there is: six facts and two risks.
fn cases() -> impl Iterator<Item = UnansweredCase> {
    Risk::ALL.into_iter().flat_map(|risk| {
        (0_u8..64).map(move |bits| UnansweredCase {
            risk,
            may_replace: bits & 1 != 0,
            repeatable: bits & 2 != 0,
            time_left: bits & 4 != 0,
            rests: bits & 8 != 0,
            another: bits & 16 != 0,
            turn_over: bits & 32 != 0,
        })
    })
}

#[test]
fn a_push_that_was_not_answered_is_never_followed_by_another_charge() {
    for case in cases().filter(|case| case.risk == Risk::Pushed) {
        let then = after_unanswered(case);
        assert!(matches!(then, Unanswered::Repeat | Unanswered::Watch), "{case:?}: {then:?}");
        assert_eq!(then == Unanswered::Repeat, case.repeatable, "{case:?}: {then:?}");
    }
}

#[test]
fn nothing_is_repeated_that_would_do_something_twice_and_nothing_replaced_against_the_settings() {
    for case in cases() {
        let then = after_unanswered(case);
        assert!(case.repeatable || !matches!(then, Unanswered::Repeat | Unanswered::AskOn), "{case:?}: {then:?}");
        let replaces = matches!(then, Unanswered::Again | Unanswered::Next | Unanswered::Later);
        assert!(!replaces || (case.may_replace && case.risk == Risk::Displayed), "{case:?}: {then:?}");
        assert!(then != Unanswered::Next || case.another, "{case:?}: {then:?}");
    }
}

#[test]
fn while_there_is_time_a_till_that_may_be_shown_something_else_is_not_told_to_wait() {
    let is_served = |case: &UnansweredCase| case.time_left && (case.another || !case.rests);
    let tills = cases().filter(|case| case.risk == Risk::Displayed && case.may_replace);
    for case in tills.filter(is_served) {
        let then = after_unanswered(case);
        assert!(matches!(then, Unanswered::Repeat | Unanswered::Again | Unanswered::Next), "{case:?}: {then:?}");
        assert!(!(case.another && case.turn_over) || then == Unanswered::Next, "{case:?}: {then:?}");
    }
}

#[test]
fn a_key_that_is_honoured_is_given_up_for_another_provider_only() {
    for case in cases().filter(|case| case.risk == Risk::Displayed && case.repeatable) {
        let then = after_unanswered(case);
        let is_asked_again = matches!(then, Unanswered::Repeat | Unanswered::AskOn);
        let goes_on = then == Unanswered::Next && case.may_replace && case.another && case.time_left;
        assert!(is_asked_again || goes_on, "{case:?}: {then:?}");
    }
}

#[test]
fn while_its_line_rests_nothing_is_sent_to_a_provider_where_the_key_can_wait() {
    for case in cases().filter(|case| case.risk == Risk::Displayed && case.repeatable) {
        let case = UnansweredCase { rests: true, turn_over: true, ..case };
        assert_ne!(after_unanswered(case), Unanswered::Repeat, "{case:?}");
    }
}

#[test]
fn what_certainly_did_not_happen_goes_to_the_next_or_ends() {
    for patient in [true, false] {
        assert_eq!(after_not_taken(true, patient), NotTaken::Next);
    }
    assert_eq!(after_not_taken(false, true), NotTaken::ComeBack);
    assert_eq!(after_not_taken(false, false), NotTaken::GiveUp);
}

#[test]
fn the_page_of_routing_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/routing.md");
    if std::fs::exists(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml")).is_ok_and(|there| !there) {
        println!("docs/routing.md is not compared: this is the packaged crate");
        return;
    }
    let want = routing_markdown();
    if option_env!("UPDATE_DOCS").is_some() {
        std::fs::write(path, &want).unwrap();
    }
    let have = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(have, want, "run `UPDATE_DOCS=1 cargo test -p mstore-pay-domain routing` to write it anew");
}
