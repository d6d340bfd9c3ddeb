//! What may happen in one run of the model, and how often: the bounds of its space.

use std::time::Duration;

use mstore_pay_domain::method::Method;

use crate::gate::Fate;
use crate::rules::Sight;

pub(crate) const PRICE: u32 = 33_000;

/// Past every call, and past the hold of whoever opens a charge.
const PAST_CALLS: Duration = Duration::from_secs(16);
/// Past the hold of a worker, and past the grace after display.
const PAST_WORK: Duration = Duration::from_secs(61);
/// Past the display of a QR code.
const PAST_DISPLAY: Duration = Duration::from_secs(301);

/// How often it may happen, on one way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// That a till asks which got nothing to show.
    pub(crate) tries: u8,
    /// That a node ends at once.
    pub(crate) crashes: u8,
    /// That a call goes wrong.
    pub(crate) faults: u8,
    /// That the customer pays.
    pub(crate) pays: u8,
    /// That the same webhook comes; it may not come at all.
    pub(crate) copies: u8,
    /// That time jumps.
    pub(crate) jumps: u8,
    /// That each worker looks for what is due.
    pub(crate) rounds: u8,
    /// That arrived money is listed.
    pub(crate) sweeps: u8,
    /// Anything at all, after which faults stop.
    pub(crate) steps: usize,
}

const ONCE: Bounds =
    Bounds { tries: 1, crashes: 0, faults: 0, pays: 1, copies: 0, jumps: 0, rounds: 0, sweeps: 0, steps: 40 };

/// How far the bounds are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// In every run of the tests.
    Plain,
    /// Where `MODEL_SCALE` is `full`.
    Full,
}

impl Scale {
    /// That of this run.
    pub(crate) fn of_run() -> Self {
        match std::env::var_os("MODEL_SCALE") {
            None => Self::Plain,
            Some(scale) if scale == "full" => Self::Full,
            Some(other) => panic!("MODEL_SCALE is `full` or not set, not {}", other.display()),
        }
    }
}

/// Two tills and two workers, each pair on two nodes; one order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    /// Its name.
    pub(crate) name: &'static str,
    /// How each till wants the order paid.
    pub(crate) asks: [Option<Method>; 2],
    /// Whether the first till has its charge on display before anything else happens.
    pub(crate) begins_shown: bool,
    /// Whether a second provider stands by, which knows a charge by our reference and honours a key.
    pub(crate) stands_by: bool,
    /// In which ways calls go wrong.
    pub(crate) fates: &'static [Fate],
    /// How far time jumps, one jump after the other.
    pub(crate) pauses: &'static [Duration],
    /// How much the customer pays.
    pub(crate) money: u32,
    /// Whether somebody sends a webhook that tells of money that never came, with a credential that holds.
    pub(crate) is_forged: bool,
    /// How often what may happen.
    pub(crate) bounds: Bounds,
    /// The same at full scale.
    pub(crate) full: Bounds,
    /// What must be seen in it, or it shows nothing.
    pub(crate) sights: &'static [Sight],
}

impl Scenario {
    /// Every one, at that scale.
    pub(crate) fn all(scale: Scale) -> [Self; 6] {
        let all = [LOST_ANSWERS, FAIL_OVER, TWO_TILLS, SIGNALS, SHORT_MONEY, PUSHES];
        all.map(|scenario| match scale {
            Scale::Plain => scenario,
            Scale::Full => Self { bounds: scenario.full, ..scenario },
        })
    }
}

const BASE: Scenario = Scenario {
    name: "",
    asks: [Some(Method::Qris), None],
    begins_shown: false,
    stands_by: false,
    fates: &[],
    pauses: &[PAST_CALLS, PAST_WORK],
    money: PRICE,
    is_forged: false,
    bounds: ONCE,
    full: ONCE,
    sights: &[],
};

/// A till asks for a QR code; answers are lost, the node ends, and the till asks again.
pub(crate) const LOST_ANSWERS: Scenario = Scenario {
    name: "a QR code, answers lost, a node that ends",
    fates: &[Fate::LostBefore, Fate::LostAfter, Fate::Misfit, Fate::Refused],
    bounds: Bounds { tries: 2, crashes: 1, faults: 1, jumps: 1, rounds: 1, steps: 8, ..ONCE },
    full: Bounds { tries: 3, crashes: 2, faults: 2, jumps: 2, rounds: 2, steps: 10, ..ONCE },
    sights: &[Sight::Shown, Sight::PutAside, Sight::ToldToWait, Sight::Paid],
    ..BASE
};

/// The same, with another provider to go to.
pub(crate) const FAIL_OVER: Scenario = Scenario {
    name: "a QR code, a provider that fails, another that stands by",
    stands_by: true,
    fates: &[Fate::LostBefore, Fate::LostAfter, Fate::Misfit, Fate::Refused],
    bounds: Bounds { crashes: 1, faults: 2, jumps: 1, rounds: 1, steps: 8, ..ONCE },
    full: Bounds { tries: 2, crashes: 2, faults: 3, pays: 2, jumps: 2, rounds: 2, steps: 10, ..ONCE },
    sights: &[Sight::Shown, Sight::PutAside, Sight::WentElsewhere, Sight::Paid],
    ..BASE
};

/// Two tills ask for the same order, by two methods; the customer pays what they see.
pub(crate) const TWO_TILLS: Scenario = Scenario {
    name: "two tills, two methods, one order",
    asks: [Some(Method::Qris), Some(Method::VaBca)],
    fates: &[Fate::LostBefore, Fate::LostAfter, Fate::Refused],
    bounds: Bounds { pays: 2, sweeps: 1, steps: 14, ..ONCE },
    full: Bounds { crashes: 1, faults: 1, pays: 2, sweeps: 1, steps: 13, ..ONCE },
    sights: &[Sight::Shown, Sight::Paid, Sight::CalledOff, Sight::PaidTwice],
    ..BASE
};

/// Webhooks come twice, late or never, beside a sweep, a poll and the end of the time to pay.
pub(crate) const SIGNALS: Scenario = Scenario {
    name: "webhooks, a sweep, polls and expiry",
    begins_shown: true,
    fates: &[Fate::LostBefore],
    pauses: &[PAST_DISPLAY, PAST_WORK, PAST_WORK],
    is_forged: true,
    bounds: Bounds { copies: 2, jumps: 2, rounds: 1, sweeps: 1, steps: 6, ..ONCE },
    full: Bounds { crashes: 1, faults: 1, pays: 2, copies: 2, jumps: 3, rounds: 2, sweeps: 1, steps: 7, ..ONCE },
    sights: &[Sight::Shown, Sight::Paid, Sight::Expired],
    ..BASE
};

/// The customer pays less than was asked.
pub(crate) const SHORT_MONEY: Scenario = Scenario {
    name: "money that does not fit",
    asks: [Some(Method::VaBca), None],
    begins_shown: true,
    fates: &[Fate::LostBefore],
    money: PRICE - 1,
    bounds: Bounds { copies: 1, rounds: 1, sweeps: 1, steps: 9, ..ONCE },
    full: Bounds { crashes: 1, faults: 1, pays: 2, copies: 2, jumps: 1, rounds: 1, sweeps: 1, steps: 9, ..ONCE },
    sights: &[Sight::Shown, Sight::Underpaid],
    ..BASE
};

/// A push, which cannot be unseen.
pub(crate) const PUSHES: Scenario = Scenario {
    name: "a push, its answer lost, a node that ends",
    asks: [Some(Method::Ovo), Some(Method::Ovo)],
    fates: &[Fate::LostBefore, Fate::LostAfter, Fate::Misfit],
    bounds: Bounds { crashes: 1, faults: 1, jumps: 1, rounds: 1, steps: 8, ..ONCE },
    full: Bounds { tries: 2, crashes: 2, faults: 1, jumps: 2, rounds: 2, steps: 10, ..ONCE },
    sights: &[Sight::ToldToWait, Sight::Paid],
    ..BASE
};
