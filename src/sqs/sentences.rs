//! What a person reads when a call to SQS fails for good: what, on what, why, what to do.

use time::Duration;

use crate::aws::{CallError, ErrorReply, Meaning, Remedy};
use crate::failure::{Failure, FailureKind};

/// One call, as far as its failure must name it.
pub struct Context<'a> {
    /// The SQS action, as "ReceiveMessage".
    pub action: &'a str,
    /// The queue's URL, or its name while the URL is not known.
    pub queue: &'a str,
    pub region: &'a str,
    pub endpoint: &'a str,
    /// How far this machine's clock is ahead of the server's.
    pub clock_ahead: Option<Duration>,
}

pub fn explain(error: &CallError, context: &Context<'_>) -> Failure {
    let Context { action, queue, region, endpoint, .. } = context;
    match error {
        CallError::NotSent(cause) => Failure::temporary(format!(
            "could not reach SQS at {endpoint}: {cause}; nothing is lost, the next run goes on \
             (is the endpoint right? see --endpoint-url and --region)"
        )),
        CallError::Untrusted(cause) => Failure::lasting(format!(
            "could not trust SQS at {endpoint}: {cause}; if its certificate comes from an authority of your own, \
             name that authority's file in SSL_CERT_FILE"
        )),
        CallError::Barred(cause) => Failure::lasting(format!("could not reach SQS at {endpoint}: {cause}")),
        CallError::NoReply(cause) => Failure::temporary(format!(
            "no answer to {action} from SQS at {endpoint}: {cause}; nothing is lost, the next run goes on"
        )),
        CallError::Malformed | CallError::Unfinished => Failure::temporary(format!(
            "the answer to {action} from {endpoint} is not one of SQS; nothing is lost, the next run goes on \
             (is the endpoint right? see --endpoint-url)"
        )),
        CallError::Stranger(status) => Failure::lasting(format!(
            "what answers at {endpoint} is not SQS (HTTP {status} to {action}): set --endpoint-url or \
             AWS_ENDPOINT_URL_SQS to where SQS is, or --queue-url to the queue's own address there"
        )),
        CallError::NoCredentials(failure) => failure.clone(),
        CallError::Stopped(by, error) => {
            Failure { kind: FailureKind::Stopped(*by), ..explain(error, context) }
        }
        CallError::Refused(reply) if error.remedy() == Remedy::TryAgain => Failure::temporary(format!(
            "SQS at {endpoint} refused {action} again and again ({}); nothing is lost, the next run goes on",
            reply.told()
        )),
        CallError::Refused(reply) => Failure::lasting(format!(
            "SQS refused {action} on {queue} in {region} ({}): {}",
            reply.told(),
            advice(reply, context)
        )),
    }
}

fn advice(reply: &ErrorReply, context: &Context<'_>) -> String {
    let advice = match (reply.meaning(), reply.code.as_str()) {
        (Meaning::NoSuchThing, _) if context.action == "GetQueueUrl" => {
            "no such queue; check --queue-url or --queue-name, and that --region is the queue's own (the queue of \
             another account needs its --queue-url)"
        }
        (Meaning::NoSuchThing, _) => {
            "no such queue; check --queue-url or --queue-name, and that --region is the queue's own"
        }
        (Meaning::Denied, _) => {
            return format!("allow sqs:{} on this queue to these credentials", permission(context.action));
        }
        (
            _,
            "SignatureDoesNotMatch" | "RequestExpired" | "InvalidSignatureException" | "RequestTimeTooSkewed",
        ) => {
            return skew(context.clock_ahead).unwrap_or_else(|| {
                "the secret key does not belong to the access key; set both anew".to_owned()
            });
        }
        (_, "ExpiredToken" | "ExpiredTokenException") => {
            "the session token has expired; renew the credentials"
        }
        (Meaning::StaleCredentials, _) => {
            "these credentials are not known there; check the access key, and that it belongs to this partition"
        }
        (_, "InvalidAddress") => "the address is not valid for this account; check --queue-url",
        (_, code) if code.starts_with("Kms") => {
            "the queue is encrypted; allow kms:Decrypt on its key to these credentials"
        }
        _ => "look the code up in the SQS API reference, or ask AWS support with the request id",
    };
    advice.to_owned()
}

/// The IAM action that covers a call: batch calls have none of their own.
fn permission(action: &str) -> &str {
    action.strip_suffix("Batch").unwrap_or(action)
}

/// A clock that is off makes signatures wrong, which nobody guesses from the code.
fn skew(ahead: Option<Duration>) -> Option<String> {
    let seconds = ahead?.whole_seconds();
    (seconds.abs() > 240).then(|| {
        let direction = if seconds > 0 { "ahead of" } else { "behind" };
        format!("this machine's clock is {} s {direction} the server's; set the clock", seconds.abs())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: Context<'_> = Context {
        action: "DeleteMessageBatch",
        queue: "https://sqs.eu-west-1.amazonaws.com/1/logins",
        region: "eu-west-1",
        endpoint: "https://sqs.eu-west-1.amazonaws.com",
        clock_ahead: None,
    };

    fn refused(status: u16, code: &str, clock_ahead: Option<Duration>) -> Failure {
        let reply = ErrorReply { status, code: code.to_owned(), request_id: Some("7b1f".to_owned()) };
        explain(&CallError::Refused(reply), &Context { clock_ahead, ..CONTEXT })
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let table = [
            ("QueueDoesNotExist", "no such queue"),
            ("AccessDenied", "allow sqs:DeleteMessage on this queue"),
            ("AccessDeniedException", "allow sqs:DeleteMessage on this queue"),
            ("SignatureDoesNotMatch", "the secret key does not belong to the access key"),
            ("ExpiredToken", "renew the credentials"),
            ("KmsAccessDenied", "allow kms:Decrypt"),
        ];
        for (code, advice) in table {
            let failure = refused(403, code, None);
            assert!(failure.text.contains(advice), "{failure}");
            assert!(failure.text.contains("request id 7b1f"), "{failure}");
            assert_eq!(failure.kind, FailureKind::Lasting);
        }
    }

    #[test]
    fn a_wrong_clock_is_told_with_its_distance() {
        let failure = refused(403, "SignatureDoesNotMatch", Some(Duration::HOUR));
        assert!(
            failure.text.ends_with("this machine's clock is 3600 s ahead of the server's; set the clock")
        );
    }

    #[test]
    fn what_passes_by_itself_is_for_the_next_run() {
        assert_eq!(refused(503, "ServiceUnavailable", None).kind, FailureKind::Temporary);
        assert_eq!(refused(500, "", None).kind, FailureKind::Temporary);
    }
}
