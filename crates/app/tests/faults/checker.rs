//! One judge for every case: the invariants, from the clients' log and the provider's books, and from the store only
//! for what nobody else can know.
//!
//! I14 is ours: the database finds nothing wrong with itself.

mod answers;
mod evidence;
mod leaks;
mod money;
mod objects;
mod rest;
mod trail;
mod work;

use std::time::Duration;

use tokio::time::{Instant, sleep};

pub(crate) use evidence::Evidence;

use crate::rig::Rig;
use crate::rig::ledger::LedgerCharge;
use crate::scale::at_once;
use crate::till::{ClientLog, Till};

/// How long the gateway has, once traffic stopped, to come to rest.
pub(crate) const RECOVERY_WINDOW: Duration = Duration::from_secs(10);
const LOOKS_AT_ONCE: usize = 8;
/// Of what is broken, so much is printed.
const BROKEN_SHOWN_MAX: usize = 5;
const BROKEN_CHARS_MAX: usize = 800;

/// What an invariant was held against, and where it does not hold.
#[derive(Debug, Default)]
pub(crate) struct Finding {
    pub(crate) name: &'static str,
    /// How many things were looked at.
    pub(crate) n: usize,
    pub(crate) broken: Vec<String>,
}

impl Finding {
    fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    /// One more thing looked at: `holds`, or else why not.
    fn look(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        self.n += 1;
        if !holds {
            self.broken.push(otherwise());
        }
    }
}

/// What a run was found to be, invariant by invariant.
pub(crate) struct Judged {
    /// How long the gateways took to come to rest by themselves.
    pub(crate) rest: Duration,
    /// Webhooks that were given up.
    pub(crate) dead_letters: u64,
    /// Webhooks that fit nothing, and are kept.
    pub(crate) parked: u64,
    findings: Vec<Finding>,
}

impl Judged {
    /// Where an invariant does not hold, of how many things that were looked at: `0/1234`.
    pub(crate) fn broken(&self, invariant: &str) -> String {
        let found = self.findings.iter().find(|finding| finding.name == invariant);
        let finding = found.unwrap_or_else(|| panic!("nobody looks at {invariant}"));
        format!("{}/{}", finding.broken.len(), finding.n)
    }
}

/// What a case may do that is otherwise forbidden.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Licence {
    /// The fault is a panic.
    pub(crate) panics: bool,
}

/// Waits until every paid object counts as paid, no till waits for an opening and no webhook waits to be dealt with,
/// stops the gateway, holds all invariants, and fails the case where one is broken.
pub(crate) async fn judge(case: &str, rig: &mut Rig, log: &ClientLog, tills: &[Till], licence: Licence) -> Judged {
    let (rest, [told, opened]) = come_to_rest(rig, log, tills).await;
    let evidence = Evidence::gather(rig, log).await;
    let rest = rest + evidence.rest.took;
    let findings = vec![
        answers::acknowledged_is_stored(&evidence),
        objects::every_object_is_ours(&evidence),
        objects::one_shown_and_payable(&evidence),
        objects::hidden_are_watched(&evidence),
        work::webhooks_are_dealt_with(&evidence),
        money::paid_is_what_the_ledger_says(&evidence),
        trail::trails_are_whole(&evidence),
        money::effects_happened_once(&evidence),
        answers::replays_are_identical(&evidence),
        answers::tenants_are_apart(&evidence),
        money::sums_agree(&evidence),
        work::nothing_is_left_open(&evidence),
        leaks::no_canary_is_told(&evidence),
        answers::no_five_hundred(&evidence, licence),
        work::the_file_is_sound(&evidence),
        told,
        opened,
    ];
    let came_to_rest = format!("rest={}ms restarts={}", rest.as_millis(), evidence.rest.restarts);
    report(&format!("{case} on {}", rig.store_kind().word()), &findings, &came_to_rest);
    Judged { rest, dead_letters: evidence.inbox.dead, parked: evidence.inbox.parked, findings }
}

/// As much of it as a person reads.
fn shorten(text: &str) -> &str {
    text.char_indices().nth(BROKEN_CHARS_MAX).map_or(text, |(end, _)| text.split_at(end).0)
}

fn report(case: &str, findings: &[Finding], came_to_rest: &str) {
    let held: Vec<String> =
        findings.iter().map(|f| format!("{} {}/{}", f.name, f.n - f.broken.len().min(f.n), f.n)).collect();
    println!("{case} invariants: {}, {came_to_rest}", held.join(", "));
    let broken: Vec<String> = findings
        .iter()
        .filter(|finding| !finding.broken.is_empty())
        .map(|finding| {
            let shown: Vec<&str> = finding.broken.iter().take(BROKEN_SHOWN_MAX).map(|why| shorten(why)).collect();
            format!("{}: {} of {}\n  {}", finding.name, finding.broken.len(), finding.n, shown.join("\n  "))
        })
        .collect();
    assert!(broken.is_empty(), "{case} breaks\n{}", broken.join("\n"));
}

/// Looks through the public API at every paid object until it counts as paid, and at every payment that was answered
/// before it was opened until it is, as long as the window allows. Gives how long that took, and of which objects nobody
/// was told and which payments still wait.
async fn come_to_rest(rig: &Rig, log: &ClientLog, tills: &[Till]) -> (Duration, [Finding; 2]) {
    let paid: Vec<String> =
        rig.control.charges().await.into_iter().filter(LedgerCharge::is_paid).map(|charge| charge.id).collect();
    let began = Instant::now();
    let (mut told, mut opened) = (Finding::new("paid is told"), Finding::new("taken is opened"));
    let (mut unpaid, mut unopened) = (paid, taken(log));
    (told.n, opened.n) = (unpaid.len(), unopened.len());
    loop {
        unpaid = without(unpaid, |id| is_told(tills, id)).await;
        unopened = without(unopened, |id| is_opened(tills, id)).await;
        if (unpaid.is_empty() && unopened.is_empty()) || began.elapsed() > RECOVERY_WINDOW {
            told.broken = unpaid.iter().map(|id| format!("{id} is paid and nobody was told")).collect();
            opened.broken = unopened.iter().map(|id| format!("{id} is still being opened")).collect();
            return (began.elapsed(), [told, opened]);
        }
        sleep(Duration::from_millis(250)).await;
    }
}

/// The payments that tills were told to ask for again.
fn taken(log: &ClientLog) -> Vec<String> {
    let taken = log.all().into_iter().filter(|exchange| exchange.is_create() && exchange.status() == 202);
    taken.filter_map(|exchange| exchange.data()["payment_id"].as_str().map(str::to_owned)).collect()
}

/// Those ids for which that does not hold.
async fn without<F>(ids: Vec<String>, holds: impl Fn(String) -> F + Sync) -> Vec<String>
where
    F: Future<Output = bool> + Send,
{
    let count = u64::try_from(ids.len()).expect("a count");
    let left = at_once(count, LOOKS_AT_ONCE, |index| {
        let id = ids[usize::try_from(index).expect("an index")].clone();
        let held = holds(id.clone());
        async move { (!held.await).then_some(id) }
    });
    left.await.into_iter().flatten().collect()
}

/// Whether one of the tills is told that the object is paid, or that its money came and was taken back.
async fn is_told(tills: &[Till], id: String) -> bool {
    for till in tills {
        let told = till.get(&id).await.data();
        if ["paid", "reversed"].iter().any(|status| told["status"] == *status) {
            return true;
        }
    }
    false
}

/// Whether the till whose payment it is waits for its opening no more.
async fn is_opened(tills: &[Till], id: String) -> bool {
    for till in tills {
        let data = till.get(&id).await.data();
        if data["payment_id"] == id.as_str() {
            return data["status_reason"] != "opening";
        }
    }
    false
}
