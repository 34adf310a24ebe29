//! `mask`: the masks of values that somebody must look up.

use std::io::{self, BufRead};

use crate::cli::{MaskCommandArgs, PersonalArg};
use crate::exit::Exit;
use crate::mask::Personal;
use crate::screen::{print, standard_error};
use crate::settings;

/// One mask for each line of standard input.
pub fn run(args: &MaskCommandArgs) -> anyhow::Result<Exit> {
    let masker = settings::masker(&args.mask, &standard_error::warning)?;
    let kind = match args.kind {
        PersonalArg::Ip => Personal::Ip,
        PersonalArg::DeviceId => Personal::DeviceId,
    };
    for line in io::stdin().lock().lines() {
        print(masker.mask(kind, Some(&line?)).as_str())?;
    }
    Ok(Exit::Clean)
}
