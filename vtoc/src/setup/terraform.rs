//! `infra/terraform`: a managed PostgreSQL at a cloud provider, and on it a database with a login role of its own per station role.
//!
//! Passwords are variables marked sensitive: they come from the environment (`TF_VAR_…`) and are in no file made here.

use super::values::project;
use crate::config::inputs::{CloudProvider, Inputs};
use std::fmt::Write as _;

/// (file name, text).
pub type Files = Vec<(&'static str, String)>;

pub fn generate(inputs: &Inputs) -> Files {
    let provider = inputs.cloud.provider.unwrap_or(CloudProvider::Aws);
    let region = inputs.cloud.region.clone().unwrap_or_else(|| default_region(provider).to_owned());
    let name = project(inputs);
    vec![
        ("versions.tf", versions(provider)),
        ("variables.tf", variables(&region)),
        ("server.tf", server(provider, name)),
        ("roles.tf", roles()),
        ("outputs.tf", OUTPUTS.to_owned()),
    ]
}

const fn default_region(provider: CloudProvider) -> &'static str {
    match provider {
        CloudProvider::Aws => "us-east-1",
        CloudProvider::Gcp => "us-east1",
        CloudProvider::Azure => "eastus",
    }
}

fn versions(provider: CloudProvider) -> String {
    let (name, source, version) = match provider {
        CloudProvider::Aws => ("aws", "hashicorp/aws", "~> 5.0"),
        CloudProvider::Gcp => ("google", "hashicorp/google", "~> 6.0"),
        CloudProvider::Azure => ("azurerm", "hashicorp/azurerm", "~> 4.0"),
    };
    let configuration = match provider {
        CloudProvider::Aws | CloudProvider::Gcp => "  region = var.region\n",
        CloudProvider::Azure => "  features {}\n",
    };
    format!(
        "# Made by `vtoc setup cloud`.
terraform {{
  required_version = \">= 1.5\"
  required_providers {{
    {name} = {{
      source  = \"{source}\"
      version = \"{version}\"
    }}
    postgresql = {{
      source  = \"cyrilgdn/postgresql\"
      version = \"~> 1.25\"
    }}
  }}
}}

provider \"{name}\" {{
{configuration}}}

provider \"postgresql\" {{
  host      = local.server.host
  port      = local.server.port
  username  = local.server.admin
  password  = var.admin_password
  sslmode   = \"require\"
  superuser = false
}}
"
    )
}

fn variables(region: &str) -> String {
    let mut text =
        String::from("# Made by `vtoc setup cloud`. Give the passwords by the environment: TF_VAR_admin_password and TF_VAR_passwords.\n");
    let region = quoted(region);
    let _ = write!(text, "variable \"region\" {{\n  type    = string\n  default = {region}\n}}\n\n");
    text += "variable \"admin_password\" {\n  type      = string\n  sensitive = true\n}\n\n";
    text += "# {\"control\": \"…\", \"ops\": \"…\", \"intel\": \"…\", \"logistics\": \"…\"}\n";
    text += "variable \"passwords\" {\n  type      = map(string)\n  sensitive = true\n}\n";
    text
}

fn server(provider: CloudProvider, project: &str) -> String {
    let name = quoted(&plain(project));
    let (resource, host, admin) = match provider {
        CloudProvider::Aws => (AWS, "aws_db_instance.vtoc.address", "aws_db_instance.vtoc.username"),
        CloudProvider::Gcp => (GCP, "google_sql_database_instance.vtoc.public_ip_address", "google_sql_user.admin.name"),
        CloudProvider::Azure => {
            (AZURE, "azurerm_postgresql_flexible_server.vtoc.fqdn", "azurerm_postgresql_flexible_server.vtoc.administrator_login")
        }
    };
    format!(
        "# Made by `vtoc setup cloud`: a start. Who may reach the server (network, firewall) is yours to say.
{}
locals {{
  server = {{
    host  = {host}
    port  = 5432
    admin = {admin}
  }}
}}
",
        resource.replace("NAME", &name)
    )
}

const AWS: &str = "resource \"aws_db_instance\" \"vtoc\" {
  identifier            = NAME
  engine                = \"postgres\"
  engine_version        = \"15\"
  instance_class        = \"db.t4g.medium\"
  allocated_storage     = 50
  max_allocated_storage = 500
  storage_encrypted     = true
  username              = \"vtoc_admin\"
  password              = var.admin_password
  publicly_accessible   = false
  deletion_protection   = true
  backup_retention_period = 14
}
";

const GCP: &str = "resource \"google_sql_database_instance\" \"vtoc\" {
  name                = NAME
  database_version    = \"POSTGRES_15\"
  region              = var.region
  deletion_protection = true

  settings {
    tier = \"db-custom-2-7680\"

    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
    }
  }
}

resource \"google_sql_user\" \"admin\" {
  name     = \"vtoc_admin\"
  instance = google_sql_database_instance.vtoc.name
  password = var.admin_password
}
";

const AZURE: &str = "resource \"azurerm_resource_group\" \"vtoc\" {
  name     = NAME
  location = var.region
}

resource \"azurerm_postgresql_flexible_server\" \"vtoc\" {
  name                          = NAME
  resource_group_name           = azurerm_resource_group.vtoc.name
  location                      = azurerm_resource_group.vtoc.location
  version                       = \"15\"
  administrator_login           = \"vtoc_admin\"
  administrator_password        = var.admin_password
  sku_name                      = \"GP_Standard_D2s_v3\"
  storage_mb                    = 65536
  backup_retention_days         = 14
  public_network_access_enabled = false
}
";

/// What `vtoc setup --apply` does on a server of one's own: a database and a login per role, closed to the others.
fn roles() -> String {
    String::from(
        "# Made by `vtoc setup cloud`. The tables come with the first `vtoc setup` or `vtoc central`.
locals {
  databases = toset([\"control\", \"ops\", \"intel\", \"logistics\"])
}

resource \"postgresql_role\" \"vtoc\" {
  for_each = local.databases
  name     = \"vtoc_${each.key}\"
  login    = true
  password = var.passwords[each.key]
}

resource \"postgresql_database\" \"vtoc\" {
  for_each          = local.databases
  name              = \"vtoc_${each.key}\"
  owner             = postgresql_role.vtoc[each.key].name
  template          = \"template0\"
  encoding          = \"UTF8\"
  lc_collate        = \"C\"
  lc_ctype          = \"C\"
  allow_connections = true
}

# Everybody may connect to a new database: nobody but its own role may to these.
resource \"postgresql_grant\" \"nobody_else\" {
  for_each    = local.databases
  database    = postgresql_database.vtoc[each.key].name
  role        = \"public\"
  object_type = \"database\"
  privileges  = []
}
",
    )
}

const OUTPUTS: &str = "# Made by `vtoc setup cloud`. For .env.local: the central finds each database by its own name.
output \"database_urls\" {
  sensitive = true
  value = {
    for name in local.databases :
    \"DATABASE_URL_${upper(name)}\" => \"postgres://vtoc_${name}:${urlencode(var.passwords[name])}@${local.server.host}:${local.server.port}/vtoc_${name}?sslmode=require\"
  }
}
";

/// What every provider, and docker compose, takes as a name.
pub fn plain(name: &str) -> String {
    let plain: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    plain.trim_matches('-').to_owned()
}

/// A string of the configuration language: JSON's, but that `${` and `%{` begin a template there.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace("${", "$${").replace("%{", "%%{")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::inputs::parse;

    #[test]
    fn names_can_not_break_out() {
        let inputs = parse(r#"{"projectName": "A \"${x}\" b", "cloud": {"provider": "gcp", "region": "r\"${y}"}}"#).unwrap();
        let files = generate(&inputs);
        let text: String = files.into_iter().map(|(_, text)| text).collect();
        assert!(text.contains(r#"name                = "a----x---b""#) && text.contains(r#"default = "r\"$${y}""#), "{text}");
    }
}
