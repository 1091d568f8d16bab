//! Errors in JSON: `{"detail": "…"}`, and for input that does not validate a list of what is wrong with which field
//! (the form of pydantic 2.5, which clients of the old system read).

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Detail {
    /// What is wrong and what to do.
    pub detail: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FieldProblems {
    pub detail: Vec<FieldProblem>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// `missing`, `string_type`, `float_type`, `json_invalid`…
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `["body", "field"]`, `["query", "limit"]`, `["path", "id"]`
    pub loc: Vec<String>,
    pub msg: String,
    /// What was sent.
    #[schema(value_type = Object)]
    pub input: Value,
}
