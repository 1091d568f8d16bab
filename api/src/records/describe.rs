//! The records' part of `openapi.json`, made from their kinds.

use super::{Column, Holds, IDENTIFIER, KINDS, Kind, Mount, Need, ShownWith};
use serde_json::{Map, Value, json};

/// Adds schemas and paths to a description.
pub(crate) fn describe(document: &mut Value) {
    for kind in KINDS.iter().copied().chain([&IDENTIFIER]) {
        let schemas = &mut document["components"]["schemas"];
        schemas[format!("{}Read", kind.schema)] = read_schema(kind);
        schemas[format!("{}Create", kind.schema)] = written_schema(kind, true);
        if !kind.appended {
            schemas[format!("{}Update", kind.schema)] = written_schema(kind, false);
        }
        for mount in kind.mounts {
            document["paths"][mount.path] = collection(kind, *mount);
            document["paths"][format!("{}/{{id}}", mount.path)] = item(kind, *mount);
        }
    }
}

fn schema_of(column: &Column, nullable: bool) -> Value {
    let mut schema = match column.holds {
        Holds::Text(max) => json!({"type": "string", "maxLength": max}),
        Holds::Name(max) => json!({"type": "string", "minLength": 1, "maxLength": max}),
        Holds::Choice(words) => json!({"type": "string", "enum": words}),
        Holds::Integer => json!({"type": "integer", "format": "int64"}),
        Holds::Number => json!({"type": "number", "format": "double"}),
        Holds::Quantity => json!({"type": "number", "format": "double", "minimum": 0}),
        Holds::Bool => json!({"type": "boolean"}),
        Holds::Instant => json!({"type": "string", "format": "date-time"}),
        Holds::Object => json!({"type": "object"}),
    };
    if nullable {
        schema["type"] = json!([schema["type"].clone(), "null"]);
    }
    schema
}

fn read_schema(kind: &Kind) -> Value {
    let id = json!({"type": "integer", "format": "int64"});
    let time = json!({"type": "string", "format": "date-time"});
    let mut properties = Map::from_iter([("id".to_owned(), id)]);
    for column in kind.columns {
        properties.insert(column.name.into(), schema_of(column, column.need == Need::Nullable));
    }
    properties.insert("created_at".into(), time.clone());
    properties.insert("updated_at".into(), time);
    for shown in kind.shown_with {
        let (field, schema) = match shown {
            ShownWith::Parts { field, kind, .. } => (field, json!({"type": "array", "items": reference(kind.schema, "Read")})),
            ShownWith::Linked { field, kind, .. } => (field, json!({"oneOf": [{"type": "null"}, reference(kind.schema, "Read")]})),
        };
        properties.insert((*field).into(), schema);
    }
    let required: Vec<String> = properties.keys().cloned().collect();
    json!({"type": "object", "required": required, "properties": properties})
}

fn written_schema(kind: &Kind, create: bool) -> Value {
    let properties: Map<String, Value> = kind.columns.iter().map(|c| (c.name.to_owned(), schema_of(c, c.need == Need::Nullable))).collect();
    let required: Vec<&str> = kind.columns.iter().filter(|c| create && c.need == Need::Required).map(|c| c.name).collect();
    json!({"type": "object", "description": "Other keys are ignored.", "required": required, "properties": properties})
}

fn reference(schema: &str, suffix: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}{suffix}")})
}

fn content(schema: Value, description: &str) -> Value {
    json!({"description": description, "content": {"application/json": {"schema": schema}}})
}

/// The refusals that a route of these kinds may give.
pub(super) fn refusals(statuses: &[u16]) -> Map<String, Value> {
    let shape = |status: u16| if status == 422 { "FieldProblems" } else { "Detail" };
    statuses.iter().map(|s| (s.to_string(), content(reference(shape(*s), ""), ""))).collect()
}

fn responses(success: (&str, Value), statuses: &[u16]) -> Value {
    let mut all = Map::from_iter([(success.0.to_owned(), success.1)]);
    all.extend(refusals(statuses));
    Value::Object(all)
}

fn operation(kind: &Kind, mount: Mount, verb: &str, rest: Value) -> Value {
    let place = mount.path.trim_start_matches('/').replace(['/', '-'], "_");
    let mut operation = json!({"tags": [kind.name], "operationId": format!("{verb}_{place}")});
    if verb != "list" && verb != "one" {
        operation["security"] = json!([{"token": ["telemetry:write"]}, {"session": []}]);
    }
    for (key, value) in rest.as_object().into_iter().flatten() {
        operation[key] = value.clone();
    }
    operation
}

fn collection(kind: &Kind, mount: Mount) -> Value {
    let mut parameters: Vec<Value> = kind
        .columns
        .iter()
        .filter(|c| c.filter)
        .map(|c| json!({"name": c.name, "in": "query", "required": false, "schema": schema_of(c, false)}))
        .collect();
    let limit = json!({"type": "integer", "minimum": 1, "maximum": 1000, "default": 1000});
    parameters.push(json!({"name": "limit", "in": "query", "required": false, "schema": limit}));
    let after = "The last id of the page before (see the Link header)";
    parameters.push(json!({"name": "after", "in": "query", "description": after, "required": false, "schema": {"type": "integer"}}));
    let list = content(json!({"type": "array", "items": reference(kind.schema, "Read")}), "In the order of their ids");
    let made = if mount.old { "200" } else { "201" };
    json!({
        "get": operation(kind, mount, "list", json!({"parameters": parameters, "responses": responses(("200", list), &[401, 403, 422, 503])})),
        "post": operation(kind, mount, "create", json!({
            "requestBody": {"required": true, "content": {"application/json": {"schema": reference(kind.schema, "Create")}}},
            "responses": responses((made, content(reference(kind.schema, "Read"), "")), &[401, 403, 409, 413, 415, 422, 503]),
        })),
    })
}

fn item(kind: &Kind, mount: Mount) -> Value {
    let id = json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "integer", "format": "int64"}}]);
    let read = || content(reference(kind.schema, "Read"), "");
    let mut item = json!({
        "get": operation(kind, mount, "one", json!({"parameters": id, "responses": responses(("200", read()), &[401, 403, 404, 422, 503])})),
    });
    if kind.appended {
        return item;
    }
    let change = |verb: &str| {
        operation(
            kind,
            mount,
            verb,
            json!({
                "parameters": id,
                "requestBody": {"required": true, "content": {"application/json": {"schema": reference(kind.schema, "Update")}}},
                "responses": responses(("200", read()), &[401, 403, 404, 409, 413, 415, 422, 503]),
            }),
        )
    };
    item["patch"] = change("change");
    if mount.old {
        item["put"] = change("replace");
    }
    let deleted =
        if mount.old { ("200", content(json!({"type": "object"}), "`{\"message\"}`")) } else { ("204", json!({"description": ""})) };
    item["delete"] =
        operation(kind, mount, "remove", json!({"parameters": id, "responses": responses(deleted, &[401, 403, 404, 422, 503])}));
    item
}
