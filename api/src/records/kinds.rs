//! The list of kinds. Shapes and words are the contract's (§1.1 points of interest and watch-list, §1.4 the old objects);
//! supplies, movements, requisitions, requirements and requests for information are ours: playbooks need them.

use super::{Column, Holds, Home, Kind, Need, ShownWith, now, old};
use crate::store::Role;

pub(crate) static KINDS: &[&Kind] =
    &[&POI, &WATCH, &AGENT, &OPERATION, &MISSION, &REQUIREMENT, &REPORT, &RFI, &ASSET, &SUPPLY, &MOVEMENT, &REQUISITION];

const PRIORITY: Holds = Holds::Choice(&["low", "medium", "high", "critical"]);

const fn required(name: &'static str, holds: Holds) -> Column {
    Column { name, holds, need: Need::Required, filter: false }
}

const fn defaulted(name: &'static str, holds: Holds) -> Column {
    Column { name, holds, need: Need::Defaulted, filter: false }
}

const fn nullable(name: &'static str, holds: Holds) -> Column {
    Column { name, holds, need: Need::Nullable, filter: false }
}

const fn filtered(column: Column) -> Column {
    Column { filter: true, ..column }
}

pub(crate) static POI: Kind = Kind {
    name: "poi",
    schema: "Poi",
    mounts: &[now("/api/v1/poi")],
    table: "poi",
    home: Home::Control,
    columns: &[
        filtered(required("name", Holds::Name(255))),
        filtered(defaulted("category", Holds::Name(50))),
        filtered(defaulted("risk_level", Holds::Name(50))),
        nullable("notes", Holds::Text(10_000)),
        filtered(defaulted("is_active", Holds::Bool)),
    ],
    shown_with: &[ShownWith::Parts { field: "identifiers", column: "poi_id", kind: &IDENTIFIER }],
    missing: "POI not found",
    unique: &[],
    appended: false,
};

/// Its routes hang on a point of interest (`routes::watch`).
pub(crate) static IDENTIFIER: Kind = Kind {
    name: "poi",
    schema: "PoiIdentifier",
    mounts: &[],
    table: "poi_identifiers",
    home: Home::Control,
    columns: &[
        filtered(required("poi_id", Holds::Integer)),
        required("identifier_type", Holds::Name(100)),
        required("identifier_value", Holds::Name(255)),
        defaulted("is_primary", Holds::Bool),
    ],
    shown_with: &[],
    missing: "POI identifier not found",
    unique: &[],
    appended: false,
};

pub(crate) static WATCH: Kind = Kind {
    name: "imei-watchlist",
    schema: "ImeiWatchEntry",
    mounts: &[now("/api/v1/imei-watchlist")],
    table: "imei_watch_entries",
    home: Home::Control,
    columns: &[
        filtered(required("identifier_value", Holds::Name(255))),
        filtered(required("list_type", Holds::Choice(&["whitelist", "blacklist"]))),
        nullable("label", Holds::Text(255)),
        filtered(nullable("linked_poi_id", Holds::Integer)),
    ],
    shown_with: &[ShownWith::Linked { field: "linked_poi", column: "linked_poi_id", kind: &POI }],
    missing: "IMEI watch entry not found",
    unique: &[("imei_watch_value", "A watch entry with this identifier_value")],
    appended: false,
};

pub(crate) static AGENT: Kind = Kind {
    name: "agents",
    schema: "Agent",
    mounts: &[now("/api/v1/agents"), old("/api/agents")],
    table: "agents",
    home: Home::Control,
    columns: &[
        required("name", Holds::Name(255)),
        filtered(required("agent_type", Holds::Name(100))),
        filtered(defaulted("status", Holds::Choice(&["idle", "running", "error", "stopped"]))),
        nullable("configuration", Holds::Object),
        nullable("last_run", Holds::Instant),
    ],
    shown_with: &[],
    missing: "Agent not found",
    unique: &[("agents_name", "An agent with this name")],
    appended: false,
};

pub(crate) static OPERATION: Kind = Kind {
    name: "operations",
    schema: "Operation",
    mounts: &[now("/api/v1/operations"), old("/api/operations")],
    table: "operations",
    home: Home::Of(Role::Ops),
    columns: &[
        required("name", Holds::Name(255)),
        filtered(nullable("code_name", Holds::Name(255))),
        nullable("description", Holds::Text(10_000)),
        filtered(defaulted("status", Holds::Choice(&["planning", "active", "completed", "cancelled"]))),
        filtered(defaulted("priority", PRIORITY)),
        nullable("start_date", Holds::Instant),
        nullable("end_date", Holds::Instant),
    ],
    shown_with: &[],
    missing: "Operation not found",
    unique: &[("operations_code_name", "An operation with this code_name")],
    appended: false,
};

pub(crate) static MISSION: Kind = Kind {
    name: "missions",
    schema: "Mission",
    mounts: &[now("/api/v1/missions"), old("/api/missions")],
    table: "missions",
    home: Home::Of(Role::Ops),
    columns: &[
        filtered(nullable("operation_id", Holds::Integer)),
        required("name", Holds::Name(255)),
        nullable("description", Holds::Text(10_000)),
        filtered(defaulted("status", Holds::Choice(&["pending", "in_progress", "completed", "failed"]))),
        filtered(defaulted("priority", PRIORITY)),
        filtered(nullable("assigned_to", Holds::Text(255))),
        filtered(nullable("station", Holds::Name(64))),
        nullable("start_time", Holds::Instant),
        nullable("end_time", Holds::Instant),
    ],
    shown_with: &[ShownWith::Parts { field: "requirements", column: "mission_id", kind: &REQUIREMENT }],
    missing: "Mission not found",
    unique: &[],
    appended: false,
};

static REQUIREMENT: Kind = Kind {
    name: "missions",
    schema: "MissionRequirement",
    mounts: &[now("/api/v1/mission-requirements")],
    table: "mission_requirements",
    home: Home::Of(Role::Ops),
    columns: &[
        filtered(required("mission_id", Holds::Integer)),
        filtered(required("sku", Holds::Name(100))),
        required("quantity", Holds::Quantity),
        nullable("note", Holds::Text(10_000)),
    ],
    shown_with: &[],
    missing: "Mission requirement not found",
    unique: &[],
    appended: false,
};

static REPORT: Kind = Kind {
    name: "intel",
    schema: "IntelReport",
    mounts: &[now("/api/v1/intel-reports"), old("/api/intel")],
    table: "intel_reports",
    home: Home::Of(Role::Intel),
    columns: &[
        filtered(nullable("mission_id", Holds::Integer)),
        required("title", Holds::Name(255)),
        required("content", Holds::Name(1 << 19)),
        filtered(defaulted("classification", Holds::Choice(&["unclassified", "confidential", "secret"]))),
        nullable("source", Holds::Text(255)),
        filtered(defaulted("reliability", Holds::Choice(&["verified", "probable", "possible", "doubtful"]))),
        nullable("reported_by", Holds::Text(255)),
        defaulted("report_date", Holds::Instant),
    ],
    shown_with: &[],
    missing: "Intel report not found",
    unique: &[],
    appended: false,
};

static RFI: Kind = Kind {
    name: "intel",
    schema: "Rfi",
    mounts: &[now("/api/v1/rfis")],
    table: "rfis",
    home: Home::Of(Role::Intel),
    columns: &[
        required("title", Holds::Name(255)),
        required("question", Holds::Name(100_000)),
        nullable("requested_by", Holds::Text(255)),
        filtered(defaulted("priority", PRIORITY)),
        filtered(defaulted("status", Holds::Choice(&["open", "in_progress", "answered", "closed"]))),
        nullable("due_at", Holds::Instant),
        nullable("answer", Holds::Text(100_000)),
        nullable("answered_at", Holds::Instant),
    ],
    shown_with: &[],
    missing: "Request for information not found",
    unique: &[],
    appended: false,
};

static ASSET: Kind = Kind {
    name: "logistics",
    schema: "Asset",
    mounts: &[now("/api/v1/assets"), old("/api/assets")],
    table: "assets",
    home: Home::Of(Role::Logistics),
    columns: &[
        required("name", Holds::Name(255)),
        filtered(required("asset_type", Holds::Name(100))),
        filtered(defaulted("status", Holds::Choice(&["available", "deployed", "maintenance", "retired"]))),
        nullable("location", Holds::Text(255)),
        nullable("specifications", Holds::Object),
        filtered(nullable("assigned_to", Holds::Text(255))),
    ],
    shown_with: &[],
    missing: "Asset not found",
    unique: &[],
    appended: false,
};

static SUPPLY: Kind = Kind {
    name: "logistics",
    schema: "Supply",
    mounts: &[now("/api/v1/supplies")],
    table: "supplies",
    home: Home::Of(Role::Logistics),
    columns: &[
        filtered(required("sku", Holds::Name(100))),
        required("name", Holds::Name(255)),
        defaulted("unit", Holds::Name(50)),
        defaulted("on_hand", Holds::Number),
        defaulted("threshold", Holds::Quantity),
        nullable("target", Holds::Quantity),
    ],
    shown_with: &[],
    missing: "Supply not found",
    unique: &[("supplies_sku", "A supply with this sku")],
    appended: false,
};

static MOVEMENT: Kind = Kind {
    name: "logistics",
    schema: "SupplyMovement",
    mounts: &[now("/api/v1/supply-movements")],
    table: "supply_movements",
    home: Home::Of(Role::Logistics),
    columns: &[
        filtered(required("supply_id", Holds::Integer)),
        defaulted("moved_at", Holds::Instant),
        required("quantity", Holds::Number),
        nullable("reason", Holds::Text(255)),
    ],
    shown_with: &[],
    missing: "Supply movement not found",
    unique: &[],
    appended: true,
};

static REQUISITION: Kind = Kind {
    name: "logistics",
    schema: "Requisition",
    mounts: &[now("/api/v1/requisitions")],
    table: "requisitions",
    home: Home::Of(Role::Logistics),
    columns: &[
        filtered(required("sku", Holds::Name(100))),
        required("quantity", Holds::Quantity),
        nullable("unit", Holds::Text(50)),
        filtered(defaulted("status", Holds::Choice(&["draft", "submitted", "approved", "ordered", "received", "cancelled"]))),
        filtered(defaulted("priority", PRIORITY)),
        nullable("reason", Holds::Text(10_000)),
        nullable("requested_by", Holds::Text(255)),
        nullable("needed_by", Holds::Instant),
    ],
    shown_with: &[],
    missing: "Requisition not found",
    unique: &[],
    appended: false,
};
