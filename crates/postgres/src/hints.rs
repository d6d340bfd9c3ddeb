//! Writes that nothing rests on: what is lost of them is done once more.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::sql_types::Bool;

/// A condition that always holds, and by which the statement's commit does not wait for the disk (nor for a standby).
///
/// A crash of the server may take the statement back, whole. So it is for what may happen twice: a message that was claimed or
/// sent is claimed and sent again, and whoever looks at a payment says so again. What others build upon was committed in its
/// own right before.
pub(crate) fn waits_for_no_disk() -> SqlLiteral<Bool> {
    sql("(SELECT set_config('synchronous_commit', 'off', true)) = 'off'")
}
