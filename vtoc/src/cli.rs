//! The command line: what `vtoc --help` teaches.

use crate::config::{AudioName, ModemName, ProfileName, RecordingFormat};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  vtoc decode recording_2400k.cu8            what is in a recording: one JSON line per event
  vtoc station --demo                        a station under a simulated sky; console on http://127.0.0.1:8080
  vtoc station --config /etc/vtoc/vtoc.toml  a station as configured
  vtoc check --config vtoc.toml              is this configuration right? file, line and column of what isn't
  vtoc operator anna --grade admin           on the central: the first who may log in
  vtoc demo                                  central, private Postgres and two stations, all on this machine

Exit codes: 0 done, 1 failed, 2 wrong arguments, 65 input can't be understood, 66 input not found,
69 something needed is not available, 73 output can't be written, 78 wrong configuration.";

#[derive(Debug, Parser)]
#[command(name = "vtoc", version, about = "Virtual tactical operations centre: field stations, central, console.", after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Decode a recording: one JSON line per event on stdout, a summary on stderr.
    Decode(DecodeArgs),
    /// Run a field station: receivers, spool, uplink and its own console.
    Station(StationArgs),
    /// Run the central: intake from stations, PostgreSQL, API and console.
    #[cfg(feature = "central")]
    Central(CentralArgs),
    /// Everything on this machine: a private PostgreSQL, the central, two stations under a simulated sky.
    #[cfg(feature = "central")]
    Demo(DemoArgs),
    /// Write a simulated signal, and the truth about it.
    Sim(SimArgs),
    /// Validate configuration without starting anything.
    Check(ConfigOptions),
    /// Prepare a deployment: environment files and what belongs to them (local, container, cloud, pi). Without a mode, the central's
    /// databases, certificate authority and a first API token.
    Setup(SetupArgs),
    /// On the central: make a station known, and print the token with which it joins.
    #[cfg(feature = "central")]
    Enroll(EnrollArgs),
    /// On the central: make an operator who logs in, or change one. The password is asked for, or read from a file.
    #[cfg(feature = "central")]
    Operator(OperatorArgs),
    /// On a station: make a key, and get its certificate from the central with a token.
    Join(JoinArgs),
    /// Print shell completions.
    Completions { shell: clap_complete::Shell },
}

/// Where configuration comes from. Weakest first: defaults, the file, `conf.d/*.toml` beside it, `VTOC__SECTION__KEY`, `--set`.
#[derive(Clone, Debug, Default, Args)]
pub struct ConfigOptions {
    /// Configuration file. Default: /etc/vtoc/vtoc.toml when it exists.
    #[arg(long, value_name = "FILE", env = "VTOC_CONFIG")]
    pub config: Option<PathBuf>,
    /// Set one value, e.g. `--set station.id=alpha` (may be repeated).
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    pub set: Vec<String>,
    /// Print the settings in force as TOML, and exit.
    #[arg(long)]
    pub print_config: bool,
}

/// A help text with the list of protocols in it.
fn protocols(what: &str) -> String {
    let lines: Vec<String> = decoders::PROTOCOLS.iter().map(|p| format!("{} ({})", p.protocol, p.summary)).collect();
    format!("{what}: {}", lines.join("; "))
}

#[derive(Debug, Args)]
pub struct DecodeArgs {
    /// IQ recording (.cu8 .cs16 .cf32 .wav), FM audio (.wav .s16), frames as text (.txt .avr .hex .csv) or Beast (.beast .bin), AIS sentences (.nmea .nm4).
    pub file: PathBuf,
    #[arg(long, help = protocols("What is in it (default: ais for sentences, else adsb)"))]
    pub protocol: Option<String>,
    /// One line per accepted frame instead of per event.
    #[arg(long)]
    pub raw: bool,
    /// Samples per second. Default: what the name says (`…_2400k.cu8`, `…_2.4M.cu8`), else the protocol's own.
    #[arg(long, value_name = "SPS")]
    pub rate: Option<u32>,
    /// Where the recording is tuned. Default: what the name says (`…_162M_288k.cu8`), else the protocol's own.
    #[arg(long, value_name = "HZ")]
    pub center: Option<u64>,
    /// How samples are stored. Default: by the name's ending.
    #[arg(long, value_enum)]
    pub format: Option<RecordingFormat>,
    /// The recording is an FM receiver's audio: this channel of it. A WAV file of one channel is audio anyway.
    #[arg(long, value_enum)]
    pub audio: Option<AudioName>,
    /// How APRS is sent.
    #[arg(long, value_enum, default_value_t = ModemName::Afsk1200)]
    pub modem: ModemName,
    /// The recording stores Q before I.
    #[arg(long)]
    pub iq_swap: bool,
    /// Decode the recording this often, as if it were one (address filters stay warm).
    #[arg(long, value_name = "TIMES", default_value_t = 1)]
    pub repeat: u32,
    /// UTC of the first sample, RFC 3339. Default: 1970-01-01T00:00:00Z, so that output is the same every time.
    #[arg(long, value_name = "TIME")]
    pub start: Option<String>,
    /// Where the antenna was, `latitude,longitude` in degrees: resolves surface positions.
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    pub site: Option<String>,
    /// How hard to try.
    #[arg(long, value_enum, default_value_t = ProfileName::Full)]
    pub profile: ProfileName,
    /// Accept each frame once only (distinct frames).
    #[arg(long)]
    pub distinct: bool,
}

#[derive(Debug, Args)]
pub struct StationArgs {
    #[command(flatten)]
    pub options: ConfigOptions,
    /// A simulated sky instead of receivers; nothing is kept after the end unless a state directory is given.
    #[arg(long)]
    pub demo: bool,
    /// Where console and API listen.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Where the spool and the keys lie.
    #[arg(long, value_name = "DIR", env = "STATE_DIRECTORY")]
    pub state_dir: Option<PathBuf>,
    /// Stop when standard input ends (whoever started us has gone).
    #[arg(long, hide = true)]
    pub until_stdin_closes: bool,
}

#[cfg(feature = "central")]
#[derive(Debug, Args)]
pub struct CentralArgs {
    #[command(flatten)]
    pub options: ConfigOptions,
    /// Where console and API listen.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Where the certificate authority and the server's key lie.
    #[arg(long, value_name = "DIR", env = "STATE_DIRECTORY")]
    pub state_dir: Option<PathBuf>,
    /// Stop when standard input ends (whoever started us has gone).
    #[arg(long, hide = true)]
    pub until_stdin_closes: bool,
}

#[cfg(feature = "central")]
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where everything lies; may be deleted afterwards.
    #[arg(long, value_name = "DIR", default_value = ".demo")]
    pub dir: PathBuf,
    /// Where the central's console listens.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// How many aircraft fly.
    #[arg(long, default_value_t = 40)]
    pub aircraft: u16,
    /// End after so many seconds (tests).
    #[arg(long, value_name = "SECONDS", hide = true)]
    pub for_seconds: Option<u64>,
}

#[derive(Debug, Args)]
pub struct SimArgs {
    /// Where the signal goes (.cu8 .cs16 .cf32 by its ending); `-` is stdout.
    pub output: PathBuf,
    /// Where the truth goes, as JSON lines.
    #[arg(long, value_name = "FILE")]
    pub truth: Option<PathBuf>,
    #[arg(long, default_value = "adsb", help = protocols("What is simulated"))]
    pub protocol: String,
    /// Seconds of signal.
    #[arg(long, default_value_t = 10.0)]
    pub seconds: f64,
    /// Samples per second. Default: the protocol's own.
    #[arg(long, value_name = "SPS")]
    pub rate: Option<u32>,
    /// Which sky: the same seed gives the same.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many aircraft.
    #[arg(long, default_value_t = 40)]
    pub aircraft: u16,
    /// Where the antenna is, `latitude,longitude` in degrees.
    #[arg(long, value_name = "LAT,LON", default_value = "52.3,4.8", allow_hyphen_values = true)]
    pub site: String,
    /// Standard deviation of the noise in each of I and Q, in steps of 8 bits (full scale 128). Default: as an RTL-SDR has it.
    #[arg(long)]
    pub noise: Option<f32>,
}

#[derive(Debug, Args)]
pub struct SetupArgs {
    /// What is prepared (docs/setup.md). Default: the central's databases, as configured.
    #[arg(value_enum, env = "VTOC_SETUP_MODE")]
    pub mode: Option<SetupMode>,
    #[command(flatten)]
    pub options: ConfigOptions,
    /// Where the certificate authority and the server's key lie. Default with a mode: `state` in the output folder.
    #[arg(long, value_name = "DIR", env = "STATE_DIRECTORY")]
    pub state_dir: Option<PathBuf>,
    /// Print what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Make no API token (without a mode).
    #[arg(long)]
    pub no_token: bool,
    /// The inputs, JSON as scripts/inputs.schema.json says; `-` is standard input. Default: the environment variable VTOC_CONFIG_JSON.
    /// With a mode, `--config FILE.json` means the same.
    #[arg(long, value_name = "FILE", requires = "mode")]
    pub inputs: Option<PathBuf>,
    /// The inputs themselves.
    #[arg(long, value_name = "JSON", requires = "mode", conflicts_with = "inputs")]
    pub config_json: Option<String>,
    /// Ask nothing: what is missing is made up where that is safe, else an error.
    #[arg(long, requires = "mode")]
    pub headless: bool,
    /// Also do it: databases, login roles, tables, stations and their enrolment (local); start the containers (container).
    #[arg(long, requires = "mode")]
    pub apply: bool,
    /// Where files are written.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
pub enum SetupMode {
    /// A central on this machine, or beside a PostgreSQL that is there: .env.local and .env.station.
    Local,
    /// Containers: docker-compose.generated.yml as well.
    Container,
    /// A managed PostgreSQL at a cloud provider: Terraform in infra/terraform as well.
    Cloud,
    /// A field station on a small board: .env.station and vtoc.generated.toml. SQLite only.
    Pi,
}

#[cfg(feature = "central")]
#[derive(Debug, Args)]
pub struct EnrollArgs {
    #[command(flatten)]
    pub options: ConfigOptions,
    /// The station to make known: 1 to 64 of a-z, 0-9 and -.
    #[arg(value_name = "STATION")]
    pub station: String,
    /// The role whose database keeps the station's events.
    #[arg(long, default_value = "ops")]
    pub role: String,
    /// For a station on this same machine: write its key and certificates here instead of printing a token.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Where the central's certificate authority lies.
    #[arg(long, value_name = "DIR", env = "STATE_DIRECTORY")]
    pub state_dir: Option<PathBuf>,
}

#[cfg(feature = "central")]
#[derive(Debug, Args)]
pub struct OperatorArgs {
    #[command(flatten)]
    pub options: ConfigOptions,
    /// What they log in with: a-z, 0-9, and . _ @ - within.
    #[arg(value_name = "LOGIN")]
    pub login: String,
    /// viewer, operator, commander or admin. Default for a new one: viewer.
    #[arg(long)]
    pub grade: Option<String>,
    /// Which stations' data: of ops, intel, logistics, with commas. Default for a new one: all.
    #[arg(long, value_name = "ROLES", value_delimiter = ',')]
    pub roles: Vec<String>,
    /// Their name, for people. Default for a new one: the login.
    #[arg(long)]
    pub name: Option<String>,
    /// Read the password from this file's first line; `-` is standard input. Default: ask at the terminal (a new one), keep it.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// They may not log in any more; with `=false` they may again.
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    pub disabled: Option<bool>,
}

#[derive(Debug, Args)]
pub struct JoinArgs {
    #[command(flatten)]
    pub options: ConfigOptions,
    /// What `vtoc enroll` printed on the central. Good once, for 15 minutes. `-` reads it from standard input.
    pub token: String,
    /// Where the central listens for stations. Default: `uplink.central`.
    #[arg(long, value_name = "HOST:PORT")]
    pub central: Option<String>,
    /// Where the station keeps its key.
    #[arg(long, value_name = "DIR", env = "STATE_DIRECTORY")]
    pub state_dir: Option<PathBuf>,
}
