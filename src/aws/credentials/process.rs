//! Keys of a `credential_process`: run here, because the provider library keeps all that such a program prints.

use std::process::Stdio;
use std::time::SystemTime;

use aws_config::profile::{Profile, ProfileSet};
use aws_credential_types::Credentials as Keys;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use super::failed_search::Refusal;

/// One object with keys takes two or three KiB.
const MOST_PRINTED: u64 = 64 * 1024;
/// Profiles that one builds on, before that is taken for a circle.
pub const MOST_SOURCES: usize = 32;

/// The program that the keys of a profile come from in the end.
#[derive(Debug, PartialEq, Eq)]
pub struct Process {
    pub command: String,
    pub keys_are: KeysAre,
}

#[derive(Debug, PartialEq, Eq)]
pub enum KeysAre {
    TheProfiles,
    /// Of a profile that names no role: others assume theirs with its keys.
    OfSource(String),
    /// Of a profile that assumes its own role with its own keys.
    OfItsOwnSource(String),
}

impl Process {
    /// In the order in which the library looks.
    pub fn behind(profiles: &ProfileSet, name: &str) -> Option<Process> {
        let mut profile = profiles.get_profile(name)?;
        for roles in 0..MOST_SOURCES {
            if roles > 0 && has_keys(profile) {
                return None;
            }
            let assumes =
                profile.get("role_arn").is_some() && profile.get("web_identity_token_file").is_none();
            let source = profile.get("source_profile").filter(|_| assumes);
            match source {
                Some(source) if source != profile.name() => profile = profiles.get_profile(source)?,
                _ => {
                    let command = command_of(profile)?.to_owned();
                    let name = profile.name().to_owned();
                    let keys_are = match (assumes, roles) {
                        (true, _) => KeysAre::OfItsOwnSource(name),
                        (false, 0) => KeysAre::TheProfiles,
                        (false, _) => KeysAre::OfSource(name),
                    };
                    return Some(Process { command, keys_are });
                }
            }
        }
        None
    }

    /// What it prints on standard error is nobody's business here: it may hold a secret.
    pub async fn run(&self) -> Result<Keys, Refusal> {
        let started = Command::new("sh")
            .args(["-c", &self.command])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let mut child = started.map_err(|cause| {
            Refusal::passing(format!("its credential_process could not be started: {cause}"))
        })?;
        let mut printed = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            let read = stdout.take(MOST_PRINTED + 1).read_to_end(&mut printed).await;
            read.map_err(|cause| {
                Refusal::passing(format!("its credential_process could not be read: {cause}"))
            })?;
        }
        if printed.len() as u64 > MOST_PRINTED {
            return Err(Refusal::for_good(
                "its credential_process printed more than 64 KiB and was ended; have it print one JSON object with the \
                 keys, and nothing else",
            ));
        }
        let status = child.wait().await.map_err(|cause| {
            Refusal::passing(format!("its credential_process could not be waited for: {cause}"))
        })?;
        if !status.success() {
            return Err(Refusal::for_good(format!(
                "its credential_process ended with {status}; run the command by hand to see why"
            )));
        }
        keys(&printed).ok_or_else(|| {
            Refusal::for_good(
                "its credential_process printed no JSON object with Version 1, AccessKeyId and SecretAccessKey; run the \
                 command by hand to see what it prints",
            )
        })
    }
}

impl KeysAre {
    /// What to put over the profile files, so that the library finds the keys there and runs no process.
    pub fn overlay(&self, keys: &Keys) -> Option<String> {
        let token = keys.session_token().map(|token| format!("aws_session_token = {token}\n"));
        let lines = format!(
            "aws_access_key_id = {}\naws_secret_access_key = {}\n{}",
            keys.access_key_id(),
            keys.secret_access_key(),
            token.unwrap_or_default()
        );
        match self {
            KeysAre::TheProfiles => None,
            KeysAre::OfSource(name) => Some(format!("[{name}]\n{lines}")),
            // With keys of its own it would go on to its process all the same.
            KeysAre::OfItsOwnSource(name) => Some(format!(
                "[{name}]\nsource_profile = {name}-credential_process\n[{name}-credential_process]\n{lines}"
            )),
        }
    }
}

fn has_keys(profile: &Profile) -> bool {
    ["aws_access_key_id", "aws_secret_access_key"].iter().all(|key| profile.get(key).is_some())
}

/// Unless the profile says something that goes before it.
fn command_of(profile: &Profile) -> Option<&str> {
    const BEFORE: [&str; 8] = [
        "credential_source",
        "web_identity_token_file",
        "login_session",
        "sso_session",
        "sso_start_url",
        "sso_region",
        "sso_account_id",
        "sso_role_name",
    ];
    let first = !BEFORE.iter().any(|setting| profile.get(setting).is_some());
    profile.get("credential_process").filter(|_| first)
}

fn keys(printed: &[u8]) -> Option<Keys> {
    let said: Map<String, Value> = serde_json::from_slice(printed).ok()?;
    let get =
        |name: &str| said.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    // Nothing that would be another line of a file.
    let sound = |text: &&str| !text.contains(char::is_control);
    let text = |name: &str| get(name).and_then(Value::as_str).filter(sound);
    if get("Version")?.as_u64() != Some(1) {
        return None;
    }
    let ends = match text("Expiration") {
        Some(at) => Some(SystemTime::from(OffsetDateTime::parse(at, &Rfc3339).ok()?)),
        None => None,
    };
    let token = text("SessionToken").map(str::to_owned);
    Some(Keys::new(text("AccessKeyId")?, text("SecretAccessKey")?, token, ends, "credential_process"))
}
