//! What goes wrong on the way, and what may be concluded from it.

use std::time::{Duration, Instant};

use mstore_pay_domain::charge::Risk;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{
    Capabilities, Certainty, IdempotencySupport, LookupSupport, OpenCharge, OpenedCharge, Operation, Period,
    ProviderError, ProviderErrorKind,
};

use super::fixtures::{
    HASTY, Kit, PATIENT, assert_error, assert_kind, assert_unsupported, cancel, first_offered, inquire_within, offered,
    open, open_first, query, sweep,
};
use super::{ProviderHarness, ProviderRig, Scene};
use Certainty::{NotApplied, Unknown};
use ProviderErrorKind as Kind;

/// Beyond its time a call may take that long to come back on a busy machine.
const LATE_MAX: Duration = Duration::from_secs(3);

/// Time that a call is given in a scene: short where nobody will answer.
fn within(scene: Scene) -> Duration {
    if matches!(scene, Scene::TimeoutBefore | Scene::TimeoutAfter) { HASTY } else { PATIENT }
}

/// Opens a charge of the first method in that scene.
async fn open_in(rig: &dyn ProviderRig, scene: Scene) -> (OpenCharge, Result<OpenedCharge, ProviderError>) {
    open_by(rig, first_offered(rig), scene).await
}

/// Opens a charge of that method in that scene.
async fn open_by(
    rig: &dyn ProviderRig,
    (method, declared): (Method, Capabilities),
    scene: Scene,
) -> (OpenCharge, Result<OpenedCharge, ProviderError>) {
    let charge = OpenCharge { within: within(scene), ..Kit::default().charge(rig, method, &declared) };
    rig.arrange(Operation::Open, scene).await;
    let outcome = open(rig, &charge).await;
    (charge, outcome)
}

/// Every method that is offered in each of those scenes.
fn by_each_method(rig: &dyn ProviderRig, scenes: &[Scene]) -> Vec<((Method, Capabilities), Scene)> {
    offered(rig).into_iter().flat_map(|offer| scenes.iter().map(move |scene| (offer.clone(), *scene))).collect()
}

/// A charge whose opening reached nobody was certainly not opened: it may be tried elsewhere.
pub async fn open_to_nobody_was_not_applied(h: &dyn ProviderHarness) {
    let rig = h.fresh().await;
    let (charge, outcome) = open_in(&*rig, Scene::Unreachable).await;
    assert_error(outcome, Kind::Unavailable, NotApplied);
    assert_eq!(rig.objects(&charge.our_reference).await, 0);
}

/// Without an answer nobody can tell whether the charge was opened.
pub async fn open_without_an_answer_is_unknown(h: &dyn ProviderHarness) {
    for scene in [Scene::TimeoutBefore, Scene::TimeoutAfter] {
        let rig = h.fresh().await;
        assert_error(open_in(&*rig, scene).await.1, Kind::TimedOut, Unknown);
    }
    let rig = h.fresh().await;
    assert_error(open_in(&*rig, Scene::Disconnect).await.1, Kind::Unavailable, Unknown);
}

/// Whatever goes wrong after the provider opened a charge, it is never called not applied: somebody
/// would open it again elsewhere and the customer could pay twice.
pub async fn open_that_was_carried_out_is_never_called_not_applied(h: &dyn ProviderHarness) {
    let scenes = [
        Scene::TimeoutAfter,
        Scene::Disconnect,
        Scene::ServerError,
        Scene::Garbage,
        Scene::WrongAmount,
        Scene::WrongReference,
    ];
    // One method may go to another address of the provider than the next, with answers of its own.
    for (offer, scene) in by_each_method(&*h.fresh().await, &scenes) {
        let (method, rig) = (offer.0, h.fresh().await);
        let (charge, outcome) = open_by(&*rig, offer, scene).await;
        assert!(rig.objects(&charge.our_reference).await >= 1, "{method}: {scene:?} carries the call out");
        if matches!(scene, Scene::WrongAmount | Scene::WrongReference) && !rig.names_what_it_opens() {
            assert_told_as_asked(&charge, outcome);
            continue;
        }
        let error = outcome.expect_err("the call fails");
        assert_eq!(error.certainty, Unknown, "{method}: {scene:?}: {error:?}");
    }
    let rig = h.fresh().await;
    assert_kind(&open_in(&*rig, Scene::ServerError).await.1.expect_err("the call fails"), Kind::Unavailable);
}

/// A charge whose opening was not answered is not sent again, unless a key or the reference makes that
/// harmless.
pub async fn open_that_was_not_answered_is_not_repeated(h: &dyn ProviderHarness) {
    let scenes = [Scene::TimeoutAfter, Scene::Disconnect, Scene::ServerError, Scene::Garbage];
    for (offer, scene) in by_each_method(&*h.fresh().await, &scenes) {
        let (rig, method, declared) = (h.fresh().await, offer.0, offer.1.clone());
        let before = rig.requests().await;
        let (charge, outcome) = open_by(&*rig, offer, scene).await;
        assert!(outcome.is_err(), "{method}: {scene:?}: {outcome:?}");
        assert_eq!(rig.objects(&charge.our_reference).await, 1, "{method}: {scene:?}");
        if declared.idempotency == IdempotencySupport::None || declared.risk == Risk::Pushed {
            assert_eq!(rig.requests().await, before + 1, "{method}: requests in {scene:?}");
        }
    }
}

/// A charge that the provider refused to open was not opened, and the refusal says why.
pub async fn open_that_was_refused_was_not_applied(h: &dyn ProviderHarness) {
    let refusals = [
        (Scene::RateLimited, Kind::RateLimited { retry_after: None }),
        (Scene::Unauthorized, Kind::Unauthorized),
        (Scene::InvalidRequest, Kind::InvalidRequest),
        (Scene::Declined, Kind::Declined),
    ];
    for (scene, kind) in refusals {
        let rig = h.fresh().await;
        let (charge, outcome) = open_in(&*rig, scene).await;
        assert_error(outcome, kind, NotApplied);
        assert_eq!(rig.objects(&charge.our_reference).await, 0, "{scene:?}");
        // It was the provider's word, not ours: once it takes charges again, so do we.
        rig.arrange(Operation::Open, Scene::Normal).await;
        open_first(&*rig, &Kit::default()).await;
    }
}

/// An answer that makes no sense is not a charge.
pub async fn open_answered_with_nonsense_is_malformed_and_unknown(h: &dyn ProviderHarness) {
    assert_error(open_in(&*h.fresh().await, Scene::Garbage).await.1, Kind::Malformed, Unknown);
}

/// What names neither amount nor reference contradicts nobody: the charge is what was asked for.
#[track_caller]
fn assert_told_as_asked(charge: &OpenCharge, outcome: Result<OpenedCharge, ProviderError>) {
    let opened = outcome.expect("the answer says nothing that could be wrong");
    assert!(opened.amount.fits(&charge.amount), "{opened:?}");
    assert_eq!(opened.our_reference, charge.our_reference.as_str(), "{opened:?}");
}

async fn assert_not_what_was_asked(h: &dyn ProviderHarness, scene: Scene) {
    let rig = h.fresh().await;
    let (charge, outcome) = open_in(&*rig, scene).await;
    if rig.names_what_it_opens() {
        let told = outcome.as_ref().err().and_then(|error| error.told.as_ref());
        // Whoever is named there may be somebody else, whose charge would be closed by that id.
        assert!(told.is_none() || matches!(scene, Scene::WrongAmount), "{scene:?} tells {told:?}");
        assert_error(outcome, Kind::Malformed, Unknown);
    } else {
        assert_told_as_asked(&charge, outcome);
    }
}

/// An answer about another amount is not the charge that was asked for: it must not be shown.
pub async fn open_answered_with_another_amount_is_malformed_and_unknown(h: &dyn ProviderHarness) {
    assert_not_what_was_asked(h, Scene::WrongAmount).await;
}

/// An answer about another reference is not the charge that was asked for: it must not be shown.
pub async fn open_answered_with_another_reference_is_malformed_and_unknown(h: &dyn ProviderHarness) {
    assert_not_what_was_asked(h, Scene::WrongReference).await;
}

/// Scenes of calls that read, and the kind each leads to; whether a read was applied is nobody's question.
const READ_SCENES: [(Scene, Kind); 8] = [
    (Scene::Unreachable, Kind::Unavailable),
    (Scene::TimeoutBefore, Kind::TimedOut),
    (Scene::TimeoutAfter, Kind::TimedOut),
    (Scene::Disconnect, Kind::Unavailable),
    (Scene::ServerError, Kind::Unavailable),
    (Scene::RateLimited, Kind::RateLimited { retry_after: None }),
    (Scene::Unauthorized, Kind::Unauthorized),
    (Scene::Garbage, Kind::Malformed),
];

/// A question that fails says how; it is never mistaken for "not found" or for "nothing paid".
pub async fn inquire_fails_with_the_right_kind(h: &dyn ProviderHarness) {
    for (scene, kind) in READ_SCENES {
        let (rig, kit) = (h.fresh().await, Kit::default());
        let (charge, opened) = open_first(&*rig, &kit).await;
        rig.pay(&charge.our_reference, &charge.amount).await;
        rig.arrange(Operation::Inquire, scene).await;
        let told = inquire_within(&*rig, query(&*rig, &charge, Some(&opened.provider_ref)), within(scene)).await;
        let error = told.expect_err("the question fails");
        // What cannot be found at all need not be asked for.
        let never_asked = first_offered(&*rig).1.lookup == LookupSupport::None && error.kind == Kind::NotFound;
        if !never_asked {
            assert_kind(&error, kind);
        }
    }
}

/// A cancel that fails says how, and whether the charge may be closed all the same.
pub async fn cancel_fails_with_the_right_kind_and_certainty(h: &dyn ProviderHarness) {
    let scenes = [
        (Scene::Unreachable, Kind::Unavailable, NotApplied),
        (Scene::TimeoutBefore, Kind::TimedOut, Unknown),
        (Scene::TimeoutAfter, Kind::TimedOut, Unknown),
        (Scene::Disconnect, Kind::Unavailable, Unknown),
        (Scene::ServerError, Kind::Unavailable, Unknown),
        (Scene::RateLimited, Kind::RateLimited { retry_after: None }, NotApplied),
        (Scene::Unauthorized, Kind::Unauthorized, NotApplied),
        (Scene::Garbage, Kind::Malformed, Unknown),
    ];
    let offers = offered(&*h.fresh().await);
    let closable = offers.iter().find(|(_, declared)| declared.cancel);
    let (method, declared) = closable.or(offers.first()).expect("a method is offered");
    for (scene, kind, certainty) in scenes {
        let rig = h.fresh().await;
        let mut charge = Kit::default().charge(&*rig, *method, declared);
        let opened = open(&*rig, &charge).await.expect("the charge opens");
        rig.arrange(Operation::Cancel, scene).await;
        charge.within = within(scene);
        let outcome = cancel(&*rig, &charge, &opened.provider_ref).await;
        if declared.cancel {
            assert_error(outcome, kind, certainty);
        } else {
            assert_unsupported(outcome);
        }
    }
}

/// A listing that fails says how; it is never mistaken for an empty one.
pub async fn sweep_fails_with_the_right_kind(h: &dyn ProviderHarness) {
    let lists = {
        let rig = h.fresh().await;
        sweep(&*rig, Period::since(rig.now()), PATIENT).await.is_ok()
    };
    for (scene, kind) in READ_SCENES {
        let rig = h.fresh().await;
        rig.arrange(Operation::Sweep, scene).await;
        let outcome = sweep(&*rig, Period::since(rig.now()), within(scene)).await;
        if lists {
            assert_kind(&outcome.expect_err("the listing fails"), kind);
        } else {
            assert_unsupported(outcome);
        }
    }
}

/// Every call comes back within the time it was given, if need be without an answer.
pub async fn calls_end_within_their_time(h: &dyn ProviderHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let (mut charge, opened) = open_first(&*rig, &kit).await;
    charge.within = HASTY;
    for operation in [Operation::Open, Operation::Inquire, Operation::Cancel, Operation::Sweep] {
        rig.arrange(operation, Scene::TimeoutBefore).await;
    }
    let since = rig.now();
    let start = Instant::now();
    let opening = open(&*rig, &charge).await;
    assert!(opening.is_err() && start.elapsed() < HASTY + LATE_MAX, "opening took {:?}", start.elapsed());
    let start = Instant::now();
    let told = inquire_within(&*rig, query(&*rig, &charge, Some(&opened.provider_ref)), HASTY).await;
    assert!(told.is_err() && start.elapsed() < HASTY + LATE_MAX, "asking took {:?}", start.elapsed());
    let start = Instant::now();
    let closing = cancel(&*rig, &charge, &opened.provider_ref).await;
    assert!(closing.is_err() && start.elapsed() < HASTY + LATE_MAX, "closing took {:?}", start.elapsed());
    let start = Instant::now();
    let listed = sweep(&*rig, Period::since(since), HASTY).await;
    assert!(listed.is_err() && start.elapsed() < HASTY + LATE_MAX, "listing took {:?}", start.elapsed());
}
