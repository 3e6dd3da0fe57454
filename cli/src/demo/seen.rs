//! What was seen of a story so far, and shown.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{
    happened::{Mark, Memory},
    show::Show,
    story::Story,
    tally::Tally,
};

/// Progress is shown so soon after it was shown, and the longer the story takes the more seldom.
const BETWEEN_PROGRESS: Duration = Duration::from_millis(150);

/// What was seen so far.
pub(super) struct Seen<'s> {
    /// The story.
    pub(super) story: &'s Story,
    /// What was counted.
    pub(super) tally: Tally,
    begun: Instant,
    memory: Memory,
    progress: String,
    progress_at: Duration,
    told_to_wait: bool,
}

impl<'s> Seen<'s> {
    /// The story begins now.
    pub(super) fn begin(story: &'s Story, run: &str) -> Self {
        Self {
            story,
            tally: Tally::default(),
            begun: Instant::now(),
            memory: Memory::new(&story.tag, run),
            progress: String::new(),
            progress_at: Duration::ZERO,
            told_to_wait: false,
        }
    }

    /// How long it takes already.
    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Takes and shows what the feed tells.
    pub(super) fn take(&mut self, news: &str, show: &mut Show<'_>) -> anyhow::Result<()> {
        let news: Value = serde_json::from_str(news)?;
        let Some(happened) = self.memory.take(&news, &mut self.tally) else {
            return Ok(());
        };
        let at = self.elapsed();
        show.happened(self.story, at, &happened, &news)?;
        if happened.mark == Mark::Retry && !self.told_to_wait && news.get("kind") == Some(&Value::from("invoke")) {
            self.told_to_wait = true;
            show.note(at, "as on AWS, a function that failed waits for minutes; with `--speed 60` they are seconds")?;
        }
        Ok(())
    }

    /// Shows where a crowd stands, if that has changed and was not shown just now.
    pub(super) fn progress(&mut self, show: &mut Show<'_>) -> anyhow::Result<()> {
        let at = self.elapsed();
        if at >= self.progress_at + BETWEEN_PROGRESS.max(self.progress_at / 8) {
            self.show_progress(at, show)?;
        }
        Ok(())
    }

    /// Shows where a crowd stands at the end.
    pub(super) fn finish(&mut self, show: &mut Show<'_>) -> anyhow::Result<()> {
        self.show_progress(self.elapsed(), show)
    }

    fn show_progress(&mut self, at: Duration, show: &mut Show<'_>) -> anyhow::Result<()> {
        let progress = self.tally.progress();
        if self.story.is_crowded() && self.tally.events > 0 && progress != self.progress {
            show.progress(at, &progress)?;
            self.progress = progress;
            self.progress_at = at;
        }
        Ok(())
    }
}
