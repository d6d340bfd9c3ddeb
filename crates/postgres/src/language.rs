//! Whether the server speaks as its errors are read here: what diesel passes no code of is told apart by its text.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use crate::errors::OpenError;

/// Goes wrong on purpose, which no log shows, and keeps what was said of it until the transaction ends, which a pooler leaves to one
/// session. `lc_messages` alone does not tell: there are servers that speak English whatever it says.
const SPEAK: &str = "
    BEGIN;
    DO $$ BEGIN
        PERFORM 1 / 0;
    EXCEPTION WHEN division_by_zero THEN
        PERFORM set_config('mstore_pay.said', SQLERRM, true);
    END $$";
const SAID: &str = "SELECT current_setting('mstore_pay.said', true) AS said";
const IN_ENGLISH: &str = "division by zero";

#[derive(QueryableByName)]
struct Said {
    #[diesel(sql_type = Nullable<Text>)]
    said: Option<String>,
}

/// Refuses a server whose errors would be taken for others.
pub(crate) async fn must_be_english(conn: &mut AsyncPgConnection) -> Result<(), OpenError> {
    let ask = async {
        conn.batch_execute(SPEAK).await?;
        let said = diesel::sql_query(SAID).get_result(conn).await?;
        conn.batch_execute("COMMIT").await?;
        Ok(said)
    };
    let Said { said }: Said =
        ask.await.map_err(|source: diesel::result::Error| OpenError::Prepare { source: source.into() })?;
    refuse_unless_english(said)
}

fn refuse_unless_english(said: Option<String>) -> Result<(), OpenError> {
    match said {
        Some(said) if said != IN_ENGLISH => Err(OpenError::Language { said }),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(said: Option<&str>, is_taken: bool) {
        let outcome = refuse_unless_english(said.map(str::to_owned));
        assert_eq!(outcome.is_ok(), is_taken, "{said:?}: {outcome:?}");
        if let (Some(said), Err(refused)) = (said, outcome) {
            let refused = refused.to_string();
            assert!(refused.contains(said) && refused.contains("lc_messages"), "{refused}");
        }
    }

    #[test]
    fn a_server_that_speaks_another_language_is_refused() {
        check(Some("division by zero"), true);
        check(None, true);
        check(Some("Division durch Null"), false);
        check(Some("division par zéro"), false);
    }
}
