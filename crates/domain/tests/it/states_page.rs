//! `docs/states.md` is what the table of transitions says.

use mstore_pay_domain::charge::transitions_markdown;

#[test]
fn the_page_of_states_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/states.md");
    if std::fs::exists(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml")).is_ok_and(|there| !there) {
        println!("docs/states.md is not compared: this is the packaged crate");
        return;
    }
    let want = transitions_markdown();
    if option_env!("UPDATE_DOCS").is_some() {
        std::fs::write(path, &want).unwrap();
    }
    let have = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(have, want, "run `UPDATE_DOCS=1 cargo test -p mstore-pay-domain states` to write it anew");
}
