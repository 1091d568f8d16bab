//! What somebody may do: scopes (which verbs) within station roles (whose data). Pure.
//!
//! ```text
//!   grade       scopes
//!   viewer      read
//!   operator    read, telemetry:write
//!   commander   read, telemetry:write, command
//!   admin       all
//! ```
//! A token has scopes of its own instead of a grade. Station roles limit every scope: with `ops` alone one reads, writes
//! and commands what is of ops; the rest does not exist for one (404).

use crate::store::Role;
use std::fmt;

/// One kind of thing that may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Scope {
    Read = 1,
    TelemetryWrite = 2,
    /// What concerns other people's work: stations, tasks, hardware.
    Command = 4,
    /// Everything, and operators, tokens and the audit log besides.
    Admin = 8,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::Read, Self::TelemetryWrite, Self::Command, Self::Admin];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::TelemetryWrite => "telemetry:write",
            Self::Command => "command",
            Self::Admin => "admin",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// An operator's grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    Viewer,
    Operator,
    Commander,
    Admin,
}

impl Grade {
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::Commander, Self::Admin];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Commander => "commander",
            Self::Admin => "admin",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|g| g.name() == name)
    }

    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Viewer => &[Scope::Read],
            Self::Operator => &[Scope::Read, Scope::TelemetryWrite],
            Self::Commander => &[Scope::Read, Scope::TelemetryWrite, Scope::Command],
            Self::Admin => &Scope::ALL,
        }
    }
}

/// A set of station roles.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleSet(u8);

impl RoleSet {
    pub const ALL: Self = Self(0b111);

    pub const fn contains(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Nothing is in it that is not in `other`.
    pub const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.contains(*role))
    }

    pub fn names(self) -> Vec<&'static str> {
        self.iter().map(Role::name).collect()
    }

    /// `None`: one of them is no role.
    pub fn from_names<T: AsRef<str>>(names: &[T]) -> Option<Self> {
        names.iter().map(|name| Role::from_name(name.as_ref())).collect()
    }
}

impl FromIterator<Role> for RoleSet {
    fn from_iter<T: IntoIterator<Item = Role>>(roles: T) -> Self {
        Self(roles.into_iter().fold(0, |set, role| set | 1 << role as u8))
    }
}

impl fmt::Debug for RoleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// Scopes within station roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    scopes: u8,
    pub roles: RoleSet,
}

impl Rights {
    pub const NONE: Self = Self { scopes: 0, roles: RoleSet(0) };
    /// What everybody has where reading is open.
    pub const READ_ALL: Self = Self { scopes: Scope::Read as u8, roles: RoleSet::ALL };

    /// `admin` includes the others.
    pub fn new(scopes: &[Scope], roles: RoleSet) -> Self {
        let scopes = if scopes.contains(&Scope::Admin) { &Scope::ALL } else { scopes };
        Self { scopes: scopes.iter().fold(0, |set, scope| set | *scope as u8), roles }
    }

    pub const fn allows(self, scope: Scope) -> bool {
        self.scopes & scope as u8 != 0
    }

    pub fn scopes(self) -> Vec<&'static str> {
        Scope::ALL.into_iter().filter(|scope| self.allows(*scope)).map(Scope::name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_grade_has_what_the_one_below_has_and_more() {
        for pair in Grade::ALL.windows(2) {
            let [below, above] = [pair[0], pair[1]].map(|g| Rights::new(g.scopes(), RoleSet::ALL));
            assert_eq!(below.scopes & above.scopes, below.scopes);
            assert_ne!(below.scopes, above.scopes);
        }
        assert!(!Rights::new(Grade::Viewer.scopes(), RoleSet::ALL).allows(Scope::TelemetryWrite));
        assert_eq!(Rights::new(&[Scope::Admin], RoleSet::ALL).scopes(), ["read", "telemetry:write", "command", "admin"]);
        assert_eq!(Rights::new(&[Scope::TelemetryWrite], RoleSet::ALL).scopes(), ["telemetry:write"]);
    }

    #[test]
    fn role_sets_hold_what_they_are_made_of() {
        let set = RoleSet::from_names(&["intel", "ops"]).unwrap();
        assert_eq!(set.names(), ["ops", "intel"]);
        assert!(set.is_within(RoleSet::ALL) && !RoleSet::ALL.is_within(set) && !set.contains(Role::Logistics));
        assert_eq!(RoleSet::from_names(&["ops", "navy"]), None);
        assert!(RoleSet::from_names::<&str>(&[]).unwrap().is_empty());
    }
}
