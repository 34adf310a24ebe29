//! The queue of a check: that it answers, how it is set up, where rejects would go, and the clock.

use std::time::Duration;

use crate::check::{Finding, State};
use crate::commands::connections;
use crate::queue::{Queue, QueueAttributes};
use crate::screen::{number, span};
use crate::settings::Check;
use crate::sqs::{Asking, SqsQueue};

/// A batch that takes longer than its messages are hidden is received by another drain meanwhile.
const SHORT_TIMEOUT: Duration = Duration::from_secs(30);
/// Fewer receives are used up by drains that are killed or look in with `peek`.
const FEW_RECEIVES: u32 = 3;
const SHORT_RETENTION: Duration = Duration::from_secs(24 * 3600);
/// From here on AWS refuses signatures, or soon will.
const WRONG_CLOCK: i64 = 240;

pub fn look(settings: &Check) -> Vec<Finding> {
    let Ok(queue) = &settings.queue else { return Vec::new() };
    let asking =
        Asking { visibility_timeout: None, group: false, receive_count: false, message_attributes: false };
    let mut opened = match connections::queue(queue, Duration::from_secs(1), 1, asking) {
        Ok(opened) => opened,
        Err(failure) => return vec![Finding::of_failure("queue", &failure)],
    };
    let mut findings = match opened.attributes() {
        Err(failure) => vec![Finding::of_failure("queue", &failure)],
        Ok(None) => {
            let cure = "allow sqs:GetQueueAttributes on it to these credentials";
            let text = "it answers, and does not tell how it is set up";
            vec![Finding::new("queue", State::Note, text).cured_by(cure)]
        }
        Ok(Some(told)) => set_up(&told, queue.is_fifo()),
    };
    findings.extend(queue.endpoint.remark.iter().map(|remark| Finding::new("region", State::Note, remark)));
    findings.extend(clock(&opened));
    if !settings.sends_dead_letters && settings.dead_letter_queue_url.is_some() {
        let text = "--dead-letter-queue-url has no effect without --rejects dead-letter";
        findings.push(
            Finding::new("dead letters", State::Warning, text)
                .cured_by("set --rejects dead-letter, or leave it out"),
        );
    }
    if settings.sends_dead_letters && findings.iter().all(|finding| finding.state < State::OutOfReach) {
        findings.push(match opened.dead_letter_to(settings.dead_letter_queue_url.as_deref()) {
            Ok(()) => Finding::new("dead letters", State::Well, "their queue is there, and another one"),
            Err(failure) => Finding::of_failure("dead letters", &failure),
        });
    }
    findings
}

fn set_up(told: &QueueAttributes, fifo: bool) -> Vec<Finding> {
    let QueueAttributes { depth, visibility_timeout, retention, redrive, kms_key } = told;
    let kind = if fifo { "FIFO" } else { "standard" };
    let text = format!(
        "it is a {kind} queue: {} visible, {} in flight, {} delayed",
        number(depth.visible),
        number(depth.in_flight),
        number(depth.delayed)
    );
    let mut findings = vec![Finding::new("queue", State::Well, text)];
    if *visibility_timeout < SHORT_TIMEOUT {
        let text = format!(
            "it hides a message for {} only: a slow batch is received twice",
            span(*visibility_timeout)
        );
        findings.push(
            Finding::new("queue", State::Warning, text).cured_by("set its VisibilityTimeout to 60 or more"),
        );
    }
    if *retention < SHORT_RETENTION {
        let text = format!("it expires messages after {}: a longer outage loses logins", span(*retention));
        findings.push(
            Finding::new("queue", State::Warning, text)
                .cured_by("set its MessageRetentionPeriod to 1209600 (14 days)"),
        );
    }
    findings.extend(kms_key.as_ref().map(|key| {
        Finding::new("encryption", State::Note, format!("its messages are encrypted with the KMS key {key}"))
            .cured_by(
                "see that these credentials may kms:Decrypt with it, which cannot be asked without effect",
            )
    }));
    findings.push(match redrive {
        None => Finding::new("redrive", State::Note, "none: a message that stays is tried until it expires")
            .cured_by("give the queue a dead-letter queue, if what stays must not be lost then"),
        Some(redrive) if redrive.max_receive_count < FEW_RECEIVES => {
            let text = format!(
                "after {} receives a message is moved, even if nothing is wrong with it",
                redrive.max_receive_count
            );
            Finding::new("redrive", State::Warning, text).cured_by("set its maxReceiveCount to 5 or more")
        }
        Some(redrive) => Finding::new(
            "redrive",
            State::Well,
            format!("after {} receives a message goes to {}", redrive.max_receive_count, redrive.target_arn),
        ),
    });
    findings
}

fn clock(queue: &SqsQueue) -> Option<Finding> {
    let seconds = queue.clock_ahead()?.whole_seconds();
    let direction = if seconds > 0 { "ahead of" } else { "behind" };
    Some(match seconds.abs() {
        0..=5 => Finding::new("clock", State::Well, "it agrees with the server's"),
        off if off < WRONG_CLOCK => {
            Finding::new("clock", State::Note, format!("it is {off} s {direction} the server's"))
        }
        off => Finding::new(
            "clock",
            State::Problem,
            format!("it is {} {direction} the server's", span(Duration::from_secs(off.unsigned_abs()))),
        )
        .cured_by("set this machine's clock, and keep it set (NTP)"),
    })
}
