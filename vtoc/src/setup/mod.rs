//! `vtoc setup MODE`: from a few answers to a deployment. May be run again: what is there is kept, what is missing is made.
//!
//! ```text
//!   inputs (file, environment, terminal) ─► plan ─┬─ --dry-run: printed, nothing else
//!                                                 ├─ files: .env.local, .env.station (0600) and what belongs to the mode
//!                                                 └─ --apply: databases, logins, tables, stations, enrolment (`apply`)
//! ```
//! Constraint: no secret on the screen but a station's enrolment token, which is good once.

mod answers;
#[cfg(feature = "central")]
mod apply;
mod compose;
mod env_file;
mod pi;
mod stations;
mod terraform;
mod values;

use crate::cli::{SetupArgs, SetupMode};
use crate::config::inputs::{HardwareProfile, Inputs};
use crate::failure::Failure;
use answers::Asker;
use env_file::EnvFile;
use stations::KnownStation;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use values::Change;

pub fn run(arguments: &SetupArgs) -> Result<(), Failure> {
    let Some(mode) = arguments.mode else { return central(arguments) };
    let inputs = inputs(arguments, mode)?;
    let plan = Plan::of(mode, &inputs, &arguments.out)?;
    plan.tell();
    if arguments.dry_run {
        return told_apply(arguments, mode, &plan);
    }
    std::fs::create_dir_all(&arguments.out).map_err(|e| Failure::cannot_write(format!("{}: {e}", arguments.out.display())))?;
    // First the database: the files then hold what is true.
    let plan = if arguments.apply { applied(arguments, mode, plan)? } else { plan };
    plan.write()?;
    next_steps(arguments, mode, &plan)
}

/// Without a mode.
fn central(arguments: &SetupArgs) -> Result<(), Failure> {
    #[cfg(feature = "central")]
    return crate::provision::setup(arguments);
    #[cfg(not(feature = "central"))]
    {
        let _ = crate::check::load(&arguments.options)?;
        Err(Failure::config("this build has no central to prepare: say `vtoc setup pi` for a station"))
    }
}

fn inputs(arguments: &SetupArgs, mode: SetupMode) -> Result<Inputs, Failure> {
    let environment = |name: &str| std::env::var(name).ok();
    // The older system's flag for its inputs is ours for settings: told apart by what is in it.
    let json = |path: &&PathBuf| path.extension().is_some_and(|e| e == "json");
    let file = arguments.inputs.as_ref().or_else(|| arguments.options.config.as_ref().filter(json));
    let text = match &arguments.config_json {
        Some(text) => text.clone(),
        None => answers::text(file.map(PathBuf::as_path), environment)?,
    };
    let mut inputs = answers::parse(&text, environment)?;
    if mode == SetupMode::Pi {
        inputs.hardware_profile = Some(HardwareProfile::Pi);
    }
    if inputs.database.url.is_none() {
        inputs.database.url = environment("DATABASE_URL").filter(|url| !url.is_empty());
    }
    let from_stdin = file.is_some_and(|f| f == Path::new("-"));
    let mut asker = Asker::new(std::io::stdin().lock(), std::io::stderr(), arguments.headless || from_stdin);
    ask(&mut inputs, mode, &mut asker)?;
    Ok(inputs)
}

fn ask<R: BufRead, W: Write>(inputs: &mut Inputs, mode: SetupMode, asker: &mut Asker<R, W>) -> Result<(), Failure> {
    let station = &mut inputs.station;
    if mode == SetupMode::Pi || inputs.station_roles.is_empty() {
        let default = if mode == SetupMode::Pi { Some("ops") } else { None };
        asker.fill(&mut station.role, "station.role", "role of this station: ops, intel or logistics (empty: this is none)", default)?;
        if station.role.is_some() {
            asker.fill(
                &mut station.callsign,
                "station.callsign",
                "its call sign",
                station.role.clone().map(|r| r.to_uppercase()).as_deref(),
            )?;
        }
    }
    match mode {
        SetupMode::Local => {
            asker.fill(
                &mut inputs.database.url,
                "database.url",
                "PostgreSQL, e.g. postgres://user:password@host/postgres (empty: later)",
                None,
            )?;
        }
        SetupMode::Pi => {
            asker.fill(&mut station.central, "station.central", "where the central listens for stations, host:port (empty: none)", None)?;
        }
        SetupMode::Container | SetupMode::Cloud => {}
    }
    asker.fill(
        &mut inputs.chatkit.webhook_secret,
        "chatkit.webhookSecret",
        "what callers of the chat's webhook sign with (empty: make one)",
        None,
    )
}

/// What is to be written.
#[derive(Debug)]
pub struct Plan {
    pub inputs: Inputs,
    pub out: PathBuf,
    /// The central's environment; none on a small board.
    pub local: Option<Change>,
    pub station: Option<Change>,
    /// Whole files, made anew each time: (path, text).
    pub files: Vec<(PathBuf, String)>,
    pub stations: Vec<KnownStation>,
    pub notes: Vec<String>,
}

impl Plan {
    fn of(mode: SetupMode, inputs: &Inputs, out: &Path) -> Result<Self, Failure> {
        let read = |name: &str| EnvFile::read(&out.join(name)).map(Change::of).map_err(Failure::no_input);
        let mut plan = Self {
            inputs: inputs.clone(),
            out: out.to_owned(),
            local: if mode == SetupMode::Pi { None } else { Some(read(LOCAL)?) },
            station: None,
            files: Vec::new(),
            stations: stations::all(inputs)?,
            notes: notes(inputs),
        };
        if let Some(me) = stations::mine(inputs)? {
            let mut change = read(STATION)?;
            values::station(inputs, &me, &mut change)?;
            plan.station = Some(change);
        }
        if let Some(local) = &mut plan.local {
            if mode == SetupMode::Container && compose::with_database(inputs) {
                local.set("COMPOSE_PROJECT_NAME", &terraform::plain(values::project(inputs)))?;
                local.made("POSTGRES_PASSWORD", None, values::secret)?;
                let password = local.file.get("POSTGRES_PASSWORD").unwrap_or_default().to_owned();
                local.set("DATABASE_URL", &format!("postgres://postgres:{password}@database:5432/postgres"))?;
            }
            values::local(inputs, local)?;
        }
        plan.add_files(mode);
        Ok(plan)
    }

    fn add_files(&mut self, mode: SetupMode) {
        let out = self.out.clone();
        match mode {
            SetupMode::Local => {}
            SetupMode::Container => {
                let made = compose::generate(&self.inputs);
                self.files.push((out.join(COMPOSE), made.compose));
                self.files.extend(made.proxy.map(|text| (out.join("traefik.generated.yml"), text)));
            }
            SetupMode::Cloud => {
                let files = terraform::generate(&self.inputs);
                self.files.extend(files.into_iter().map(|(name, text)| (out.join("infra/terraform").join(name), text)));
            }
            SetupMode::Pi => self.files.push((out.join("vtoc.generated.toml"), pi::settings(&self.inputs))),
        }
    }

    #[expect(clippy::print_stdout, reason = "what would be done, or is done")]
    fn tell(&self) {
        for (name, change) in [(LOCAL, &self.local), (STATION, &self.station)] {
            let Some(change) = change else { continue };
            let what = if change.names.is_empty() { "as it is".to_owned() } else { format!("sets {}", change.names.join(", ")) };
            println!("{} (mode 0600): {what}", self.out.join(name).display());
        }
        for (path, text) in &self.files {
            let same = std::fs::read_to_string(path).is_ok_and(|old| old == *text);
            println!("{}: {}", path.display(), if same { "as it is" } else { "written" });
        }
        self.notes.iter().for_each(|note| println!("note: {note}"));
    }

    fn write(&self) -> Result<(), Failure> {
        for (name, change) in [(LOCAL, &self.local), (STATION, &self.station)] {
            if let Some(change) = change {
                change.file.write(&self.out.join(name)).map_err(Failure::cannot_write)?;
            }
        }
        for (path, text) in &self.files {
            let failed = |e: std::io::Error| Failure::cannot_write(format!("{}: {e}", path.display()));
            path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)?;
            std::fs::write(path, text).map_err(failed)?;
        }
        Ok(())
    }
}

const LOCAL: &str = ".env.local";
const STATION: &str = ".env.station";
const COMPOSE: &str = "docker-compose.generated.yml";

/// What was asked for and is not ours to give.
fn notes(inputs: &Inputs) -> Vec<String> {
    let wanted = [("n8n", inputs.services.n8n), ("wazuh", inputs.services.wazuh)];
    let left_out = |name: &str| format!("services.{name}: not part of vTOC, left out; run it beside");
    let mut notes: Vec<String> = wanted.iter().filter(|(_, wanted)| *wanted == Some(true)).map(|(name, _)| left_out(name)).collect();
    if inputs.supabase.url.is_some() {
        notes.push("supabase: its variables are written for programs that read them; vTOC keeps its data in PostgreSQL itself".into());
    }
    notes
}

fn told_apply(arguments: &SetupArgs, mode: SetupMode, plan: &Plan) -> Result<(), Failure> {
    #[cfg(feature = "central")]
    if arguments.apply && mode == SetupMode::Local {
        return apply::tell(plan, &state_dir(arguments));
    }
    let _ = (arguments, mode, plan);
    Ok(())
}

fn applied(arguments: &SetupArgs, mode: SetupMode, plan: Plan) -> Result<Plan, Failure> {
    match mode {
        #[cfg(feature = "central")]
        SetupMode::Local => apply::apply(plan, &state_dir(arguments)),
        #[cfg(not(feature = "central"))]
        SetupMode::Local => Err(Failure::config("this build has no central: --apply needs one that has")),
        SetupMode::Cloud => Err(Failure::config("--apply: `terraform apply` in infra/terraform is yours to run")),
        SetupMode::Container | SetupMode::Pi => {
            let _ = arguments;
            Ok(plan)
        }
    }
}

/// Where the certificate authority lies.
#[cfg(feature = "central")]
fn state_dir(arguments: &SetupArgs) -> PathBuf {
    arguments.state_dir.clone().unwrap_or_else(|| arguments.out.join("state"))
}

#[expect(clippy::print_stdout, reason = "what a person does next")]
fn next_steps(arguments: &SetupArgs, mode: SetupMode, plan: &Plan) -> Result<(), Failure> {
    let up = ["compose", "-f", COMPOSE, "--env-file", LOCAL, "up", "-d", "--build"];
    match mode {
        SetupMode::Container if arguments.apply => return start(&arguments.out, &up),
        SetupMode::Container => println!("next: docker {}", up.join(" ")),
        SetupMode::Cloud => println!("next: terraform init && terraform plan, in infra/terraform"),
        SetupMode::Local if !arguments.apply => println!("next: the same with --apply, or `vtoc setup` with the variables of {LOCAL} set"),
        SetupMode::Local => println!("next: the variables of {LOCAL} set, `vtoc operator LOGIN --grade admin`, then `vtoc central`"),
        SetupMode::Pi => println!("next: on the central `vtoc enroll`, here `vtoc join`, then `vtoc station --config vtoc.generated.toml`"),
    }
    if std::io::stdout().is_terminal() && mode == SetupMode::Container {
        for s in &plan.stations {
            println!("then, for each station: docker compose -f {COMPOSE} exec central vtoc enroll {} --role {}", s.slug, s.role);
        }
    }
    Ok(())
}

/// Nothing of what runs comes from the inputs.
fn start(dir: &Path, arguments: &[&str]) -> Result<(), Failure> {
    let status = std::process::Command::new("docker").args(arguments).current_dir(dir).status();
    let status = status.map_err(|e| Failure::unavailable(format!("docker: {e}; the files are written")))?;
    if status.success() { Ok(()) } else { Err(Failure::failed(format!("docker {}: {status}", arguments.join(" ")))) }
}
