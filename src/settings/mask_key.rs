//! The reading of a masking key from its file.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::exposure::unreadable;
use crate::aws::{self, Access, Settings, Stage, region};
use crate::cli::{MaskArgs, MaskCommandArgs};
use crate::failure::Failure;
use crate::libpq::bounded_file::{self, BoundedFile};
use crate::mask::{MaskKey, Masker, SHORTEST_KEY, looks_random};
use crate::waiting::Waiting;

const WRITABLE_BY_OTHERS: u32 = 0o002;

const SECRET: &str = "--mask-key-secret";

/// The way values are masked. A key in a secret is fetched here, so that no mask is ever made without it.
pub fn masker(
    args: &MaskArgs,
    aws: &Access,
    environment: &Environment,
    warnings: &mut Vec<String>,
) -> Result<Masker, Failure> {
    if let Some(id) = &args.mask_key_secret {
        check_secret_name(id)?;
        let text = aws::fetch_text(aws, id, SECRET, Stage::Current)?.unwrap_or_default();
        return of_secret(id, &text, warnings);
    }
    let file = args.mask_key_file.clone().or_else(|| environment.get("MASK_KEY_FILE").map(PathBuf::from));
    file.map_or(Ok(Masker::Plain), |file| read(&file, warnings))
}

/// Whom a command without a queue asks for the key: roles are assumed where the secret is.
pub fn access(args: &MaskArgs, environment: &Environment, waiting: Waiting) -> Access {
    let role_region = args.mask_key_secret.as_deref().and_then(region::of_arn).map(str::to_owned);
    Access::new(Settings { role_region, ..super::aws::read(environment, None, None) }, waiting)
}

/// The ways values may have been masked before, without that of new rows.
pub fn former(
    args: &MaskCommandArgs,
    aws: &Access,
    warnings: &mut Vec<String>,
) -> Result<Vec<Masker>, Failure> {
    let mut maskers = Vec::new();
    for file in &args.former_mask_key_file {
        maskers.push(read(file, warnings)?);
    }
    if let Some(id) = &args.mask.mask_key_secret
        && let Some(text) = aws::fetch_text(aws, id, SECRET, Stage::Previous)?
    {
        maskers.push(of_secret(id, &text, warnings)?);
    }
    maskers.push(Masker::Plain);
    Ok(maskers)
}

/// The bytes of the file without the line end after them. Others may read it, because secrets are mounted into
/// containers so; whoever may write it could choose every mask.
fn read(file: &Path, warnings: &mut Vec<String>) -> Result<Masker, Failure> {
    let BoundedFile { bytes, metadata } =
        bounded_file::read(file).map_err(|error| unreadable(file, "--mask-key-file", &error))?;
    if metadata.permissions().mode() & WRITABLE_BY_OTHERS != 0 {
        return Err(Failure::lasting(format!(
            "every user of this machine may write the mask key in `{0}`: see that it is yours, and run `chmod o-w {0}`",
            file.display()
        )));
    }
    let remedy = format!("make one with `openssl rand -hex 32 > {}`", file.display());
    key(&bytes, &format!("`{}`", file.display()), &remedy, warnings)
}

fn of_secret(id: &str, text: &str, warnings: &mut Vec<String>) -> Result<Masker, Failure> {
    let remedy = "its whole text must be the key, as `openssl rand -hex 32` makes one";
    key(text.as_bytes(), &format!("the secret `{id}`"), remedy, warnings)
}

fn key(bytes: &[u8], place: &str, remedy: &str, warnings: &mut Vec<String>) -> Result<Masker, Failure> {
    let line = bytes.strip_suffix(b"\r\n").or_else(|| bytes.strip_suffix(b"\n"));
    let secret = line.unwrap_or(bytes);
    let key = MaskKey::new(secret)
        .map_err(|weak| Failure::lasting(format!("the mask key in {place} is too weak: {weak}; {remedy}")))?;
    if !looks_random(secret) {
        warnings.push(format!(
            "the mask key in {place} does not look random, and whoever guesses it can reverse the masks: make one with \
             `openssl rand -hex 32`"
        ));
    }
    Ok(Masker::Keyed(key))
}

/// A key that slipped in here would be sent to AWS as a name, and named in messages.
fn check_secret_name(id: &str) -> Result<(), Failure> {
    let is_key = !id.starts_with("arn:") && id.len() >= SHORTEST_KEY && {
        let hex = id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let base64 = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
        let mixed = [u8::is_ascii_digit, u8::is_ascii_lowercase, u8::is_ascii_uppercase];
        hex || (base64 && mixed.iter().all(|is| id.bytes().any(|byte| is(&byte))))
    };
    match is_key {
        true => Err(Failure::lasting(format!(
            "what {SECRET} names looks like a key itself: it must be the name or ARN of a secret that holds one"
        ))),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::Personal;

    #[test]
    fn a_key_is_the_same_whatever_ends_its_line() {
        let hex = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
        let mask = |end: &str| {
            let masker = key(format!("{hex}{end}").as_bytes(), "", "", &mut Vec::new()).unwrap();
            masker.mask(Personal::Ip, Some("10.0.0.1"))
        };
        assert!([mask("\n"), mask("\r\n")].iter().all(|same| *same == mask("")));
        assert_ne!(mask("\n\n"), mask(""));
    }

    #[test]
    fn what_looks_like_a_key_is_no_name_of_a_secret() {
        let hex = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
        for key in [hex, "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="] {
            let text = check_secret_name(key).unwrap_err().text;
            assert!(!text.contains(key) && text.contains("looks like a key itself"), "{text}");
        }
        let arn = format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{hex}");
        for name in [&arn, "mask-key", "prod/login-drain/mask-key/of-the-european-region", "short"] {
            assert_eq!(check_secret_name(name), Ok(()), "{name}");
        }
    }
}
