//! Listing a page at a time.

/// How many rows to read for a page of `limit`: one more tells whether there is a next page.
pub(super) const fn one_more(limit: u32) -> u32 {
    limit.saturating_add(1)
}

/// Cuts rows that were read so to the page itself; behind which of them the next page starts, `None` if there is none.
pub(super) fn cut<T, P>(rows: &mut Vec<T>, limit: u32, place_of: impl Fn(&T) -> P) -> Option<P> {
    let asked = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_whole = rows.len() <= asked;
    rows.truncate(asked);
    rows.last().filter(|_| !is_whole).map(place_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rows: u32, limit: u32, next: Option<u32>) {
        let mut read: Vec<u32> = (1..=rows.min(one_more(limit))).collect();
        assert_eq!(cut(&mut read, limit, |row| *row), next, "{rows} rows, pages of {limit}");
        assert_eq!(read, (1..=rows.min(limit)).collect::<Vec<_>>());
    }

    #[test]
    fn a_page_that_is_followed_by_another_says_where_it_ends() {
        check(0, 2, None);
        check(2, 2, None);
        check(3, 2, Some(2));
        check(9, 2, Some(2));
    }
}
