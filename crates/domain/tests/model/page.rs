//! `docs/model.md` says what was found.

use std::fmt::Write as _;
use std::sync::Mutex;

use crate::checking::Outcome;
use crate::guards::Guard;
use crate::rules::Rule;
use crate::scenario::{Scale, Scenario};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/model.md");
/// The parts of the page are written one at a time.
static WRITING: Mutex<()> = Mutex::new(());

/// A guard that was taken away, and what found it.
pub(crate) struct Found {
    pub(crate) guard: Guard,
    pub(crate) scenario: Scenario,
    pub(crate) rule: Rule,
    pub(crate) steps: usize,
}

/// Compares the page with what the spaces of a scale held.
pub(crate) fn compare_spaces(scale: Scale, checked: &[(Scenario, Outcome)]) {
    let mut text = "| scenario | states | longest way, steps | seen on the way |\n|---|---|---|---|\n".to_owned();
    for (scenario, Outcome { states, steps }) in checked {
        let sights: Vec<&str> = scenario.sights.iter().map(|sight| sight.name()).collect();
        let _infallible = writeln!(text, "| {} | {states} | {steps} | {} |", scenario.name, sights.join("; "));
    }
    let states: usize = checked.iter().map(|(_, outcome)| outcome.states).sum();
    let _infallible = writeln!(text, "\n{states} states in all. In none of them was one of these rules broken:\n");
    for rule in Rule::all() {
        let _infallible = writeln!(text, "- {}", rule.name());
    }
    let heading = match scale {
        Scale::Plain => "What every run of the tests goes through",
        Scale::Full => "What is gone through at full scale",
    };
    compare(scale, heading, &text);
}

/// Compares the page with what was found where guards were missing.
pub(crate) fn compare_guards(found: &[Found]) {
    let mut text = "| seeded bug | found by | in | after, steps |\n|---|---|---|---|\n".to_owned();
    for Found { guard, scenario, rule, steps } in found {
        let _infallible = writeln!(text, "| {} | {} | {} | {steps} |", guard.bug(), rule.name(), scenario.name);
    }
    compare(Scale::Plain, "What is found without each guard", &text);
}

/// Compares the part of the page under that heading, which a run of that scale writes, with what it should say.
fn compare(scale: Scale, heading: &str, text: &str) {
    if std::fs::exists(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml")).is_ok_and(|there| !there) {
        println!("docs/model.md is not compared: this is the packaged crate");
        return;
    }
    let _writing = WRITING.lock();
    let page = std::fs::read_to_string(PAGE).unwrap();
    let heading = format!("## {heading}\n");
    let (before, rest) = page.split_once(&heading).unwrap();
    let (have, after) = rest.find("\n## ").map_or((rest, ""), |end| rest.split_at(end));
    let want = format!("\n{text}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PAGE, format!("{before}{heading}{want}{after}")).unwrap();
        return;
    }
    let scale = match scale {
        Scale::Plain => "",
        Scale::Full => " MODEL_SCALE=full",
    };
    let again = format!("UPDATE_DOCS=1{scale} cargo test --profile ci -p mstore-pay-domain --test model");
    assert_eq!(have, want, "run `{again}` to write it anew");
}
