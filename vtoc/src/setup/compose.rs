//! `docker-compose.generated.yml`: the central with its database, and a reverse proxy before it when asked for.
//!
//! ```text
//!   Internet ─► traefik ─ edge ─► central ─ data (internal: no way out) ─► database
//!   stations ─► central:7443/udp (QUIC with mutual TLS: nothing may stand between)
//! ```
//! Nothing but the proxy (or, without one, this machine's loopback) reaches the API, nothing but the central the database.
//! No password is in the file: `.env.local` holds them. The proxy reads its routes from a file, not from the Docker socket, which would
//! give whoever breaks it the machine.

use crate::config::inputs::Inputs;

const TRAEFIK: &str = "traefik:v3.3";

#[derive(Debug)]
pub struct ComposeFile {
    pub compose: String,
    /// The proxy's routes; `None` without one.
    pub proxy: Option<String>,
}

/// Whether a PostgreSQL comes along.
pub fn with_database(inputs: &Inputs) -> bool {
    inputs.services.postgres.unwrap_or(inputs.database.url.is_none())
}

pub fn generate(inputs: &Inputs) -> ComposeFile {
    let proxy = inputs.services.traefik.unwrap_or(false);
    let database = with_database(inputs);
    let mut text = String::from("# Made by `vtoc setup container`; run it again to change it.\nservices:\n");
    text += &central(proxy, database);
    if database {
        text += DATABASE;
    }
    if proxy {
        text += &traefik();
    }
    text += "\nnetworks:\n  edge: {}\n  data:\n    internal: true\n\nvolumes:\n  state: {}\n";
    if database {
        text += "  database: {}\n";
    }
    if proxy {
        text += "  certificates: {}\n";
    }
    ComposeFile { compose: text, proxy: proxy.then(|| PROXY.to_owned()) }
}

fn central(proxy: bool, database: bool) -> String {
    let wait = |condition: &str, service: &str| format!("      {service}:\n        condition: {condition}\n");
    let on_database = if database { wait("service_healthy", "database") } else { String::new() };
    let needs = if on_database.is_empty() { String::new() } else { format!("    depends_on:\n{on_database}") };
    let http = if proxy { "" } else { "      - \"127.0.0.1:8080:8080\"\n" };
    let forwarded = if proxy { "      VTOC__AUTH__TRUST_FORWARDED: \"true\"\n      VTOC__AUTH__SECURE_COOKIES: \"true\"\n" } else { "" };
    let common = "    image: ${VTOC_IMAGE_REPO:-vtoc}:${VTOC_IMAGE_TAG:-latest}\n    build: .\n    env_file: [.env.local]\n    volumes: [\"state:/var/lib/vtoc\"]\n    \
                  networks: [edge, data]\n    read_only: true\n    cap_drop: [ALL]\n    security_opt: [\"no-new-privileges:true\"]\n";
    let labels = if proxy { LABELS } else { "" };
    format!(
        "  # Databases, tables and the certificate authority: made or brought up to date, then it ends.\n  prepare:\n{common}    \
         command: [\"setup\", \"--no-token\", \"--state-dir\", \"/var/lib/vtoc\"]\n    restart: \"no\"\n{needs}\n  central:\n{common}    \
         command: [\"central\", \"--listen\", \"0.0.0.0:8080\", \"--state-dir\", \"/var/lib/vtoc\"]\n    restart: unless-stopped\n    \
         stop_grace_period: 20s\n    environment:\n      VTOC__CENTRAL__UPLINK_LISTEN: 0.0.0.0:7443\n{forwarded}{labels}    ports:\n{http}      \
         - \"7443:7443/udp\"\n    depends_on:\n{}{on_database}\n",
        wait("service_completed_successfully", "prepare"),
    )
}

/// For a proxy of one's own that reads labels; the one generated here reads a file.
const LABELS: &str = "    labels:
      traefik.enable: \"true\"
      traefik.docker.network: edge
      traefik.http.routers.vtoc.rule: Host(`${VTOC_HOST:-vtoc.local}`)
      traefik.http.routers.vtoc.entrypoints: websecure
      traefik.http.routers.vtoc.tls: \"true\"
      traefik.http.services.vtoc.loadbalancer.server.port: \"8080\"
";

const DATABASE: &str = "  database:
    image: ${VTOC_POSTGRES_IMAGE:-postgres:15}
    restart: unless-stopped
    environment:
      POSTGRES_PASSWORD: \"${POSTGRES_PASSWORD:?is in .env.local, say --env-file .env.local}\"
    volumes: [\"database:/var/lib/postgresql/data\"]
    networks: [data]
    healthcheck:
      test: [\"CMD-SHELL\", \"pg_isready -U postgres\"]
      interval: 2s
      retries: 30

";

fn traefik() -> String {
    format!(
        "  traefik:
    image: {TRAEFIK}
    restart: unless-stopped
    command:
      - --providers.file.filename=/etc/traefik/routes.yml
      - --entrypoints.web.address=:80
      - --entrypoints.web.http.redirections.entrypoint.to=websecure
      - --entrypoints.websecure.address=:443
      - --certificatesresolvers.public.acme.email=${{VTOC_ACME_EMAIL:-}}
      - --certificatesresolvers.public.acme.storage=/certificates/acme.json
      - --certificatesresolvers.public.acme.tlschallenge=true
    environment:
      VTOC_HOST: ${{VTOC_HOST:-vtoc.local}}
    ports: [\"80:80\", \"443:443\"]
    volumes:
      - ./traefik.generated.yml:/etc/traefik/routes.yml:ro
      - certificates:/certificates
    networks: [edge]
    security_opt: [\"no-new-privileges:true\"]
    labels:
      - traefik.enable=false
    depends_on: [central]

"
    )
}

/// Traefik's file provider puts environment variables in by itself.
const PROXY: &str = "# Made by `vtoc setup container`.
http:
  routers:
    vtoc:
      rule: 'Host(`{{ env \"VTOC_HOST\" }}`)'
      entryPoints: [websecure]
      service: central
      tls:
        certResolver: public
  services:
    central:
      loadBalancer:
        servers:
          - url: http://central:8080
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::inputs::parse;

    #[test]
    fn the_database_and_the_api_are_not_published() {
        let text = generate(&parse(r#"{"services": {"traefik": true}}"#).unwrap()).compose;
        assert!(!text.contains("5432") && !text.contains("8080:8080") && text.contains("internal: true"), "{text}");
        assert!(!text.contains("docker.sock") && text.contains("7443:7443/udp"));
        let alone = generate(&parse(r#"{"database": {"url": "postgres://h/d"}}"#).unwrap());
        assert!(alone.proxy.is_none() && !alone.compose.contains("pg_isready") && alone.compose.contains("127.0.0.1:8080:8080"));
    }
}
