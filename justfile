# Thin recipes; what is longer lives in scripts/ or in a test.

# Start everything on the embedded default.
run:
    cargo run

# All tests, with what they need installed.
test:
    scripts/test

# What CI runs.
ci:
    .ci/run

# The fault programme at its CI figures.
faults:
    scripts/faults full

# Format and lint.
lint:
    cargo fmt
    cargo clippy --workspace --all-targets -- -D warnings
    cargo clippy --workspace --test faults -- -D warnings

# What may be depended on; needs `cargo install cargo-deny --locked`, which takes minutes.
deny:
    cargo deny check bans licenses sources

# Write the generated pages anew.
docs:
    UPDATE_DOCS=1 cargo test --workspace -- states_page the_page_of_routing the_pages_say_what_the_catalogue_says the_document_in_docs_is_the_one_that_is_served each_seeded_bug_is_found every_rule_holds
    UPDATE_DOCS=1 MODEL_SCALE=full cargo test --profile ci -p mstore-pay-domain --test model every_rule_holds
