//! What a command does when it hears a signal, and what it says.

use crate::exit::Exit;
use crate::screen::standard_error;
use crate::signals::{self, Reaction};
use crate::waiting::StopFlag;

/// For commands that lose nothing when they end anywhere.
pub fn to_end_at_once() -> anyhow::Result<()> {
    Ok(signals::end_at_once(|| {
        standard_error::error("stopped by a signal");
        Exit::Early.now();
    })?)
}

/// What a command says of signals.
pub struct Words {
    pub finish: &'static str,
    /// In place of what is true where messages are received.
    pub end_now: Option<&'static str>,
}

pub const OF_A_DRAIN: Words =
    Words { finish: "stopping: finishing the open batch (a second signal stops at once)", end_now: None };

/// The first signal ends the command in good order, and says so where that takes time; a second ends the program.
pub fn to_end_in_good_order(words: &'static Words) -> anyhow::Result<StopFlag> {
    let stop = StopFlag::default();
    signals::listen(&stop, |reaction| match reaction {
        Reaction::Finish => standard_error::note(words.finish),
        Reaction::EndNow(why) => {
            standard_error::error(words.end_now.unwrap_or(why));
            Exit::Early.now();
        }
    })?;
    Ok(stop)
}
