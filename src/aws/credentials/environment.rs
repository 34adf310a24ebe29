//! The AWS variables of the environment that are read here: keys, profile and region. Blank counts as unset.

use aws_credential_types::Credentials as Keys;

const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";

pub fn variable(name: &str) -> Option<String> {
    let text = std::env::var(name).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

pub fn is_set(name: &str) -> bool {
    variable(name).is_some()
}

/// Set, but to nothing, as container files leave variables they pass on.
pub fn is_blank(name: &str) -> bool {
    std::env::var_os(name).is_some() && !is_set(name)
}

pub fn region() -> Option<String> {
    variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"))
}

/// The keys that stand in the environment itself, when both do.
pub fn keys() -> Option<Keys> {
    Some(Keys::new(variable(KEY_ID)?, variable(SECRET)?, variable(TOKEN), None, "environment"))
}

/// Why the environment gave no keys.
pub fn gap(profile_was_asked_for: bool) -> String {
    match (is_set(KEY_ID), is_set(SECRET)) {
        _ if profile_was_asked_for => "passed over for --profile".into(),
        (true, false) => format!("{SECRET} is not set"),
        (false, true) => format!("{KEY_ID} is not set"),
        _ => format!("{KEY_ID} and {SECRET} are not set"),
    }
}
