//! How far each other chat system (`chat::fabric`) has what was said.

use super::{Store, StoreError};

impl Store {
    /// A new one begins with what is said from now on.
    pub(crate) async fn fabric_cursor(&self, name: &str) -> Result<i64, StoreError> {
        const NEW: &str = "
            INSERT INTO chat_fabrics (name, message_id) SELECT $1, coalesce(max(id), 0) FROM chat_messages ON CONFLICT (name) DO NOTHING";
        sqlx::query(NEW).bind(name).execute(self.control()).await?;
        Ok(sqlx::query_scalar("SELECT message_id FROM chat_fabrics WHERE name = $1").bind(name).fetch_one(self.control()).await?)
    }

    pub(crate) async fn move_fabric_cursor(&self, name: &str, message_id: i64) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE chat_fabrics SET message_id = greatest(message_id, $2) WHERE name = $1";
        sqlx::query(SQL).bind(name).bind(message_id).execute(self.control()).await?;
        Ok(())
    }
}
