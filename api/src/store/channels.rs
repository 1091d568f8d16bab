//! Channels and threads of the chat, and how far who has read. (A station's channel is made by a trigger, with the station.)

use super::control::micros;
use super::once::{Once, only, still_there};
use super::{Role, Store, StoreError};
use crate::auth::RoleSet;
use model::{StationId, UnixMicros};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};

/// Unread messages are counted up to so many.
pub const UNREAD_MAX: i64 = 1_000;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Channel {
    pub id: i64,
    pub slug: String,
    pub name: String,
    pub station: Option<String>,
    /// `None`: everybody's.
    pub role: Option<Role>,
}

/// A channel with what is new in it for somebody.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ChannelNews {
    pub channel: Channel,
    pub last_message_id: Option<i64>,
    pub last_read_id: i64,
    /// Others' messages, at most [`UNREAD_MAX`].
    pub unread: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Thread {
    pub id: i64,
    pub channel_id: i64,
    pub kind: String,
    pub subject: Option<String>,
    pub title: String,
    pub created_at: UnixMicros,
    pub messages: i64,
    pub last_message_id: Option<i64>,
}

/// A thread to begin, or to find again by its subject.
#[derive(Clone, Debug)]
pub(crate) struct NewThread {
    pub channel_id: i64,
    pub kind: &'static str,
    pub subject: Option<String>,
    pub title: String,
}

const CHANNEL: &str =
    "SELECT c.id, c.slug, c.name, s.slug AS station, c.station_role FROM chat_channels c LEFT JOIN stations s ON s.id = c.station_id";
const THREAD: &str = "SELECT t.*, (SELECT count(*) FROM chat_messages m WHERE m.thread_id = t.id) AS messages, \
    (SELECT max(m.id) FROM chat_messages m WHERE m.thread_id = t.id) AS last_message_id FROM chat_threads t";

pub(super) fn role_of(row: &PgRow) -> Result<Option<Role>, sqlx::Error> {
    let role: Option<&str> = row.try_get("station_role")?;
    let unknown = || sqlx::Error::Decode("a channel's role is not what its CHECK allows".into());
    role.map(|name| Role::from_name(name).ok_or_else(unknown)).transpose()
}

impl FromRow<'_, PgRow> for Channel {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            slug: row.try_get("slug")?,
            name: row.try_get("name")?,
            station: row.try_get("station")?,
            role: role_of(row)?,
        })
    }
}

impl FromRow<'_, PgRow> for Thread {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            channel_id: row.try_get("channel_id")?,
            kind: row.try_get("kind")?,
            subject: row.try_get("subject")?,
            title: row.try_get("title")?,
            created_at: micros(row.try_get("created_at")?),
            messages: row.try_get("messages")?,
            last_message_id: row.try_get("last_message_id")?,
        })
    }
}

impl Store {
    /// Everybody's and these roles', in the order of their names, with what is new to the reader.
    pub(crate) async fn channels(&self, roles: RoleSet, reader: &str) -> Result<Vec<ChannelNews>, StoreError> {
        const SQL: &str = "
            SELECT c.id, c.slug, c.name, s.slug AS station, c.station_role, coalesce(r.message_id, 0) AS last_read,
                (SELECT max(m.id) FROM chat_messages m WHERE m.channel_id = c.id) AS last_message_id,
                (SELECT count(*) FROM (SELECT FROM chat_messages m
                    WHERE m.channel_id = c.id AND coalesce(r.message_id, 0) < m.id AND m.author <> $2 LIMIT $3) AS new) AS unread
            FROM chat_channels c LEFT JOIN stations s ON s.id = c.station_id
            LEFT JOIN chat_reads r ON r.channel_id = c.id AND r.reader = $2
            WHERE c.station_role IS NULL OR c.station_role = ANY($1) ORDER BY c.station_id IS NOT NULL, c.slug";
        let rows = sqlx::query(SQL).bind(roles.names()).bind(reader).bind(UNREAD_MAX).fetch_all(self.control()).await?;
        let news = |row: &PgRow| {
            Ok(ChannelNews {
                channel: Channel::from_row(row)?,
                last_message_id: row.try_get("last_message_id")?,
                last_read_id: row.try_get("last_read")?,
                unread: row.try_get("unread")?,
            })
        };
        Ok(rows.iter().map(news).collect::<Result<_, sqlx::Error>>()?)
    }

    /// By its id, its slug or name (`#KP4-S1`), its station's slug (`toc-s1`, `s1`) or role and slug (`#ops-toc-s1`).
    pub(crate) async fn channel(&self, named: &str) -> Result<Option<Channel>, StoreError> {
        const BY_NAME: &str = "
            WHERE c.slug = $1 OR s.slug IN ($1, 'toc-' || $1, regexp_replace($1, '^toc-', '')) OR s.role || '-' || s.slug = $1
            ORDER BY c.slug <> $1, s.slug <> $1, c.id LIMIT 1";
        let named = named.trim().trim_start_matches('#');
        if let Ok(id) = named.parse::<i64>() {
            return Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!("{CHANNEL} WHERE c.id = $1")))
                .bind(id)
                .fetch_optional(self.control())
                .await?);
        }
        let mut slug = String::new();
        for character in named.to_lowercase().chars() {
            let plain = if character.is_ascii_alphanumeric() { character } else { '-' };
            if plain != '-' || !slug.ends_with('-') {
                slug.push(plain);
            }
        }
        let query = sqlx::query_as(sqlx::AssertSqlSafe(format!("{CHANNEL} {BY_NAME}")));
        Ok(query.bind(slug.trim_matches('-').to_owned()).fetch_optional(self.control()).await?)
    }

    pub(crate) async fn channel_of_station(&self, station_id: i64) -> Result<Option<Channel>, StoreError> {
        let query = sqlx::query_as(sqlx::AssertSqlSafe(format!("{CHANNEL} WHERE c.station_id = $1")));
        Ok(query.bind(station_id).fetch_optional(self.control()).await?)
    }

    /// Calls a station, and so its channel, by its call sign (`STATION_CALLSIGN`).
    pub async fn set_callsign(&self, slug: StationId, callsign: &str) -> Result<(), StoreError> {
        let mut transaction = self.change(self.control()).await?;
        let query = sqlx::query("UPDATE stations SET callsign = $2 WHERE slug = $1 AND callsign IS DISTINCT FROM $2");
        query.bind(slug.as_str()).bind(callsign).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    pub(crate) async fn add_channel(&self, slug: &str, name: &str, role: Option<Role>) -> Result<Channel, StoreError> {
        const SQL: &str = "
            INSERT INTO chat_channels (slug, name, station_role) VALUES ($1, $2, $3) ON CONFLICT (slug) DO NOTHING
            RETURNING id, slug, name, NULL::text AS station, station_role";
        let mut transaction = self.change(self.control()).await?;
        let made = sqlx::query_as(SQL).bind(slug).bind(name).bind(role.map(Role::name)).fetch_optional(&mut *transaction).await?;
        transaction.commit().await?;
        made.ok_or(StoreError::Taken("A channel with this name"))
    }

    /// Newest first.
    pub(crate) async fn threads(&self, channel_id: i64, limit: i64) -> Result<Vec<Thread>, StoreError> {
        let sql = format!("{THREAD} WHERE t.channel_id = $1 ORDER BY t.id DESC LIMIT $2");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(channel_id).bind(limit).fetch_all(self.control()).await?)
    }

    pub(crate) async fn thread(&self, id: i64) -> Result<Option<Thread>, StoreError> {
        let sql = format!("{THREAD} WHERE t.id = $1");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(self.control()).await?)
    }

    /// Begins a thread; with a subject that has one already, that one. The second says whether it is new.
    pub(crate) async fn begin_thread(&self, new: &NewThread) -> Result<(Thread, bool), StoreError> {
        const SQL: &str = "
            INSERT INTO chat_threads (channel_id, kind, subject, title) VALUES ($1, $2, $3, $4)
            ON CONFLICT (channel_id, subject) DO NOTHING RETURNING id";
        const HELD: &str = "SELECT id FROM chat_threads WHERE channel_id = $1 AND subject = $2";
        // A request begins one thread of a subject, however often it looks.
        let what = format!("thread {} {}", new.channel_id, new.subject.as_deref().unwrap_or(""));
        let mut step = match self.once(self.control(), what).await? {
            Once::Done(ids) => return Ok((still_there(self.thread(only(&ids)).await?)?, true)),
            Once::Now(step) => step,
        };
        let made = sqlx::query_scalar(SQL).bind(new.channel_id).bind(new.kind).bind(&new.subject).bind(&new.title);
        let made: Option<i64> = made.fetch_optional(step.connection()).await?;
        match made {
            Some(_) => step.done(&[made]).await?,
            None => drop(step),
        }
        let id = match made {
            Some(id) => id,
            None => sqlx::query_scalar(HELD).bind(new.channel_id).bind(&new.subject).fetch_one(self.control()).await?,
        };
        let thread = self.thread(id).await?.ok_or_else(|| StoreError::Refused("the thread was deleted".into()))?;
        Ok((thread, made.is_some()))
    }

    /// Somebody has read a channel up to this message. It never goes back.
    pub(crate) async fn mark_read(&self, reader: &str, channel_id: i64, message_id: i64) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO chat_reads (reader, channel_id, message_id)
            SELECT $1, $2, least($3, (SELECT coalesce(max(id), 0) FROM chat_messages WHERE channel_id = $2))
            ON CONFLICT (reader, channel_id) DO UPDATE SET message_id = greatest(chat_reads.message_id, excluded.message_id)";
        sqlx::query(SQL).bind(reader).bind(channel_id).bind(message_id).execute(self.control()).await?;
        Ok(())
    }
}
