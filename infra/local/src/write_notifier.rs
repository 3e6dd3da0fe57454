//! Word that the tables were written, for those who read their streams: the database itself tells nobody.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Notify;

/// Who wants to know. A clone is the same.
#[derive(Clone, Default)]
pub struct WriteNotifier {
    readers: Arc<RwLock<Vec<Reader>>>,
}

#[derive(Clone)]
struct Reader {
    table: String,
    news: Arc<Notify>,
}

impl WriteNotifier {
    /// Word of the writes to this table. One that comes while nobody waits is kept for the next wait.
    pub fn of(&self, table: &str) -> Arc<Notify> {
        let reader = Reader { table: table.to_owned(), news: Arc::default() };
        let news = Arc::clone(&reader.news);
        self.readers.write().unwrap_or_else(PoisonError::into_inner).push(reader);
        news
    }

    /// This table was written.
    pub fn to(&self, table: &str) {
        self.tell(|reader| reader.table == table);
    }

    /// Some table was written.
    pub fn somewhere(&self) {
        self.tell(|_| true);
    }

    fn tell(&self, wanted: impl Fn(&Reader) -> bool) {
        let readers = self.readers.read().unwrap_or_else(PoisonError::into_inner);
        readers.iter().filter(|reader| wanted(reader)).for_each(|reader| reader.news.notify_one());
    }
}
