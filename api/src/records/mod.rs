//! Records: the plain objects of the contract (points of interest, missions, supplies…), each described once. The
//! description is its routes (`routes::records`), its SQL (`store::records`), its checks and its part of `openapi.json`.
//!
//! Constraints: every table has `id`, `created_at` and `updated_at`, and a trigger that writes the audit log; a kind lives
//! in one database for good. A new kind is a table in `migrations` and a line in [`KINDS`].

mod describe;
mod kinds;

pub(crate) use describe::describe;
pub(crate) use kinds::{AGENT, IDENTIFIER, KINDS, MISSION, OPERATION, POI, WATCH};

use crate::store::Role;

/// One kind of record.
#[derive(Debug)]
pub(crate) struct Kind {
    /// `poi`: its tag in the description.
    pub name: &'static str,
    pub schema: &'static str,
    pub mounts: &'static [Mount],
    pub table: &'static str,
    pub home: Home,
    pub columns: &'static [Column],
    /// Records of another kind that are shown with it.
    pub shown_with: &'static [ShownWith],
    /// `POI not found`
    pub missing: &'static str,
    /// (constraint, what is taken)
    pub unique: &'static [(&'static str, &'static str)],
    /// Only ever appended to: no PATCH, no DELETE.
    pub appended: bool,
}

/// Where its routes are, and how they answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mount {
    pub path: &'static str,
    /// The manners of the old service: POST 200, DELETE 200 with a message, PUT for PATCH.
    pub old: bool,
}

pub(crate) const fn now(path: &'static str) -> Mount {
    Mount { path, old: false }
}

pub(crate) const fn old(path: &'static str) -> Mount {
    Mount { path, old: true }
}

/// The database that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// For every role.
    Control,
    Of(Role),
}

#[derive(Debug)]
pub(crate) struct Column {
    pub name: &'static str,
    pub holds: Holds,
    pub need: Need,
    /// `?name=` picks the records that have this value.
    pub filter: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Holds {
    /// At most so many characters.
    Text(usize),
    /// The same, not empty.
    Name(usize),
    Choice(&'static [&'static str]),
    Integer,
    Number,
    /// A number, 0 or more.
    Quantity,
    Bool,
    Instant,
    Object,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Required,
    /// The table has a default; null is refused.
    Defaulted,
    Nullable,
}

#[derive(Debug)]
pub(crate) enum ShownWith {
    /// As a list: the records whose `column` is this one's id.
    Parts { field: &'static str, column: &'static str, kind: &'static Kind },
    /// As an object or null: the record that `column` names.
    Linked { field: &'static str, column: &'static str, kind: &'static Kind },
}

impl Kind {
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|c| c.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_kind_has_a_table_with_its_columns_and_an_audit_trigger() {
        let control = include_str!("../../../migrations/control/0010_watch.sql");
        let role = include_str!("../../../migrations/role/0010_records.sql");
        let mut paths = HashSet::new();
        for kind in KINDS.iter().copied().chain([&IDENTIFIER]) {
            let sql = if kind.home == Home::Control { control } else { role };
            let table = sql.split(&format!("CREATE TABLE {} (", kind.table)).nth(1).unwrap_or_else(|| panic!("no table {}", kind.table));
            let table = table.split("\n);").next().unwrap();
            for column in kind.columns {
                let line = table.lines().find(|l| l.trim_start().starts_with(&format!("{} ", column.name)));
                let line = line.unwrap_or_else(|| panic!("{}.{}", kind.table, column.name));
                assert_eq!(column.need == Need::Nullable, !line.contains("NOT NULL"), "{line}");
                assert_eq!(column.need == Need::Defaulted, line.contains("DEFAULT"), "{line}");
            }
            assert!(
                sql.lines().any(|l| l.starts_with("CREATE TRIGGER noted") && l.contains(&format!(" ON {} ", kind.table))),
                "{}",
                kind.table
            );
            assert!(kind.mounts.iter().all(|mount| paths.insert(mount.path)), "{}: a path twice", kind.name);
        }
    }
}
