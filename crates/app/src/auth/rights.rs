//! Roles, and the rights they carry.

use std::collections::BTreeMap;

/// What a route asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// See payments, orders and exceptions of one's merchant or branch.
    Read,
    /// Open, cancel and simulate payments; register orders.
    Sell,
    /// See money that belongs to no merchant.
    SeeUnmatched,
    /// Look after the merchant's accounts at providers: where its money goes.
    KeepAccounts,
}

/// A role that tokens name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Looks on.
    Viewer,
    /// Stands at the till.
    Cashier,
    /// Owns the shop.
    Owner,
    /// Runs the gateway.
    SystemOperator,
}

/// What a token may do: all that any of its roles may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one for each right")]
pub(crate) struct Rights {
    read: bool,
    sell: bool,
    see_unmatched: bool,
    keep_accounts: bool,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Cashier, Self::Owner, Self::SystemOperator];

    /// The role of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// What tokens call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "L0_VIEWER",
            Self::Cashier => "L0_CASHIER",
            Self::Owner => "L0_OWNER",
            Self::SystemOperator => "SYSTEM_OPERATOR",
        }
    }

    const fn rights(self) -> Rights {
        match self {
            Self::Viewer => Rights { read: true, ..Rights::NONE },
            Self::Cashier => Rights { read: true, sell: true, ..Rights::NONE },
            Self::Owner => Rights { read: true, sell: true, keep_accounts: true, ..Rights::NONE },
            Self::SystemOperator => Rights { see_unmatched: true, ..Rights::NONE },
        }
    }
}

impl Rights {
    const NONE: Self = Self { read: false, sell: false, see_unmatched: false, keep_accounts: false };

    /// What these names carry; those that are no role, under no other name either, carry nothing.
    pub(crate) fn of<'a>(names: impl Iterator<Item = &'a str>, role_map: &BTreeMap<String, Role>) -> Self {
        names.filter_map(|name| role_map.get(name).copied().or_else(|| Role::parse(name))).map(Role::rights).fold(
            Self::NONE,
            |all, more| Self {
                read: all.read || more.read,
                sell: all.sell || more.sell,
                see_unmatched: all.see_unmatched || more.see_unmatched,
                keep_accounts: all.keep_accounts || more.keep_accounts,
            },
        )
    }

    /// Whether that is among them.
    pub(crate) const fn allow(self, right: Right) -> bool {
        match right {
            Right::Read => self.read,
            Right::Sell => self.sell,
            Right::SeeUnmatched => self.see_unmatched,
            Right::KeepAccounts => self.keep_accounts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&str], want: [bool; 4]) {
        let map = BTreeMap::from([("KASIR".to_owned(), Role::Cashier)]);
        let rights = Rights::of(names.iter().copied(), &map);
        let got = [Right::Read, Right::Sell, Right::SeeUnmatched, Right::KeepAccounts].map(|right| rights.allow(right));
        assert_eq!(got, want, "{names:?}");
    }

    #[test]
    fn each_role_carries_its_rights_and_several_carry_all_of_theirs() {
        check(&["L0_VIEWER"], [true, false, false, false]);
        check(&["L0_CASHIER"], [true, true, false, false]);
        check(&["L0_OWNER"], [true, true, false, true]);
        check(&["SYSTEM_OPERATOR"], [false, false, true, false]);
        check(&["L0_VIEWER", "SYSTEM_OPERATOR"], [true, false, true, false]);
        check(&["KASIR"], [true, true, false, false]);
    }

    #[test]
    fn unknown_names_carry_nothing() {
        check(&[], [false; 4]);
        check(&["l0_owner", "ADMIN", "", "L0_OWNER "], [false; 4]);
    }
}
