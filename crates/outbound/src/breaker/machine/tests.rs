use super::*;
use mstore_pay_domain::ids::ProviderId;
use mstore_pay_domain::ports::{Certainty, Operation, Upstream};

const QUICK: Duration = Duration::from_millis(50);
const SLOW: Duration = Duration::from_secs(5);

struct Rig {
    machine: Machine,
    policy: BreakerPolicy,
    now: Timestamp,
}

impl Rig {
    fn new() -> Self {
        Self { machine: Machine::default(), policy: BreakerPolicy::default(), now: Timestamp::EPOCH }
    }

    fn call(&mut self, verdict: Verdict, took: Duration) -> Admission {
        let admission = self.machine.admit(&self.policy, self.now);
        if !matches!(admission, Admission::Refuse { .. }) {
            self.now = self.now.plus(took);
            self.machine.record(&self.policy, admission, verdict, took, self.now);
        }
        admission
    }

    fn calls(&mut self, times: usize, verdict: Verdict, took: Duration) {
        for _ in 0..times {
            self.call(verdict, took);
        }
    }

    fn wait(&mut self, time: Duration) {
        self.now = self.now.plus(time);
    }

    fn is_closed(&self) -> bool {
        self.machine.state() == BreakerState::Closed
    }
}

fn opened() -> Rig {
    let mut rig = Rig::new();
    rig.calls(8, Verdict::Failed, QUICK);
    assert!(!rig.is_closed());
    rig
}

#[test]
fn eight_failures_in_a_row_open_it() {
    let mut rig = Rig::new();
    rig.call(Verdict::Failed, QUICK);
    rig.call(Verdict::Answered, QUICK);
    rig.calls(7, Verdict::Failed, QUICK);
    assert!(rig.is_closed());
    rig.call(Verdict::Failed, QUICK);
    assert!(matches!(rig.machine.state(), BreakerState::Open { .. }));
    assert_eq!(rig.machine.opened_times(), 1);
}

#[test]
fn eight_of_ten_calls_failing_opens_it() {
    let mut rig = Rig::new();
    for failures in [4, 3] {
        rig.call(Verdict::Answered, QUICK);
        rig.calls(failures, Verdict::Failed, QUICK);
    }
    assert!(rig.is_closed());
    rig.call(Verdict::Failed, QUICK);
    assert!(!rig.is_closed());
}

#[test]
fn three_of_four_calls_failing_leaves_it_closed() {
    let mut rig = Rig::new();
    for _ in 0..100 {
        rig.call(Verdict::Answered, QUICK);
        rig.calls(3, Verdict::Failed, QUICK);
    }
    assert!(rig.is_closed());
}

#[test]
fn slowness_opens_it_though_every_call_is_answered() {
    let mut rig = Rig::new();
    rig.calls(9, Verdict::Answered, SLOW);
    assert!(rig.is_closed());
    rig.call(Verdict::Answered, SLOW);
    assert!(!rig.is_closed());
}

#[test]
fn old_failures_are_forgotten() {
    let mut rig = Rig::new();
    rig.calls(7, Verdict::Failed, QUICK);
    rig.wait(Duration::from_secs(61));
    rig.calls(7, Verdict::Failed, QUICK);
    assert!(rig.is_closed());
}

#[test]
fn refusals_of_the_provider_never_open_it() {
    for kind in [
        ProviderErrorKind::Declined,
        ProviderErrorKind::InvalidRequest,
        ProviderErrorKind::NotFound,
        ProviderErrorKind::Unauthorized,
        ProviderErrorKind::RateLimited { retry_after: None },
        ProviderErrorKind::Unsupported,
    ] {
        let id = ProviderId::parse("psp").unwrap();
        let refused: Result<(), _> = Err(ProviderError::new(id, Operation::Open, kind, Certainty::NotApplied));
        let mut rig = Rig::new();
        rig.calls(1_000, Verdict::of(&refused), QUICK);
        assert!(rig.is_closed(), "{kind:?}");
    }
}

#[test]
fn a_provider_that_says_when_to_come_back_is_left_alone_until_then() {
    for (told, kept) in [(7, 7), (60, 60), (3_600, 60)] {
        let mut rig = Rig::new();
        rig.machine.wait(&rig.policy, Duration::from_secs(told), rig.now);
        rig.wait(Duration::from_secs(kept - 1));
        let second = Duration::from_secs(1);
        assert_eq!(rig.call(Verdict::Answered, QUICK), Admission::Refuse { retry_after: second }, "told {told} s");
        assert_eq!(rig.machine.rests_for(&rig.policy, rig.now), Some(second));
        rig.wait(second);
        assert_eq!(rig.call(Verdict::Answered, QUICK), Admission::Pass, "told {told} s");
        assert_eq!(rig.machine.rests_for(&rig.policy, rig.now), None);
    }
}

#[test]
fn a_clock_set_back_does_not_prolong_what_was_told() {
    let mut rig = Rig::new();
    rig.wait(Duration::from_hours(1));
    rig.machine.wait(&rig.policy, Duration::from_secs(30), rig.now);
    rig.now = Timestamp::EPOCH;
    assert_eq!(rig.call(Verdict::Answered, QUICK), Admission::Pass);
}

#[test]
fn only_who_names_a_time_tells_to_wait() {
    let told = |kind, said: Option<Duration>| {
        let id = ProviderId::parse("psp").unwrap();
        let error = ProviderError::new(id, Operation::Open, kind, Certainty::Unknown);
        told_wait(&Err::<(), _>(error.saying(Upstream::default().with_retry_after(said))))
    };
    let wait = Some(Duration::from_secs(7));
    assert_eq!(told(ProviderErrorKind::RateLimited { retry_after: wait }, None), wait);
    assert_eq!(told(ProviderErrorKind::RateLimited { retry_after: None }, None), None);
    assert_eq!(told(ProviderErrorKind::Unavailable, wait), wait);
    assert_eq!(told(ProviderErrorKind::Unavailable, None), None);
    assert_eq!(told_wait(&Ok(())), None);
}

#[test]
fn while_open_one_call_an_interval_goes_through() {
    let mut rig = opened();
    assert!(matches!(rig.call(Verdict::Answered, QUICK), Admission::Refuse { .. }));
    rig.wait(rig.policy.probe_interval);
    let first = rig.machine.admit(&rig.policy, rig.now);
    let second = rig.machine.admit(&rig.policy, rig.now);
    assert_eq!(first, Admission::Probe);
    assert_eq!(second, Admission::Refuse { retry_after: rig.policy.probe_interval });
    assert!(matches!(rig.machine.state(), BreakerState::HalfOpen { .. }));
}

#[test]
fn a_probe_that_never_comes_back_holds_up_the_next_for_one_interval_only() {
    let mut rig = opened();
    rig.wait(rig.policy.probe_interval);
    assert_eq!(rig.machine.admit(&rig.policy, rig.now), Admission::Probe);
    rig.wait(rig.policy.probe_interval);
    assert_eq!(rig.call(Verdict::Answered, QUICK), Admission::Probe);
    assert!(rig.is_closed());
}

#[test]
fn a_failed_or_slow_probe_keeps_it_open() {
    for (verdict, took) in [(Verdict::Failed, QUICK), (Verdict::Answered, SLOW)] {
        let mut rig = opened();
        rig.wait(rig.policy.probe_interval);
        assert_eq!(rig.call(verdict, took), Admission::Probe);
        assert!(matches!(rig.call(Verdict::Answered, QUICK), Admission::Refuse { .. }), "{verdict:?}");
    }
}

#[test]
fn a_probe_that_was_never_sent_leaves_its_place_to_the_next() {
    let mut rig = opened();
    rig.wait(rig.policy.probe_interval);
    assert_eq!(rig.call(Verdict::Silent, QUICK), Admission::Probe);
    assert_eq!(rig.call(Verdict::Answered, QUICK), Admission::Probe);
    assert!(rig.is_closed());
}

#[test]
fn answers_from_before_it_opened_do_not_close_it() {
    let mut rig = Rig::new();
    let early = rig.machine.admit(&rig.policy, rig.now);
    rig.calls(8, Verdict::Failed, QUICK);
    rig.machine.record(&rig.policy, early, Verdict::Answered, QUICK, rig.now);
    assert!(!rig.is_closed());
}

#[test]
fn a_clock_set_back_does_not_keep_it_open() {
    let mut rig = Rig::new();
    rig.wait(Duration::from_hours(1));
    rig.calls(8, Verdict::Failed, QUICK);
    rig.now = Timestamp::EPOCH;
    assert_eq!(rig.call(Verdict::Answered, QUICK), Admission::Probe);
    assert!(rig.is_closed());
}

#[test]
fn a_batch_failed_only_if_nothing_in_it_was_answered() {
    let error = |kind| {
        Err::<(), _>(ProviderError::new(
            ProviderId::parse("psp").unwrap(),
            Operation::Inquire,
            kind,
            Certainty::Unknown,
        ))
    };
    assert_eq!(Verdict::of_all(&[error(ProviderErrorKind::TimedOut), Ok(())]), Verdict::Answered);
    assert_eq!(Verdict::of_all(&[error(ProviderErrorKind::TimedOut)]), Verdict::Failed);
    assert_eq!(Verdict::of_all::<()>(&[]), Verdict::Silent);
}
