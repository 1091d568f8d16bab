//! Logging in at an identity provider that others wrote (npm oidc-provider, in `tests/oidc`), in a real browser. Not in CI, which
//! does not install it: `npm install --prefix tests/oidc --no-package-lock`, then `cargo test -p tests oidc`.

use crate::browser::ready;
use std::process::Command;
use std::time::Duration;
use tests::http::{get, request};
use tests::process::{Running, eventually};
use tests::root;
use tests::site::Site;

const LONG: Duration = Duration::from_secs(120);

struct Provider {
    _running: Running,
    issuer: String,
}

fn provider(redirect: &str, groups: &str, algorithm: &str) -> Provider {
    let mut command = Command::new("sh");
    command.args([
        "web/node.sh",
        "node",
        "../tests/oidc/provider.mjs",
        "--redirect",
        redirect,
        "--groups",
        groups,
        "--algorithm",
        algorithm,
    ]);
    let mut running = Running::start(command.current_dir(root()));
    let line = running.wait_for("issuer http", LONG);
    Provider { issuer: line.trim_start_matches("issuer ").to_owned(), _running: running }
}

/// A central whose people log in at the provider.
fn configure(site: &mut Site, provider: &Provider, redirect: &str) {
    let secret = site.dir.path().join("oidc.secret");
    std::fs::write(&secret, "a secret & more\n").unwrap();
    let config = std::fs::read_to_string(site.config()).unwrap();
    let config = config.split("[auth]").next().unwrap();
    let oidc = format!(
        "[auth]\nread = \"required\"\n[auth.oidc]\nname = \"House\"\nissuer = \"{}\"\nclient_id = \"vtoc\"\nclient_secret_file = \"{}\"\n\
         redirect_url = \"{redirect}\"\nscopes = \"openid profile groups\"\n\
         [auth.oidc.grants]\nwatch = {{ grade = \"viewer\", station_roles = [\"intel\"] }}\n\
         duty = {{ grade = \"commander\", station_roles = [\"ops\"] }}\n",
        provider.issuer,
        secret.display()
    );
    site.kill_central();
    std::fs::write(site.config(), format!("{config}{oidc}")).unwrap();
    site.start_central();
    eventually("ready", LONG, || (get(&site.http, "/readyz")?.status == 200).then_some(()));
}

fn see(site: &Site, arguments: &[&str]) {
    let mut command = Command::new("sh");
    command.args(["web/node.sh", "node", "test/see-login.mjs", "--url", &format!("{}/", site.http), "--provider", "House"]);
    let output = command.args(arguments).current_dir(root()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
}

#[test]
fn people_of_a_provider_log_in_with_what_their_groups_give() {
    if !root().join("tests/oidc/node_modules").exists() {
        eprintln!("skipped: tests/oidc/node_modules is missing");
        return;
    }
    let Some(mut site) = Site::start() else { return };
    if !ready() {
        return;
    }
    let redirect = format!("{}/api/v1/auth/oidc/callback", site.http);
    for algorithm in ["RS256", "ES256"] {
        let provider = provider(&redirect, "watch,duty,other", algorithm);
        configure(&mut site, &provider, &redirect);
        let artefacts = root().join("artefacts");
        std::fs::create_dir_all(&artefacts).unwrap();
        // The provider is another at each turn, so this is another Anna: her name is taken.
        let login = format!("anna.{}", algorithm.to_lowercase());
        let picture = artefacts.join("oidc-login.png");
        see(&site, &["--login", &login, "--grade", "commander, sees ops, intel", "--screenshot", picture.to_str().unwrap()]);
        see(&site, &["--login", &login, "--grade", "commander, sees ops, intel"]);
    }
    let other = provider(&redirect, "duty", "RS256");
    configure(&mut site, &other, &redirect);
    see(&site, &["--login", "anna.rs256", "--refused", "The login anna.rs256 is somebody else's here"]);
    let stranger = provider(&redirect, "other", "RS256");
    configure(&mut site, &stranger, &redirect);
    see(&site, &["--login", "eve", "--refused", "none of your groups may do anything here"]);
    // Without a browser that began: refused.
    let forged = request(&site.http, "GET", "/api/v1/auth/oidc/callback?state=x&code=y", "", "").unwrap();
    assert_eq!(forged.status, 403, "{}", forged.body);
    assert!(!forged.head.to_lowercase().contains("set-cookie"), "{}", forged.head);
}
