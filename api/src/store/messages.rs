//! Messages of the chat: posting (once, with the run that it asks for), lists, search, reactions.
//!
//! Constraint: whoever inserts a message holds [`in_order`] until COMMIT, so ids are in the order of COMMITs.

use super::channels::role_of;
use super::control::micros;
use super::runs::{NewRun, insert_run};
use super::sources::raw_json;
use super::{Role, Store, StoreError};
use crate::auth::{Digest256, RoleSet};
use crate::dto::Utc;
use model::UnixMicros;
use serde_json::value::RawValue;
use sqlx::postgres::{PgConnection, PgRow, Postgres};
use sqlx::{FromRow, QueryBuilder, Row};
use time::OffsetDateTime;

/// Signed requests are remembered for so long: both sides of a window of five minutes.
const SEEN_FOR_US: i64 = 2 * 300 * 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthorKind {
    Person,
    Program,
    Station,
    Agent,
}

impl AuthorKind {
    const ALL: [Self; 4] = [Self::Person, Self::Program, Self::Station, Self::Agent];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Program => "program",
            Self::Station => "station",
            Self::Agent => "agent",
        }
    }
}

/// Who says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Author {
    pub kind: AuthorKind,
    /// `operator:anna`, `token:3`, `station:alpha`, `agent:timeline_summary`, `chatkit:<their id>`
    pub id: String,
    pub name: String,
}

#[derive(Clone, Debug)]
pub(crate) struct NewMessage {
    pub channel_id: i64,
    pub thread_id: Option<i64>,
    pub reply_to: Option<i64>,
    pub author: Author,
    pub client_id: Option<String>,
    pub text: String,
    /// JSON.
    pub attachment: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub id: i64,
    pub channel_id: i64,
    pub channel: String,
    /// The channel's.
    pub role: Option<Role>,
    pub thread_id: Option<i64>,
    pub reply_to: Option<i64>,
    pub author_kind: AuthorKind,
    pub author: String,
    pub author_name: String,
    pub client_id: Option<String>,
    pub text: String,
    pub attachment: Option<Box<RawValue>>,
    pub created_at: UnixMicros,
    /// `{"👍": ["operator:anna"]}`
    pub reactions: Option<Box<RawValue>>,
}

/// What became of a message.
#[derive(Clone, Debug)]
pub(crate) enum Posted {
    New {
        message: Message,
        run: Option<i64>,
    },
    /// It was posted before.
    Again(Message),
    /// The signed request that carried it was taken before.
    Replayed,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct MessageFilter {
    pub channel_id: Option<i64>,
    pub thread_id: Option<i64>,
    /// Words, as a search engine takes them.
    pub words: Option<String>,
    /// Older than this one.
    pub before: Option<i64>,
    /// Newer than this one: then the oldest come first.
    pub after: Option<i64>,
    pub limit: i64,
}

const SELECT: &str = "SELECT m.id, m.channel_id, c.slug AS channel, c.station_role, m.thread_id, m.reply_to, m.author_kind, m.author, \
    m.author_name, m.client_id, m.text, m.attachment::text AS attachment, m.created_at, (SELECT jsonb_object_agg(r.reaction, r.authors)::text \
    FROM (SELECT reaction, jsonb_agg(author ORDER BY at, author) AS authors FROM chat_reactions WHERE message_id = m.id GROUP BY reaction) AS r) \
    AS reactions FROM chat_messages m JOIN chat_channels c ON c.id = m.channel_id";

impl FromRow<'_, PgRow> for Message {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let kind: &str = row.try_get("author_kind")?;
        let kind = AuthorKind::ALL.into_iter().find(|k| k.name() == kind);
        Ok(Self {
            id: row.try_get("id")?,
            channel_id: row.try_get("channel_id")?,
            channel: row.try_get("channel")?,
            role: role_of(row)?,
            thread_id: row.try_get("thread_id")?,
            reply_to: row.try_get("reply_to")?,
            author_kind: kind.ok_or_else(|| sqlx::Error::Decode("an author's kind is not what its CHECK allows".into()))?,
            author: row.try_get("author")?,
            author_name: row.try_get("author_name")?,
            client_id: row.try_get("client_id")?,
            text: row.try_get("text")?,
            attachment: raw_json(row.try_get("attachment")?)?,
            created_at: micros(row.try_get("created_at")?),
            reactions: raw_json(row.try_get("reactions")?)?,
        })
    }
}

/// Until COMMIT nobody else inserts a message.
pub(super) async fn in_order(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('vtoc: messages'))").execute(connection).await?;
    Ok(())
}

/// `None`: the author's `client_id` was used before. Call [`in_order`] first.
pub(super) async fn insert_message(connection: &mut PgConnection, new: &NewMessage, now: UnixMicros) -> Result<Option<i64>, sqlx::Error> {
    const SQL: &str = "
        INSERT INTO chat_messages (channel_id, thread_id, reply_to, author_kind, author, author_name, client_id, text, attachment, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::jsonb, $10) ON CONFLICT (author, client_id) DO NOTHING RETURNING id";
    sqlx::query_scalar(SQL)
        .bind(new.channel_id)
        .bind(new.thread_id)
        .bind(new.reply_to)
        .bind(new.author.kind.name())
        .bind(&new.author.id)
        .bind(&new.author.name)
        .bind(&new.client_id)
        .bind(&new.text)
        .bind(&new.attachment)
        .bind(OffsetDateTime::from(Utc(now)))
        .fetch_optional(connection)
        .await
}

/// Notes a signed request. `false`: it was taken before.
pub(super) async fn note_webhook(connection: &mut PgConnection, digest: &Digest256, now: UnixMicros) -> Result<bool, sqlx::Error> {
    const OLD: &str = "DELETE FROM chat_webhooks_seen WHERE seen_at < $1";
    const NEW: &str = "INSERT INTO chat_webhooks_seen (digest, seen_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
    let old = OffsetDateTime::from(Utc(now.plus_micros(-SEEN_FOR_US)));
    sqlx::query(OLD).bind(old).execute(&mut *connection).await?;
    let noted = sqlx::query(NEW).bind(&digest[..]).bind(OffsetDateTime::from(Utc(now))).execute(connection).await?;
    Ok(noted.rows_affected() == 1)
}

impl Store {
    /// Posts a message and queues the run that it asks for, both or neither.
    pub(crate) async fn post_message(
        &self,
        new: &NewMessage,
        run: Option<NewRun>,
        webhook: Option<&Digest256>,
        now: UnixMicros,
    ) -> Result<Posted, StoreError> {
        let mut transaction = self.change(self.control()).await?;
        if let Some(digest) = webhook
            && !note_webhook(&mut transaction, digest, now).await?
        {
            return Ok(Posted::Replayed);
        }
        in_order(&mut transaction).await?;
        let Some(id) = insert_message(&mut transaction, new, now).await? else {
            // The webhook stays noted: what it carried is here.
            transaction.commit().await?;
            let sql = format!("{SELECT} WHERE m.author = $1 AND m.client_id = $2");
            let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(&new.author.id).bind(&new.client_id);
            return Ok(Posted::Again(query.fetch_one(self.control()).await?));
        };
        let run = match run {
            Some(mut run) => {
                run.key = Some(format!("message:{id}"));
                run.reply_to = Some(id);
                insert_run(&mut transaction, &run, now).await?
            }
            None => None,
        };
        let message = message_in(&mut transaction, id).await?;
        transaction.commit().await?;
        Ok(Posted::New { message, run })
    }

    /// Notes a signed request that changes nothing. `false`: it was taken before.
    pub(crate) async fn take_webhook(&self, digest: &Digest256, now: UnixMicros) -> Result<bool, StoreError> {
        let mut transaction = self.change(self.control()).await?;
        let taken = note_webhook(&mut transaction, digest, now).await?;
        transaction.commit().await?;
        Ok(taken)
    }

    pub(crate) async fn message(&self, id: i64) -> Result<Option<Message>, StoreError> {
        let sql = format!("{SELECT} WHERE m.id = $1");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(self.control()).await?)
    }

    /// Newest first; with `after`, oldest first.
    pub(crate) async fn messages(&self, roles: RoleSet, filter: &MessageFilter) -> Result<Vec<Message>, StoreError> {
        let mut sql = QueryBuilder::<Postgres>::new(SELECT);
        sql.push(" WHERE (c.station_role IS NULL OR c.station_role = ANY(").push_bind(roles.names()).push("))");
        for (condition, id) in [
            (" AND m.channel_id = ", filter.channel_id),
            (" AND m.thread_id = ", filter.thread_id),
            (" AND m.id < ", filter.before),
            (" AND m.id > ", filter.after),
        ] {
            if let Some(id) = id {
                sql.push(condition).push_bind(id);
            }
        }
        if let Some(words) = &filter.words {
            sql.push(" AND m.words @@ websearch_to_tsquery('simple', ").push_bind(words.clone()).push(")");
        }
        sql.push(if filter.after.is_some() { " ORDER BY m.id LIMIT " } else { " ORDER BY m.id DESC LIMIT " }).push_bind(filter.limit);
        Ok(sql.build_query_as().fetch_all(self.control()).await?)
    }

    /// The id of the last message of all; 0: there is none.
    pub(crate) async fn last_message(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM chat_messages").fetch_one(self.control()).await?)
    }

    /// Sets or takes away somebody's reaction. At most 20 different ones of one author stay on a message.
    pub(crate) async fn react(&self, message_id: i64, author: &str, reaction: &str, present: bool) -> Result<(), StoreError> {
        const SET: &str = "
            INSERT INTO chat_reactions (message_id, author, reaction)
            SELECT $1, $2, $3 WHERE (SELECT count(*) FROM chat_reactions WHERE message_id = $1 AND author = $2) < 20
            ON CONFLICT DO NOTHING";
        const UNSET: &str = "DELETE FROM chat_reactions WHERE message_id = $1 AND author = $2 AND reaction = $3";
        let mut transaction = self.change(self.control()).await?;
        let query = sqlx::query(if present { SET } else { UNSET });
        query.bind(message_id).bind(author).bind(reaction).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }
}

async fn message_in(connection: &mut PgConnection, id: i64) -> Result<Message, sqlx::Error> {
    let sql = format!("{SELECT} WHERE m.id = $1");
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_one(connection).await
}
