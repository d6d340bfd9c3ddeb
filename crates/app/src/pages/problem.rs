//! `/problems/{error_code}`: the error catalogue for reading.

use maud::{Markup, html};

use super::layout::Frame;
use crate::language::Language;
use crate::problem::catalogue::ErrorCode;

/// The page of one error. Written for the builders of tills, in English; what the cashier reads stands
/// in both tongues.
#[must_use]
pub fn problem_page(code: ErrorCode) -> Markup {
    let page = code.page();
    let main = html! {
        main.text {
            p { a href="/problems" { "All errors" } }
            h1 { code { (code) } }
            p { (code.title(Language::English)) ". HTTP status " (code.status().as_u16()) "." }
            @for (heading, paragraph) in page.sections() {
                h2 { (heading) }
                p { (paragraph) }
            }
            h2 { "What the till shows" }
            ul { @for (language, message) in page.messages() { li lang=(language.tag()) { (message) } } }
        }
    };
    framed(code.code(), &main)
}

/// The list of all errors, for `/problems`.
#[must_use]
pub fn problem_index() -> Markup {
    let main = html! {
        main.text {
            h1 { "Errors" }
            p { "Every failure names one of these codes in " code { "error_code" } "." }
            table {
                thead { tr { th { "Code" } th { "Status" } th { "Meaning" } } }
                tbody { @for code in ErrorCode::ALL {
                    tr {
                        td { a href=(code.type_path()) { code { (code) } } }
                        td { (code.status().as_u16()) }
                        td { (code.title(Language::English)) }
                    }
                } }
            }
        }
    };
    framed("Errors", &main)
}

fn framed(title: &str, main: &Markup) -> Markup {
    Frame { language: Language::English, title, refresh_seconds: None, script: false }.around(main)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page_that_says_what_the_till_shows() {
        let escaped = |text: &str| html! { (text) }.into_string();
        for code in ErrorCode::ALL {
            let html = problem_page(*code).into_string();
            for (language, message) in code.page().messages() {
                let line = format!(r#"<li lang="{}">{}</li>"#, language.tag(), escaped(message));
                assert!(html.contains(&line), "{code}: {line}");
            }
            for (heading, paragraph) in code.page().sections() {
                assert!(
                    html.contains(&format!("<h2>{heading}</h2><p>{}</p>", escaped(paragraph))),
                    "{code}: {heading}"
                );
            }
        }
    }

    #[test]
    fn the_index_leads_to_every_page() {
        let html = problem_index().into_string();
        for code in ErrorCode::ALL {
            assert!(html.contains(&format!(r#"<a href="/problems/{code}">"#)), "{code}");
        }
    }
}
