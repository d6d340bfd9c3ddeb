//! `docs/errors/`, written from the catalogue.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::ErrorCode;
use crate::language::Language;

/// Set to any value, the pages are written instead of compared.
const UPDATE_VARIABLE: &str = "UPDATE_DOCS";

fn markdown(code: ErrorCode) -> String {
    let page = code.page();
    let mut text =
        format!("# `{code}`\n\n{}. HTTP status {}.\n", code.title(Language::English), code.status().as_u16());
    for (heading, paragraph) in page.sections() {
        write!(text, "\n## {heading}\n\n{paragraph}\n").unwrap();
    }
    text.push_str("\n## What the till shows\n\n");
    for (language, message) in page.messages() {
        writeln!(text, "- `{}`: {message}", language.tag()).unwrap();
    }
    text
}

fn index() -> String {
    let mut text = String::from(
        "# Errors\n\nOne page per `error_code`, also served at `/problems/{error_code}`. Written from the catalogue in \
         the app: edit it there, then run the app's tests with `UPDATE_DOCS=1`.\n\n| `error_code` | status | |\n|---|---|---|\n",
    );
    for code in ErrorCode::ALL {
        let (status, title) = (code.status().as_u16(), code.title(Language::English));
        writeln!(text, "| [`{code}`]({code}.md) | {status} | {title} |").unwrap();
    }
    text
}

fn wanted() -> BTreeMap<String, String> {
    let pages = ErrorCode::ALL.iter().map(|code| (format!("{code}.md"), markdown(*code)));
    pages.chain([("README.md".to_owned(), index())]).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors")
}

fn found() -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder()).expect("docs/errors is there");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    paths
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect()
}

#[test]
fn the_pages_say_what_the_catalogue_says() {
    let wanted = wanted();
    if std::env::var_os(UPDATE_VARIABLE).is_some() {
        std::fs::create_dir_all(folder()).unwrap();
        for stale in found().keys().filter(|name| !wanted.contains_key(*name)) {
            std::fs::remove_file(folder().join(stale)).unwrap();
        }
        for (name, text) in &wanted {
            std::fs::write(folder().join(name), text).unwrap();
        }
    }
    let found = found();
    for (name, text) in &wanted {
        assert_eq!(found.get(name), Some(text), "docs/errors/{name}: run the tests with {UPDATE_VARIABLE}=1");
    }
    assert_eq!(found.len(), wanted.len(), "docs/errors has pages of codes that are gone");
}
