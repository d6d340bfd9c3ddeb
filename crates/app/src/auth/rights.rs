//! Roles, and the rights they carry.

use std::collections::BTreeMap;

/// What a route asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// See payments, orders and exceptions of one's merchant or branch.
    Read,
    /// Open, cancel and simulate payments; register orders, take cash, report what was sold without a line.
    Sell,
    /// Call orders off, resolve what any till reported, and say what became of money that does not fit.
    Own,
    /// See money that belongs to no merchant.
    SeeUnmatched,
    /// Look after the merchant's accounts at providers, where its money goes, and its endpoints, which hear of it.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rights(u8);

impl Right {
    /// Its place among the rights of a token.
    const fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Sell => 2,
            Self::Own => 4,
            Self::SeeUnmatched => 8,
            Self::KeepAccounts => 16,
        }
    }
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
            Self::Viewer => Rights(Right::Read.bit()),
            Self::Cashier => Rights(Right::Read.bit() | Right::Sell.bit()),
            Self::Owner => Rights(Right::Read.bit() | Right::Sell.bit() | Right::Own.bit() | Right::KeepAccounts.bit()),
            Self::SystemOperator => Rights(Right::SeeUnmatched.bit()),
        }
    }
}

impl Rights {
    /// What these names carry; those that are no role, under no other name either, carry nothing.
    pub(crate) fn of<'a>(names: impl Iterator<Item = &'a str>, role_map: &BTreeMap<String, Role>) -> Self {
        let roles = names.filter_map(|name| role_map.get(name).copied().or_else(|| Role::parse(name)));
        Self(roles.fold(0, |all, role| all | role.rights().0))
    }

    /// Whether that is among them.
    pub(crate) const fn allow(self, right: Right) -> bool {
        self.0 & right.bit() != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&str], want: [bool; 5]) {
        let map = BTreeMap::from([("KASIR".to_owned(), Role::Cashier)]);
        let rights = Rights::of(names.iter().copied(), &map);
        let all = [Right::Read, Right::Sell, Right::Own, Right::KeepAccounts, Right::SeeUnmatched];
        let got = all.map(|right| rights.allow(right));
        assert_eq!(got, want, "{names:?}");
    }

    #[test]
    fn each_role_carries_its_rights_and_several_carry_all_of_theirs() {
        check(&["L0_VIEWER"], [true, false, false, false, false]);
        check(&["L0_CASHIER"], [true, true, false, false, false]);
        check(&["L0_OWNER"], [true, true, true, true, false]);
        check(&["SYSTEM_OPERATOR"], [false, false, false, false, true]);
        check(&["L0_VIEWER", "SYSTEM_OPERATOR"], [true, false, false, false, true]);
        check(&["KASIR"], [true, true, false, false, false]);
    }

    #[test]
    fn unknown_names_carry_nothing() {
        check(&[], [false; 5]);
        check(&["l0_owner", "ADMIN", "", "L0_OWNER "], [false; 5]);
    }
}
