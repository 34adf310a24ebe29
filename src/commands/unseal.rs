//! `unseal`: the raw values of some logins, for whoever has the private key, and a row that tells of it.

use std::collections::BTreeMap;

use serde_json::json;
use time::format_description::well_known::Rfc3339;

use super::{connections, given_ids};
use crate::cli::UnsealArgs;
use crate::exit::Exit;
use crate::postgres::unseal::{self, SealedLogin};
use crate::screen::{print, standard_error};
use crate::seal::{NotOpened, Opener, Raw};
use crate::settings::{Environment, Unseal};

pub fn run(args: &UnsealArgs, environment: &Environment) -> anyhow::Result<Exit> {
    let settings = Unseal::read(args, environment)?;
    standard_error::warnings(&settings.warnings);
    let ids = given_ids::read("")?;
    let login = connections::login(&settings.database)?;
    let mut session = connections::session(&settings.database, login);
    let logins = settings.patience.keep_trying(|| unseal::read(&mut session, &ids))?;
    if logins.is_empty() {
        standard_error::note("nothing is sealed of these ids");
    }
    let mut unopened = Unopened::default();
    for login in &logins {
        match settings.opener.open(&login.user_id, &login.sealed) {
            Ok(raw) => print(&line(login, &raw)?)?,
            Err(NotOpened::OtherKey(id)) => *unopened.other_keys.entry(id).or_default() += 1,
            Err(NotOpened::Damaged) => unopened.damaged += 1,
        }
    }
    Ok(unopened.tell(&settings.opener))
}

/// One JSON object.
fn line(login: &SealedLogin, raw: &Raw) -> anyhow::Result<String> {
    let object = json!({
        "message_id": login.message_id.to_string(),
        "user_id": login.user_id,
        "sealed_at": login.sealed_at.format(&Rfc3339)?,
        "ip": raw.ip,
        "device_id": raw.device_id,
    });
    Ok(object.to_string())
}

/// Values that this key does not open.
#[derive(Default)]
struct Unopened {
    other_keys: BTreeMap<String, u64>,
    damaged: u64,
}

impl Unopened {
    fn tell(&self, opener: &Opener) -> Exit {
        for (key, values) in &self.other_keys {
            standard_error::warning(&format!(
                "{values} of these values are sealed to the key {key}, and --key is {}: run this with that key too",
                opener.id()
            ));
        }
        if self.damaged > 0 {
            standard_error::warning(&format!(
                "{} of these values do not open: they were changed, or moved to another user",
                self.damaged
            ));
        }
        if self.other_keys.is_empty() && self.damaged == 0 { Exit::Clean } else { Exit::Incomplete }
    }
}
