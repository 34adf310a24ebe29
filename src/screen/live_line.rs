//! The live line that a command shows to somebody at a terminal.

use std::io;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Terminal;

/// Nothing is shown where nobody looks: no terminal, or one that may not be drawn on.
pub struct LiveLine(Option<ProgressBar>);

impl LiveLine {
    pub fn start(terminal: Terminal) -> LiveLine {
        LiveLine(terminal.may_draw_on(&io::stderr()).then(|| {
            let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            line.set_style(
                ProgressStyle::with_template("{spinner} {wide_msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            );
            line.enable_steady_tick(Duration::from_millis(100));
            line
        }))
    }

    /// The words are made only if somebody looks.
    pub fn show(&self, words: impl FnOnce() -> String) {
        if let Some(line) = &self.0 {
            line.set_message(words());
        }
    }

    pub fn finish(&self) {
        if let Some(line) = &self.0 {
            line.finish_and_clear();
        }
    }
}
