//! `mask`: the masks of values that somebody must look up.

use std::io::{self, BufRead};

use crate::cli::MaskCommandArgs;
use crate::exit::Exit;
use crate::screen::{print, standard_error};
use crate::settings::{Environment, Mask};

/// One mask for each line of standard input.
pub fn run(args: &MaskCommandArgs, environment: &Environment) -> anyhow::Result<Exit> {
    let settings = Mask::read(args, environment)?;
    standard_error::warnings(&settings.warnings);
    for line in io::stdin().lock().lines() {
        print(settings.masker.mask(settings.kind, Some(&line?)).as_str())?;
    }
    Ok(Exit::Clean)
}
