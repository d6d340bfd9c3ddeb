//! The law of a charge: where it ends does not depend on the order or number of what is heard.

use std::collections::BTreeSet;

use mstore_pay_domain::charge::{
    ChargeState, ChargeStatus, DisputeReason, Effect, FailureReason, Funds, Outcome, Payer, Receipt, RefundFact,
    Signal, SignalKind, TRANSITIONS,
};
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::{Money, ReportedMoney};
use mstore_pay_domain::time::Timestamp;
use proptest::prelude::*;

const ASKED: u32 = 1_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(second * 1_000_000).unwrap()
}

fn receipt(name: &str, amount: u32, second: i64) -> Signal {
    Signal::Received(Receipt {
        payment_ref: ProviderRef::parse(name).unwrap(),
        money: ReportedMoney::idr(Money::from(amount)),
        paid_at: at(second),
        payer: Payer::default(),
    })
}

fn refund(name: &str, amount: u32) -> Signal {
    Signal::Refunded(RefundFact {
        refund_ref: ProviderRef::parse(name).unwrap(),
        amount: Money::from(amount),
        at: at(50),
    })
}

fn reversed(name: &str) -> Signal {
    Signal::Reversed { payment_ref: ProviderRef::parse(name).unwrap(), at: at(60) }
}

fn vocabulary() -> Vec<Signal> {
    vec![
        Signal::Pending,
        Signal::Expired { at: at(5) },
        Signal::Canceled { at: at(6) },
        Signal::Failed { at: at(7), reason: FailureReason::from_code("DECLINED") },
        receipt("py-1", ASKED, 10),
        receipt("py-1", ASKED, 11),
        receipt("py-2", ASKED, 12),
        receipt("py-3", ASKED - 1, 13),
        refund("rf-1", 400),
        refund("rf-2", 600),
        refund("rf-3", 100),
        refund("rf-4", ASKED),
        reversed("py-1"),
        reversed("py-2"),
    ]
}

/// What is promised to be the same: status, money that stands, time of the first receipt.
fn end_of(signals: &[Signal]) -> (ChargeStatus, Money, Option<Timestamp>) {
    end_at(&signals.iter().fold(ChargeState::Initiated, |state, signal| after(&state, signal)))
}

fn after(state: &ChargeState, signal: &Signal) -> ChargeState {
    match state.on(signal, &Money::from(ASKED)) {
        Outcome::Moved(to) => to,
        Outcome::Unchanged | Outcome::Stale | Outcome::Disputed(_) => state.clone(),
    }
}

fn end_at(state: &ChargeState) -> (ChargeStatus, Money, Option<Timestamp>) {
    let funds = state.funds();
    let received = funds.map_or_else(Money::zero, mstore_pay_domain::charge::Funds::received);
    let first = funds.and_then(|funds| funds.first_receipt()).map(|receipt| receipt.paid_at);
    (state.status(), received, first)
}

fn permutations(signals: &[Signal]) -> Vec<Vec<Signal>> {
    if signals.len() < 2 {
        return vec![signals.to_vec()];
    }
    (0..signals.len())
        .flat_map(|index| {
            let mut rest = signals.to_vec();
            let first = rest.remove(index);
            permutations(&rest).into_iter().map(move |mut tail| {
                tail.insert(0, first.clone());
                tail
            })
        })
        .collect()
}

#[test]
fn a_charge_is_open_until_it_ends_or_money_comes() {
    assert!(ChargeState::Initiated.is_open());
    for signal in vocabulary() {
        let state = after(&ChargeState::Initiated, &signal);
        let is_open = matches!(state.status(), ChargeStatus::Initiated | ChargeStatus::Pending);
        assert_eq!(state.is_open(), is_open, "{signal:?}");
    }
}

#[test]
fn one_payment_reported_with_two_amounts_is_disputed_as_that() {
    let paid = after(&ChargeState::Initiated, &receipt("py-1", ASKED, 10));
    let outcome = paid.on(&receipt("py-1", ASKED - 1, 11), &Money::from(ASKED));
    assert!(matches!(outcome, Outcome::Disputed(DisputeReason::ReceiptChanged { .. })), "{outcome:?}");
}

#[test]
fn money_taken_back_from_its_facts_is_the_same() {
    let all = vocabulary().iter().fold(ChargeState::Initiated, |state, signal| after(&state, signal));
    let funds = all.funds().unwrap();
    let reversals = funds.reversals().map(|(payment_ref, at)| (payment_ref.clone(), at));
    let again = Funds::from_facts(funds.receipts().cloned(), funds.refunds().cloned(), reversals);
    assert_eq!((&again, again.receipts().count(), again.refunds().count()), (funds, 2, 4));
}

#[test]
fn every_order_of_delivery_ends_the_same() {
    let told = [
        Signal::Pending,
        receipt("py-1", ASKED, 10),
        receipt("py-1", ASKED, 10),
        Signal::Expired { at: at(5) },
        Signal::Failed { at: at(7), reason: FailureReason::from_code("DECLINED") },
    ];
    let orders = permutations(&told);
    assert_eq!(orders.len(), 120);
    let ends: BTreeSet<_> = orders.iter().map(|order| end_of(order)).collect();
    assert_eq!(ends, BTreeSet::from([(ChargeStatus::Paid, Money::from(ASKED), Some(at(10)))]));
}

/// What can be heard of one charge at Xendit: it waited, it expired, it was cancelled, a try failed, and it was paid
/// twice all the same, of which a part went back.
fn told_by_xendit() -> [Signal; 7] {
    [
        Signal::Pending,
        Signal::Expired { at: at(5) },
        Signal::Canceled { at: at(6) },
        Signal::Failed { at: at(7), reason: FailureReason::from_code("DECLINED") },
        receipt("py-1", ASKED, 10),
        receipt("py-2", ASKED, 12),
        refund("rf-1", 400),
    ]
}

/// What can be heard of one charge at Midtrans: its `transaction_id` is one payment, told with the second it was made
/// and with the second it settled, denied afterwards, and refunded in two parts.
fn told_by_midtrans() -> [Signal; 7] {
    [
        Signal::Pending,
        Signal::Expired { at: at(5) },
        receipt("0f4c", ASKED, 10),
        receipt("0f4c", ASKED, 11),
        reversed("0f4c"),
        refund("1", 400),
        refund("2", 600),
    ]
}

/// Every order of all that is told, and of all that with any one thing told once more, ends as the given order does.
#[track_caller]
fn check_every_order(told: &[Signal], want: (ChargeStatus, Money, Option<Timestamp>)) {
    let mut ends = BTreeSet::new();
    go_on(&ChargeState::Initiated, told, &mut ends);
    for repeated in told {
        let again: Vec<Signal> = told.iter().chain([repeated]).cloned().collect();
        go_on(&ChargeState::Initiated, &again, &mut ends);
    }
    assert_eq!(ends, BTreeSet::from([want]));
}

/// Hears what is left, in every order.
fn go_on(state: &ChargeState, left: &[Signal], ends: &mut BTreeSet<(ChargeStatus, Money, Option<Timestamp>)>) {
    if left.is_empty() {
        ends.insert(end_at(state));
    }
    for (index, signal) in left.iter().enumerate() {
        let others = left.iter().enumerate().filter(|(other, _)| *other != index);
        let rest: Vec<Signal> = others.map(|(_, signal)| signal.clone()).collect();
        go_on(&after(state, signal), &rest, ends);
    }
}

#[test]
fn every_order_and_repetition_of_what_xendit_tells_ends_the_same() {
    let both = Money::from(2 * ASKED);
    check_every_order(&told_by_xendit(), (ChargeStatus::PartiallyRefunded, both, Some(at(10))));
}

#[test]
fn every_order_and_repetition_of_what_midtrans_tells_ends_the_same() {
    check_every_order(&told_by_midtrans(), (ChargeStatus::Reversed, Money::zero(), Some(at(10))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn order_and_repetition_never_show(
        picks in proptest::collection::vec(0_usize..14, 1..10),
        repeats in proptest::collection::vec(0_usize..10, 0..6),
        seed in any::<u64>(),
    ) {
        let words = vocabulary();
        let told: Vec<Signal> = picks.iter().map(|pick| words[*pick].clone()).collect();
        let mut mixed = told.clone();
        mixed.extend(repeats.iter().map(|repeat| told[repeat % told.len()].clone()));
        shuffle(&mut mixed, seed);
        prop_assert_eq!(end_of(&mixed), end_of(&told));
    }
}

fn shuffle(signals: &mut [Signal], seed: u64) {
    let mut state = seed | 1;
    for index in (1..signals.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let other = usize::try_from(state % (u64::try_from(index).unwrap() + 1)).unwrap();
        signals.swap(index, other);
    }
}

/// A state for each status, rich and poor in money.
fn states() -> Vec<ChargeState> {
    let reached =
        |signals: &[Signal]| signals.iter().fold(ChargeState::Initiated, |state, signal| after(&state, signal));
    let paid = receipt("py-1", ASKED, 10);
    let paid_twice = [paid.clone(), receipt("py-2", ASKED, 12)];
    vec![
        ChargeState::Initiated,
        reached(&[Signal::Pending]),
        reached(&[Signal::Expired { at: at(5) }]),
        reached(&[Signal::Canceled { at: at(6) }]),
        reached(&[Signal::Failed { at: at(7), reason: FailureReason::from_code("X") }]),
        reached(std::slice::from_ref(&paid)),
        reached(&paid_twice),
        reached(&[paid.clone(), refund("rf-1", 400)]),
        reached(&[paid_twice[0].clone(), paid_twice[1].clone(), refund("rf-1", 400), refund("rf-2", 600)]),
        reached(&[paid_twice[0].clone(), paid_twice[1].clone(), reversed("py-1")]),
        reached(&[paid_twice[0].clone(), paid_twice[1].clone(), reversed("py-1"), refund("rf-1", 400)]),
        reached(&[paid_twice[0].clone(), paid_twice[1].clone(), reversed("py-1"), refund("rf-4", ASKED)]),
        reached(&[paid.clone(), refund("rf-1", 400), refund("rf-2", 600)]),
        reached(&[refund("rf-1", 400)]),
        reached(&[refund("rf-1", 400), refund("rf-2", 600)]),
        reached(&[paid.clone(), reversed("py-1")]),
        reached(&[reversed("py-1")]),
        reached(&[reversed("py-1"), refund("rf-1", 400)]),
        reached(&[reversed("py-1"), refund("rf-1", 1_000)]),
        reached(&[paid, reversed("py-1"), refund("rf-1", 400)]),
    ]
}

#[test]
fn the_table_says_exactly_what_can_happen() {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for from in states() {
        for signal in vocabulary() {
            let effect = match from.on(&signal, &Money::from(ASKED)) {
                Outcome::Moved(to) if to.status() == from.status() => Effect::HoldsMore,
                Outcome::Moved(to) => Effect::MovesTo(to.status()),
                Outcome::Unchanged => Effect::Unchanged,
                Outcome::Stale => Effect::Stale,
                Outcome::Disputed(_) => Effect::Disputed,
            };
            seen.insert(format!("{:?} {:?} {effect:?}", from.status(), signal.kind()));
        }
    }
    let written: BTreeSet<String> = TRANSITIONS
        .iter()
        .flat_map(|cell| cell.effects.iter().map(move |effect| format!("{:?} {:?} {effect:?}", cell.from, cell.on)))
        .collect();
    let missing: Vec<_> = seen.difference(&written).collect();
    let idle: Vec<_> = written.difference(&seen).collect();
    assert!(missing.is_empty() && idle.is_empty(), "not in the table: {missing:#?}\nnever seen: {idle:#?}");
}

#[test]
fn the_table_has_one_cell_for_every_status_and_signal() {
    let cells: BTreeSet<_> = TRANSITIONS.iter().map(|cell| (cell.from, cell.on)).collect();
    assert_eq!(TRANSITIONS.len(), ChargeStatus::ALL.len() * SignalKind::ALL.len());
    assert_eq!(cells.len(), TRANSITIONS.len());
}
