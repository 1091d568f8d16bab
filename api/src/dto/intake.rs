//! Answers to what programs send.

use super::Utc;
use crate::error::ApiError;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What `POST …/telemetry/ingest/{source}` answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ingested {
    pub id: i64,
    pub source_id: i64,
    pub event_time: Utc,
    pub received_at: Utc,
    #[schema(required = true)]
    pub status: Option<String>,
}

/// What became of several events.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchResult {
    pub accepted: usize,
    pub refused: usize,
    /// In the order of the items.
    pub results: Vec<ItemResult>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ItemResult {
    pub index: usize,
    /// 201, or the status that the item would have got alone.
    pub status: u16,
    /// Of the stored event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// As in an error's body: a sentence, or a list of what is wrong with which field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub detail: Option<Value>,
}

impl ItemResult {
    pub(crate) fn waiting(index: usize) -> Self {
        Self { index, status: 500, id: None, detail: None }
    }

    pub(crate) fn store(&mut self, id: i64) {
        (self.status, self.id) = (201, Some(id));
    }

    pub(crate) fn refuse(&mut self, error: &ApiError) {
        self.status = error.status().as_u16();
        self.detail = Some(match error {
            ApiError::Invalid(problems) => serde_json::to_value(problems).unwrap_or_default(),
            other => other.to_string().into(),
        });
    }
}
