//! `vtoc operator`: makes an operator, or changes one. This is how the first administrator comes to be.
//!
//! Constraint: a password is never an argument, where every user of the machine could see it.

use crate::central::databases;
use crate::check;
use crate::cli::OperatorArgs;
use crate::failure::Failure;
use crate::service;
use api::auth::{Grade, Password, RoleSet};
use api::store::{Actor, NewOperator, OperatorChange, Store, StoreError};
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::Path;
use std::process::{Command, Stdio};

#[expect(clippy::print_stdout, reason = "what was done")]
pub fn run(arguments: &OperatorArgs) -> Result<(), Failure> {
    let config = check::load(&arguments.options)?;
    let wish = Wish::of(arguments)?;
    let databases = databases(&config.settings)?;
    service::runtime(1)?.block_on(async {
        let store = Store::open(&databases, 1).by(Actor::named("command:operator"));
        let done = wish.fulfil(&store).await;
        store.close().await;
        println!("{}", done?);
        Ok(())
    })
}

/// The arguments, understood.
struct Wish<'a> {
    arguments: &'a OperatorArgs,
    login: String,
    grade: Option<Grade>,
    roles: Option<RoleSet>,
}

impl<'a> Wish<'a> {
    fn of(arguments: &'a OperatorArgs) -> Result<Self, Failure> {
        let grade = |name: &String| {
            Grade::from_name(name).ok_or_else(|| Failure::config(format!("--grade {name}: there is viewer, operator, commander, admin")))
        };
        let roles = RoleSet::from_names(&arguments.roles)
            .ok_or_else(|| Failure::config(format!("--roles {}: there is ops, intel, logistics", arguments.roles.join(","))))?;
        Ok(Self {
            login: arguments.login.to_lowercase(),
            grade: arguments.grade.as_ref().map(grade).transpose()?,
            roles: Some(roles).filter(|roles| !roles.is_empty()),
            arguments,
        })
    }

    async fn fulfil(self, store: &Store) -> Result<String, Failure> {
        let failed = |e: StoreError| Failure::unavailable(format!("the databases: {e} (`vtoc setup` makes them)"));
        let known = store.operator_by_login(&self.login).await.map_err(failed)?;
        let hash = match (&self.arguments.password_file, &known) {
            (Some(file), _) => Some(from_file(file)?.hash()),
            (None, None) => Some(asked(&self.login)?.hash()),
            (None, Some(_)) => None,
        };
        let (done, operator) = match (known, hash) {
            (Some((operator, _)), password_hash) => {
                let change = OperatorChange {
                    name: self.arguments.name.clone(),
                    password_hash,
                    grade: self.grade,
                    roles: self.roles,
                    disabled: self.arguments.disabled,
                };
                ("changed", store.change_operator(operator.id, change).await.map_err(failed)?)
            }
            (None, Some(password_hash)) => {
                let new = NewOperator {
                    name: self.arguments.name.clone().unwrap_or_else(|| self.login.clone()),
                    login: self.login.clone(),
                    password_hash,
                    grade: self.grade.unwrap_or(Grade::Viewer),
                    roles: self.roles.unwrap_or(RoleSet::ALL),
                };
                ("made", Some(store.create_operator(&new).await.map_err(failed)?))
            }
            (None, None) => ("", None),
        };
        let operator = operator.ok_or_else(|| Failure::failed(format!("{} was deleted meanwhile", self.login)))?;
        let disabled = if operator.disabled { ", may not log in" } else { "" };
        Ok(format!("{done}: {}, {} of {}{disabled}", operator.login, operator.grade.name(), operator.roles.names().join(", ")))
    }
}

fn from_file(path: &Path) -> Result<Password, Failure> {
    let failed = |e: std::io::Error| Failure::no_input(format!("{}: can't be read: {e}", path.display()));
    let mut line = String::new();
    if path == Path::new("-") {
        std::io::stdin().lock().read_line(&mut line).map_err(failed)?;
    } else {
        BufReader::new(File::open(path).map_err(failed)?).read_line(&mut line).map_err(failed)?;
    }
    Password::new(line.trim_end_matches(['\r', '\n'])).map_err(Failure::config)
}

/// Asks twice at the terminal, which does not show what is typed.
fn asked(login: &str) -> Result<Password, Failure> {
    let none = || Failure::no_input("no terminal to ask for the password: say --password-file FILE, or - for standard input");
    let terminal = File::options().read(true).write(true).open("/dev/tty").map_err(|_| none())?;
    if !terminal.is_terminal() {
        return Err(none());
    }
    let hidden = Hidden::begin(&terminal)?;
    let first = ask(&terminal, &format!("Password for {login} (12 characters at least): "))?;
    let second = ask(&terminal, "The same again: ")?;
    drop(hidden);
    if first != second {
        return Err(Failure::data("these are two different passwords"));
    }
    Password::new(&first).map_err(Failure::config)
}

fn ask(mut terminal: &File, question: &str) -> Result<String, Failure> {
    terminal.write_all(question.as_bytes()).map_err(Failure::failed)?;
    let mut line = String::new();
    BufReader::new(terminal).read_line(&mut line).map_err(Failure::failed)?;
    terminal.write_all(b"\n").map_err(Failure::failed)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// While it lives, the terminal does not show what is typed.
struct Hidden<'a>(&'a File);

impl<'a> Hidden<'a> {
    fn begin(terminal: &'a File) -> Result<Self, Failure> {
        if stty(terminal, "-echo") {
            Ok(Self(terminal))
        } else {
            Err(Failure::failed("stty can't hide what is typed; use --password-file"))
        }
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        stty(self.0, "echo");
    }
}

fn stty(terminal: &File, what: &str) -> bool {
    let Ok(input) = terminal.try_clone() else { return false };
    Command::new("stty").arg(what).stdin(Stdio::from(input)).status().is_ok_and(|status| status.success())
}
