//! [`ViewFold`]: the rows of a view at a moment of the past, without knowing the view's types. For tools, and for
//! [`App::row_at`](crate::App::row_at).

#[cfg(test)]
mod tests;

use crate::{
    command::LoadError,
    log::{Commit, EventStore, Moment, Recorded, check_contiguous},
    message::{DecodeError, Encoded, InvalidStream, Messages, StreamId},
    view::view_store::{Grain, Patch, Row, View, ViewError},
};

/// The fold of one view.
#[derive(Clone, Copy, Debug)]
pub struct ViewFold {
    /// The view's name.
    pub view: &'static str,
    /// The context of the streams that its rows follow from.
    pub context: &'static str,
    grain: Grain,
    patch: fn(&StreamId, &Recorded<Encoded>) -> Result<Patch, DecodeError>,
}

/// A row of the past that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RowAtError {
    /// The row's id does not name a stream.
    #[error("{view} has no row of the id {id:?}")]
    Id {
        /// The view.
        view: &'static str,
        /// The id.
        id: String,
        /// What is wrong with it.
        #[source]
        source: InvalidStream,
    },
    /// The id of a row per event has no version.
    #[error("{view} has a row for each event: the id {id:?} must be <id of the stream>/<version of the event>")]
    NoVersion {
        /// The view.
        view: &'static str,
        /// The id.
        id: String,
    },
    /// The stream could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The row is not that of the view's type.
    #[error(transparent)]
    Row(#[from] ViewError),
}

/// A row while the events of its stream are folded into it.
#[derive(Clone, Debug)]
pub struct RowFold {
    /// The stream that it follows from.
    pub stream: StreamId,
    /// The row; its version is 0 if no event has changed it.
    pub row: Row,
    view: ViewFold,
    /// The only event of a row per event.
    only: Option<u64>,
}

impl ViewFold {
    /// The fold of this view.
    pub fn of<V: View>() -> Self {
        Self {
            view: V::NAME,
            context: V::Event::descriptions().first().map_or("", |event| event.context),
            grain: V::GRAIN,
            patch: |stream, recorded| {
                let Recorded { id, version, at, event } = recorded.clone();
                let event = V::Event::decode(&event.name, event.version, &event.data)?;
                Ok(V::patch(stream, &Recorded { id, version, at, event }))
            },
        }
    }

    /// The row with this id, before the first event.
    pub fn begin(self, id: &str) -> Result<RowFold, RowAtError> {
        let (stream, only) = match self.grain {
            Grain::Stream => (id, None),
            Grain::Event => {
                let parts = id.rsplit_once('/').and_then(|(stream, version)| Some((stream, version.parse().ok()?)));
                let (stream, version) =
                    parts.ok_or_else(|| RowAtError::NoVersion { view: self.view, id: id.to_owned() })?;
                (stream, Some(version))
            }
        };
        let stream = StreamId::parse(&format!("{}/{stream}", self.context)).map_err(|source| RowAtError::Id {
            view: self.view,
            id: id.to_owned(),
            source,
        })?;
        Ok(RowFold { stream, row: Row::default(), view: self, only })
    }

    /// The row with this id at a moment of the past; none if no event has changed it yet. Reads the whole stream.
    pub async fn row_at(self, store: &dyn EventStore, id: &str, at: Moment) -> Result<Option<Row>, RowAtError> {
        let mut fold = self.begin(id)?;
        let commits = store.since(&fold.stream, 1).await.map_err(LoadError::from)?;
        check_contiguous(&fold.stream, 1, &commits).map_err(LoadError::from)?;
        for commit in commits.into_iter().map_while(|commit| at.cut(commit)) {
            for index in 0..commit.events.len() {
                fold.follow(&commit, index)
                    .map_err(|source| LoadError::Event { stream: commit.stream.clone(), source })?;
            }
        }
        Ok(Some(fold.row).filter(|row| row.version > 0))
    }
}

impl RowFold {
    /// Folds in the event at this index of the stream's next commit.
    pub fn follow(&mut self, commit: &Commit, index: usize) -> Result<(), DecodeError> {
        let (Some(event), Ok(place)) = (commit.events.get(index), u16::try_from(index)) else { return Ok(()) };
        let version = commit.version + u64::from(place);
        if self.only.is_some_and(|only| only != version) {
            return Ok(());
        }
        let recorded = Recorded { id: commit.id.event(place), version, at: commit.at, event: event.clone() };
        let patch = (self.view.patch)(&commit.stream, &recorded)?;
        // An event with an empty patch has no row of its own.
        if self.only.is_none() || !patch.is_empty() {
            self.row.apply(version, patch);
        }
        Ok(())
    }
}
