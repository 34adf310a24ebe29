//! `mask`: the masks of values that somebody must look up.

use std::io::{self, BufRead};

use anyhow::Context;

use crate::cli::MaskCommandArgs;
use crate::exit::Exit;
use crate::screen::{print, standard_error};
use crate::settings::{Environment, Mask};

/// One line for each line of standard input: its mask, or all that it may have.
pub fn run(args: &MaskCommandArgs, environment: &Environment) -> anyhow::Result<Exit> {
    let settings = Mask::read(args, environment)?;
    standard_error::warnings(&settings.warnings);
    for line in io::stdin().lock().lines() {
        let line = line.context("could not read the values on standard input, which must be UTF-8")?;
        let masks = settings.maskers.iter().map(|masker| masker.mask(settings.kind, Some(&line)));
        print(&masks.map(|mask| mask.as_str().to_owned()).collect::<Vec<_>>().join(" "))?;
    }
    Ok(Exit::Clean)
}
