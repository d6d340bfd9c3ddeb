//! The two tongues of tills and customers.

/// A tongue in which people are spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Bahasa Indonesia: what everybody gets who does not ask for another.
    #[default]
    Indonesian,
    /// English.
    English,
}

/// One text in both tongues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bilingual {
    /// In Bahasa Indonesia.
    pub indonesian: &'static str,
    /// In English.
    pub english: &'static str,
}

/// Ranges of an `Accept-Language` value that are looked at; no browser sends as many.
const RANGES_MAX: usize = 32;
/// The weight of a range that names none, in thousandths (RFC 9110, section 12.4.2).
const WEIGHT_MILLI_MAX: u16 = 1_000;

impl Language {
    /// Both, the default first.
    pub const ALL: [Self; 2] = [Self::Indonesian, Self::English];

    /// The tongue that an `Accept-Language` value prefers (RFC 9110, section 12.5.4): the known one of
    /// the highest weight, the earlier of two equals. A value that names none we speak, or that makes
    /// no sense, gets the default.
    #[must_use]
    pub fn of_accept_language(value: &str) -> Self {
        let mut best = (Self::default(), 0);
        for range in value.split(',').take(RANGES_MAX) {
            if let Some((language, weight)) = parse_range(range)
                && weight > best.1
            {
                best = (language, weight);
            }
        }
        best.0
    }

    /// Its tag for `Content-Language` and `lang` (BCP 47): `id` or `en`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Indonesian => "id",
            Self::English => "en",
        }
    }
}

impl Bilingual {
    /// The text in that tongue.
    #[must_use]
    pub const fn in_language(self, language: Language) -> &'static str {
        match language {
            Language::Indonesian => self.indonesian,
            Language::English => self.english,
        }
    }
}

/// A text in Bahasa Indonesia and in English.
#[must_use]
pub const fn both(indonesian: &'static str, english: &'static str) -> Bilingual {
    Bilingual { indonesian, english }
}

/// The tongue and weight of one range; `None` for a tongue we do not speak or a weight that is none.
fn parse_range(range: &str) -> Option<(Language, u16)> {
    let mut parts = range.split(';');
    let tag = parts.next().unwrap_or_default().trim();
    let weight = match parts.next() {
        None => WEIGHT_MILLI_MAX,
        Some(parameter) => parse_weight(parameter)?,
    };
    let primary = tag.split('-').next().unwrap_or_default();
    // `in` is what `id` was called before 1989; old Java and Android still send it.
    if primary.eq_ignore_ascii_case("id") || primary.eq_ignore_ascii_case("in") || primary == "*" {
        Some((Language::Indonesian, weight))
    } else if primary.eq_ignore_ascii_case("en") {
        Some((Language::English, weight))
    } else {
        None
    }
}

/// `q=0.8` in thousandths: 800.
fn parse_weight(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let milli: u16 = format!("{fraction:0<3}").parse().ok()?;
    match (whole, milli) {
        ("0", milli) => Some(milli),
        ("1", 0) => Some(WEIGHT_MILLI_MAX),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, want: Language) {
        assert_eq!(Language::of_accept_language(value), want, "{value:?}");
    }

    #[test]
    fn english_is_spoken_to_those_who_ask_for_it() {
        for value in ["en", "EN", "en-GB", "en-US,en;q=0.9", "fr, en;q=0.3", "id;q=0.5, en", "en ; q=1.000", "zh,en"] {
            check(value, Language::English);
        }
    }

    #[test]
    fn everybody_else_is_spoken_to_in_indonesian() {
        for value in
            ["", "id", "id-ID,id;q=0.9,en;q=0.8", "in", "*", "fr", "en;q=0", "en;q=0.000", "english", "e", ",;,="]
        {
            check(value, Language::Indonesian);
        }
    }

    #[test]
    fn the_higher_weight_wins_and_the_earlier_of_equals() {
        check("id;q=0.8, en;q=0.9", Language::English);
        check("en;q=0.8, id;q=0.801", Language::Indonesian);
        check("en;q=0.5, id;q=0.5", Language::English);
        check("*;q=0.1, en;q=0.2", Language::English);
    }

    #[test]
    fn a_weight_that_is_none_discards_its_range() {
        for weight in ["2", "1.001", "-1", "0.1234", "nan", "", "0,5", "0.x"] {
            check(&format!("en;q={weight}, id;q=0.1"), Language::Indonesian);
        }
    }

    #[test]
    fn a_value_of_endless_ranges_is_cut() {
        check(&format!("{}en", "fr,".repeat(RANGES_MAX)), Language::Indonesian);
    }
}
