//! The words for a failed search for credentials: every source tried, the cause, and what to do.

use std::error::Error;
use std::path::Path;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_types::error::metadata::ErrorMetadata;

use super::connector::Trouble;
use crate::aws::error_reply::Meaning;
use crate::failure::{Failure, FailureKind};

const TEXT_LIMIT: usize = 300;
const CURE: &str = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile";

/// The sources that were asked so far and had nothing, each with its cause.
#[derive(Debug, Default)]
pub struct Tried(Vec<String>);

impl Tried {
    pub fn note(&mut self, source: &str, cause: &str) {
        self.0.push(format!("{source} ({cause})"));
    }

    /// Nothing is configured anywhere: somebody has to provide credentials.
    pub fn nothing_found(&self) -> Failure {
        Failure::lasting(format!("could not find AWS credentials in {}; {CURE}", self.0.join(", ")))
    }

    /// A source is configured but gave none.
    pub fn refused(&self, source: &str, refusal: Refusal) -> Failure {
        let Refusal { kind, cause } = refusal;
        let before = match self.0.as_slice() {
            [] => String::new(),
            tried => format!("; tried before: {}", tried.join(", ")),
        };
        Failure { kind, text: format!("could not get AWS credentials from {source}: {cause}{before}") }
    }
}

/// Why one source gave no credentials.
#[derive(Debug)]
pub struct Refusal {
    pub kind: FailureKind,
    pub cause: String,
}

impl Refusal {
    /// The trouble on the wire, when there was any, explains more than the error that came of it.
    pub fn new(error: &CredentialsError, trouble: Option<Trouble>) -> Refusal {
        match trouble {
            Some(Trouble::OutOfReach { host, why }) => {
                Refusal::passing(format!("could not reach `{host}`: {why}"))
            }
            Some(Trouble::Ailing { host, status }) => {
                Refusal::passing(format!("`{host}` answered HTTP {status}"))
            }
            Some(Trouble::Misconfigured(cause)) => Refusal::for_good(cause),
            None => Refusal { kind: kind(error), cause: cause(error) },
        }
    }

    /// Somebody named this profile, so nothing else may stand in for it.
    pub fn no_such_profile() -> Refusal {
        Refusal::for_good(
            "no such profile in ~/.aws/config or ~/.aws/credentials; see `aws configure list-profiles`",
        )
    }

    pub fn of_console_login() -> Refusal {
        Refusal::for_good(
            "its login is one of `aws login`, which is not read here; give the keys to this program with \
             `eval \"$(aws configure export-credentials --format env)\"`",
        )
    }

    pub fn unreadable_profiles(error: &(dyn Error + 'static)) -> Refusal {
        Refusal::for_good(told(error))
    }

    pub fn unusable(file: &Path, cause: &str) -> Refusal {
        Refusal::for_good(format!("could not read `{}`: {cause}", file.display()))
    }

    pub fn blank(variable: &str) -> Refusal {
        Refusal::for_good(format!("`{variable}` is set to nothing; unset it or give it a URL"))
    }

    /// Somebody must change something first.
    pub fn for_good(cause: impl Into<String>) -> Refusal {
        Refusal { kind: FailureKind::Lasting, cause: cause.into() }
    }

    pub fn passing(cause: String) -> Refusal {
        Refusal { kind: FailureKind::Temporary, cause }
    }
}

fn kind(error: &CredentialsError) -> FailureKind {
    let code = causes(error).find_map(|link| link.downcast_ref::<ErrorMetadata>()?.code());
    let busy = code.is_some_and(|code| Meaning::of(0, code).is_passing());
    // The library takes a container host that cannot be looked up for a wrong setting.
    if busy || told(error).contains("DNS lookup") || matches!(error, CredentialsError::ProviderTimedOut(_)) {
        return FailureKind::Temporary;
    }
    FailureKind::Lasting
}

fn cause(error: &CredentialsError) -> String {
    let told = told(error);
    format!("{told}{}", hint(&told))
}

/// The causes that say something, from the outside in.
fn told(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    for link in causes(error) {
        let said = match link.downcast_ref::<ErrorMetadata>() {
            Some(reply) => spoken(reply),
            None => presentable(&link.to_string()),
        };
        if !is_general(&said) && !parts.iter().any(|part| part.contains(&said)) {
            parts.push(said);
        }
    }
    let told = if parts.is_empty() { presentable(&error.to_string()) } else { parts.join(": ") };
    told.chars().take(TEXT_LIMIT).collect()
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&link| link.source())
}

fn spoken(reply: &ErrorMetadata) -> String {
    let code = reply.code().unwrap_or("an unnamed error");
    presentable(&format!("{code}: {}", reply.message().unwrap_or("no message")))
}

/// Phrases that only say that something below them failed.
fn is_general(text: &str) -> bool {
    text.is_empty()
        || text == "service error"
        || text == "dispatch failure"
        || text.starts_with("unhandled error")
        || text.starts_with("an error occurred while loading")
        || text.ends_with("was not properly configured")
        || text.ends_with("was not enabled")
        || text.starts_with("unexpected credentials error")
        || text == "could not parse profile file"
        || text == "other"
}

/// One line, without what a credential process printed, and without a URL that holds a password.
fn presentable(text: &str) -> String {
    let own = text.split("Stderr:").next().unwrap_or_default();
    let hidden = |word: &str| word.contains("://") && word.contains(['@', '?']);
    let words = own.split_whitespace().map(|word| if hidden(word) { "(a URL)" } else { word });
    words.collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}

fn hint(cause: &str) -> &'static str {
    let lower = cause.to_ascii_lowercase();
    if lower.contains("sso") || lower.contains("unauthorizedexception") {
        return "; run `aws sso login` for this profile";
    }
    if lower.contains("auth token could not be used") {
        return "; AWS_CONTAINER_AUTHORIZATION_TOKEN, or the file that AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names, must \
                be one line";
    }
    if lower.contains("region") && lower.contains("missing") {
        return "; pass --region or set AWS_REGION";
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_credential_process_printed_is_left_out() {
        let error = CredentialsError::provider_error("external process exited with 1. Stderr: my secret");
        assert_eq!(Refusal::new(&error, None).cause, "external process exited with 1");
    }

    #[test]
    fn a_url_with_a_password_is_left_out_and_lines_are_joined() {
        let error =
            CredentialsError::invalid_configuration("invalid full URI\n at: http://me:hunter2@host/x");
        assert_eq!(Refusal::new(&error, None).cause, "invalid full URI at: (a URL)");
    }

    #[test]
    fn the_reply_of_a_service_is_told_by_code_and_message() {
        let reply = ErrorMetadata::builder().code("AccessDenied").message("not allowed").build();
        let refusal = Refusal::new(&CredentialsError::provider_error(reply), None);
        assert_eq!(refusal.cause, "AccessDenied: not allowed");
        assert_eq!(refusal.kind, FailureKind::Lasting);
        let busy = ErrorMetadata::builder().code("Throttling").build();
        assert_eq!(Refusal::new(&CredentialsError::provider_error(busy), None).kind, FailureKind::Temporary);
    }

    #[test]
    fn trouble_on_the_wire_is_worth_another_try() {
        let error = CredentialsError::unhandled("whatever");
        let trouble = Trouble::Ailing { host: "sts".into(), status: 503 };
        let refusal = Refusal::new(&error, Some(trouble));
        assert_eq!(
            (refusal.kind, refusal.cause.as_str()),
            (FailureKind::Temporary, "`sts` answered HTTP 503")
        );
    }
}
