//! The invariants of ARCHITECTURE.md, each a test.

use std::collections::BTreeMap;
use std::path::Path;
use tests::{files_below, root, rust_files, without_tests};

/// Who may import whom (ARCHITECTURE.md, "Crates"). `tests` and `benches` may import any, `xtask` none.
const ARROWS: [(&str, &[&str]); 8] = [
    ("model", &[]),
    ("decoders", &["model"]),
    ("sim", &["model"]),
    ("hw", &["model"]),
    ("ingest", &["model", "decoders", "hw"]),
    ("uplink", &["model"]),
    ("api", &["model", "uplink"]),
    ("vtoc", &["model", "decoders", "hw", "ingest", "uplink", "api", "sim"]),
];

#[test]
fn arrows_between_crates_point_one_way() {
    let ours: Vec<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    for (name, allowed) in ARROWS {
        let manifest = read(&root().join(name).join("Cargo.toml"));
        let dependencies = section(&manifest, "[dependencies]");
        for line in dependencies.lines() {
            let dependency = line.split(['.', ' ', '=']).next().unwrap_or_default();
            assert!(
                !ours.contains(&dependency) || allowed.contains(&dependency),
                "{name}/Cargo.toml depends on {dependency}; allowed: {allowed:?}"
            );
        }
    }
}

#[test]
fn model_depends_on_nothing() {
    let manifest = read(&root().join("model/Cargo.toml"));
    assert_eq!(section(&manifest, "[dependencies]").trim(), "");
}

#[test]
fn pure_code_reads_no_clock_does_no_io_starts_no_thread() {
    const BANNED: [&str; 12] = [
        "SystemTime",
        "Instant::now",
        "std::fs",
        "std::net",
        "std::thread",
        "std::process",
        "std::io",
        "tokio",
        "std::env",
        "println!",
        "static mut",
        "thread_local!",
    ];
    for folder in ["model/src", "decoders/src", "sim/src", "uplink/src/wire", "uplink/src/session"] {
        each_line(folder, |place, line| {
            for word in BANNED {
                assert!(!line.contains(word), "{place}: pure code must not use {word}");
            }
        });
    }
}

#[test]
fn a_protocol_folder_never_imports_another() {
    let protocols = ["adsb", "ais", "aprs", "uat"];
    for mine in protocols {
        each_line(&format!("decoders/src/{mine}"), |place, line| {
            for other in protocols.iter().filter(|p| **p != mine) {
                let imports = line.contains(&format!("crate::{other}::")) || line.contains(&format!("super::{other}::"));
                assert!(!imports, "{place}: {mine} imports {other}");
            }
        });
    }
}

#[test]
fn sql_lives_in_the_spool_and_the_store_only() {
    for crate_name in ["model", "decoders", "hw", "ingest", "uplink", "api", "sim", "vtoc"] {
        each_line(&format!("{crate_name}/src"), |place, line| {
            let allowed = place.starts_with("uplink/src/spool") || place.starts_with("api/src/store");
            let sql = line.contains("rusqlite::") || line.contains("sqlx::");
            assert!(allowed || !sql, "{place}: SQL outside uplink/spool and api/store");
        });
    }
}

#[test]
fn json_shapes_live_in_dto_and_settings_only() {
    for crate_name in ["model", "decoders", "hw", "ingest", "uplink", "api", "sim", "vtoc"] {
        each_line(&format!("{crate_name}/src"), |place, line| {
            // Ours that go out, the settings, and another program's that come in.
            let ours = ["api/src/dto", "vtoc/src/config", "ingest/src/facts"];
            let allowed = ours.iter().any(|folder| place.starts_with(folder));
            let derives = line.contains("derive(") && (line.contains("Serialize") || line.contains("Deserialize"));
            assert!(allowed || !derives, "{place}: a Serialize type outside api/dto, vtoc/config and ingest/facts");
        });
    }
}

#[test]
fn one_file_names_a_device_crate() {
    each_line("", |place, line| {
        let named = line.contains("rtl_sdr_rs::") && !place.starts_with("tests/");
        assert!(!named || place.starts_with("hw/src/rtlsdr"), "{place}: rtl_sdr_rs is named in hw/src/rtlsdr only");
    });
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut too_long = Vec::new();
    for file in rust_files(&root()) {
        let text = read(&file);
        let place = relative(&file);
        assert!(text.starts_with("//!"), "{place}: opens without saying what it is (//!)");
        let lines = without_tests(&text).lines().count();
        if 400 < lines && !is_test(&place) {
            too_long.push(format!("{place}: {lines}"));
        }
    }
    assert!(too_long.is_empty(), "files over 400 lines without their tests: {too_long:#?}");
}

/// The project speaks of itself alone: no registry's host, no path of somebody's machine.
#[test]
fn no_host_of_a_registry_and_no_path_of_a_machine() {
    let hosts = ["pypi", "npmjs", "debian"].map(|name| match name {
        "pypi" => format!("{name}.org"),
        "npmjs" => format!("registry.{name}"),
        _ => format!("deb.{name}.org"),
    });
    let machine = [format!("{}work/", "/"), format!("{}root/", "/"), format!("{}home/", "/")];
    for file in files_below(&root()) {
        let place = relative(&file);
        // Cargo writes the registry's address into its lock file itself.
        if place == "Cargo.lock" {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        for (number, line) in text.lines().enumerate() {
            for word in hosts.iter().chain(&machine) {
                assert!(!line.contains(word.as_str()), "{place}:{}: names {word}", number + 1);
            }
        }
    }
}

#[test]
fn licences_of_all_dependencies_are_allowed() {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &host_triple()])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let allowed = section_list(&read(&root().join("deny.toml")), "allow = [");
    let exceptions: BTreeMap<&str, &str> = [("rtl-sdr-rs", "MPL-2.0"), ("serialport", "MPL-2.0")].into();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(100 < packages.len());
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or_else(|| panic!("{name} has no licence")).replace('/', " OR ");
        let fine = exceptions.get(name) == Some(&licence.as_str())
            || licence
                .split(" OR ")
                .any(|choice| choice.split(" AND ").all(|one| allowed.iter().any(|a| a == one.trim_matches(['(', ')', ' ']))));
        assert!(fine, "{name}: licence {licence} is not in deny.toml");
    }
}

#[test]
fn the_top_level_is_what_was_asked_for() {
    for name in [
        "Cargo.toml",
        "ingest",
        "decoders",
        "uplink",
        "api",
        "hw",
        "systemd",
        "Cross.toml",
        "migrations",
        "benches",
        "tests",
        "model",
        "sim",
        "vtoc",
        "web",
        "docs",
        "xtask",
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "Cargo.lock",
        "web/package-lock.json",
        "clippy.toml",
        "deny.toml",
        "rust-toolchain.toml",
    ] {
        assert!(root().join(name).exists(), "{name} is missing");
    }
    let architecture = read(&root().join("ARCHITECTURE.md")).lines().count();
    assert!(architecture <= 300, "ARCHITECTURE.md has {architecture} lines; at most 300");
}

/// The platform whose packages this machine has fetched.
fn host_triple() -> String {
    let output = std::process::Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|l| l.strip_prefix("host: ")).unwrap().to_owned()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// Calls `check` with `file:line` and the text of each line of code (no tests, no comments) below `folder`.
fn each_line(folder: &str, check: impl Fn(&str, &str)) {
    for file in rust_files(&root().join(folder)) {
        let place = relative(&file);
        if is_test(&place) {
            continue;
        }
        let text = read(&file);
        for (number, line) in without_tests(&text).lines().enumerate() {
            let code = line.trim_start();
            if !code.starts_with("//") {
                check(&format!("{place}:{}", number + 1), line);
            }
        }
    }
}

/// Files and folders of tests: `tests/`, `tests.rs`, `x_tests.rs`, `x_tests/`, `testing/`, `no_alloc.rs`.
fn is_test(place: &str) -> bool {
    let part =
        |p: &str| matches!(p.trim_end_matches(".rs"), "tests" | "testing" | "no_alloc") || p.trim_end_matches(".rs").ends_with("_tests");
    place.split('/').skip(1).any(part)
}

/// The lines of a TOML section.
fn section<'a>(text: &'a str, header: &str) -> &'a str {
    let Some(at) = text.find(header) else { return "" };
    let rest = &text[at + header.len()..];
    rest.find("\n[").map_or(rest, |end| &rest[..end])
}

/// The strings of a one-line TOML list.
fn section_list(text: &str, start: &str) -> Vec<String> {
    let line = text.lines().find(|l| l.starts_with(start)).expect("deny.toml has an allow list");
    line.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}
