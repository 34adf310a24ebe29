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

/// The first signal ends the command in good order, and says so where that takes time; a second ends the program.
pub fn to_end_in_good_order() -> anyhow::Result<StopFlag> {
    let stop = StopFlag::default();
    signals::listen(&stop, |reaction| match reaction {
        Reaction::Finish => standard_error::note(reaction.text()),
        Reaction::EndNow(_) => {
            standard_error::error(reaction.text());
            Exit::Early.now();
        }
    })?;
    Ok(stop)
}
