//! The model as `stateright` sees it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

use stateright::{Checker as _, HasDiscoveries, Model, Property};

use crate::guards::Guards;
use crate::rules::{Rule, Sight};
use crate::scenario::Scenario;
use crate::town::{Action, Town};

/// Scenarios that are gone through at the same time, each on one thread: so the way on which a state is found first, and
/// with it what is counted, is the same in every run.
const AT_ONCE: usize = 2;

#[derive(Debug)]
struct Checked {
    scenario: Scenario,
    guards: Guards,
    /// The first rule that was found broken, and on which way: no shorter one breaks any.
    first: OnceLock<(Rule, Vec<Action>)>,
}

/// Where the town stands, and how it came there.
#[derive(Debug, Clone)]
struct State {
    path: Vec<Action>,
    print: u64,
    broken: Vec<Rule>,
    seen: Vec<Sight>,
    next: Vec<Action>,
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.print == other.print
    }
}

impl std::hash::Hash for State {
    fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
        self.print.hash(hasher);
    }
}

impl State {
    fn breaks(&self, rule: Rule) -> bool {
        self.broken.contains(&rule)
    }

    fn ends_well(&self, rule: Rule) -> bool {
        self.path.last() == Some(&Action::CalmDown) && !self.breaks(rule)
    }

    fn shows(&self, sight: Sight) -> bool {
        self.seen.contains(&sight)
    }
}

impl Checked {
    fn new(scenario: Scenario, guards: Guards) -> Self {
        Self { scenario, guards, first: OnceLock::new() }
    }

    /// The state at the end of a path; `None` if its last step changes nothing.
    fn state(&self, path: Vec<Action>) -> Option<State> {
        let town = Town::after(self.scenario, self.guards, &path);
        if town.was_idle {
            return None;
        }
        let is_over = path.last() == Some(&Action::CalmDown);
        let (broken, seen): (Vec<Rule>, Vec<Sight>) = town.judge(|facts| {
            let rules = Rule::ALWAYS.into_iter().chain(Rule::IN_THE_END.into_iter().filter(|_| is_over));
            let sights = self.scenario.sights.iter().copied();
            (rules.filter(|rule| !rule.holds(facts)).collect(), sights.filter(|sight| sight.is_seen(facts)).collect())
        });
        if let Some(rule) = broken.first() {
            self.first.get_or_init(|| (*rule, path.clone()));
        }
        Some(State { print: town.print(), next: town.possible(path.len()), path, broken, seen })
    }
}

impl Model for Checked {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        self.state(Vec::new()).into_iter().collect()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.extend(&state.next);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut path = last.path.clone();
        path.push(action);
        self.state(path)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always(Rule::NothingLost.name(), |_, state: &State| !state.breaks(Rule::NothingLost)),
            Property::always(Rule::OneShown.name(), |_, state: &State| !state.breaks(Rule::OneShown)),
            Property::always(Rule::SecondFlagged.name(), |_, state: &State| !state.breaks(Rule::SecondFlagged)),
            Property::always(Rule::PaidByMoney.name(), |_, state: &State| !state.breaks(Rule::PaidByMoney)),
            Property::always(Rule::OnePush.name(), |_, state: &State| !state.breaks(Rule::OnePush)),
            Property::always(Rule::OneObject.name(), |_, state: &State| !state.breaks(Rule::OneObject)),
            Property::always(Rule::OneDelivery.name(), |_, state: &State| !state.breaks(Rule::OneDelivery)),
            // Every way ends once faults stop: with that last step, or not at all.
            Property::eventually(Rule::Settles.name(), |_, state: &State| state.ends_well(Rule::Settles)),
            Property::eventually(Rule::MoneyKnown.name(), |_, state: &State| state.ends_well(Rule::MoneyKnown)),
            Property::eventually(Rule::NoOrphans.name(), |_, state: &State| state.ends_well(Rule::NoOrphans)),
        ];
        properties.extend(self.scenario.sights.iter().map(|sight| property_of(*sight)));
        properties
    }
}

fn property_of(sight: Sight) -> Property<Checked> {
    let condition: fn(&Checked, &State) -> bool = match sight {
        Sight::Shown => |_, state: &State| state.shows(Sight::Shown),
        Sight::PutAside => |_, state: &State| state.shows(Sight::PutAside),
        Sight::WentElsewhere => |_, state: &State| state.shows(Sight::WentElsewhere),
        Sight::ToldToWait => |_, state: &State| state.shows(Sight::ToldToWait),
        Sight::Paid => |_, state: &State| state.shows(Sight::Paid),
        Sight::PaidTwice => |_, state: &State| state.shows(Sight::PaidTwice),
        Sight::Underpaid => |_, state: &State| state.shows(Sight::Underpaid),
        Sight::CalledOff => |_, state: &State| state.shows(Sight::CalledOff),
        Sight::Expired => |_, state: &State| state.shows(Sight::Expired),
    };
    Property::sometimes(sight.name(), condition)
}

/// What came of going through a whole space.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) states: usize,
    /// On the longest way.
    pub(crate) steps: usize,
}

/// Goes through everything that can happen in a scenario while all guards stand; every rule must hold.
pub(crate) fn check(scenario: Scenario) -> Outcome {
    let begun = Instant::now();
    let checker = Checked::new(scenario, Guards::all()).checker().spawn_bfs().join();
    // The first state is no step.
    let outcome = Outcome { states: checker.unique_state_count(), steps: checker.max_depth() - 1 };
    println!("{}: {outcome:?} in {:?}", scenario.name, begun.elapsed());
    if let Some((rule, path)) = checker.model().first.get() {
        panic!("{}: not so that {}, after {path:?}", scenario.name, rule.name());
    }
    checker.assert_properties();
    outcome
}

/// Looks, the shortest way first, for any rule that a scenario breaks without a guard; which, and how it is broken.
pub(crate) fn broken_without(scenario: Scenario, guards: Guards) -> (Rule, Vec<Action>) {
    let checker = Checked::new(scenario, guards).checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let first = checker.model().first.get().cloned();
    let (rule, path) = first.unwrap_or_else(|| panic!("nothing is found in {} with {guards:?}", scenario.name));
    assert!(checker.discovery(rule.name()).is_some(), "the checker found otherwise than {rule:?}");
    (rule, path)
}

/// Does the work for each job, on as many threads as there are at once; what came of them in their order.
pub(crate) fn for_each<J: Sync, T: Send>(jobs: &[J], work: impl Fn(&J) -> T + Sync) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else { return };
                    let result = work(job);
                    done.lock().unwrap().insert(index, result);
                }
            });
        }
    });
    done.into_inner().unwrap().into_values().collect()
}
