//! A look into the queue as a person reads it, at 80 columns.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Look, Seen};
use crate::printable::printable;
use crate::queue::QueueAttributes;
use crate::reject::Class;
use crate::screen::{number, span};

const WIDTH: usize = 80;
const INDENT: &str = "   ";

/// Whether verdicts may be coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    Plain,
    Ansi,
}

/// Several lines, the last without a line feed.
pub fn render(look: &Look, colour: Colour) -> String {
    let mut lines = vec![format!("queue {}", printable(&look.queue_url))];
    match &look.attributes {
        Some(attributes) => lines.extend(attribute_lines(attributes)),
        None => lines.push("  its attributes may not be read (sqs:GetQueueAttributes)".to_owned()),
    }
    let Some(messages) = &look.messages else { return lines.join("\n") };
    lines.push(String::new());
    if messages.is_empty() {
        lines.push("no message came".to_owned());
    }
    let most = look
        .attributes
        .as_ref()
        .and_then(|found| found.redrive.as_ref())
        .map(|redrive| redrive.max_receive_count);
    for (place, seen) in messages.iter().enumerate() {
        lines.extend(card(place + 1, seen, most, colour));
    }
    lines.push(farewell(messages.len(), most));
    lines.join("\n")
}

fn attribute_lines(attributes: &QueueAttributes) -> Vec<String> {
    let depth = attributes.depth;
    let mut lines = vec![
        format!(
            "  {} visible, {} in flight, {} delayed",
            number(depth.visible),
            number(depth.in_flight),
            number(depth.delayed)
        ),
        format!(
            "  kept for {}, hidden for {} after a receive",
            span(attributes.retention),
            span(attributes.visibility_timeout)
        ),
    ];
    lines.push(match &attributes.redrive {
        Some(redrive) => format!(
            "  to the dead-letter queue {} after {} receives",
            printable(redrive.target_arn.rsplit(':').next().unwrap_or_default()),
            redrive.max_receive_count
        ),
        None => "  no dead-letter queue".to_owned(),
    });
    lines
}

fn card(place: usize, seen: &Seen, most: Option<u32>, colour: Colour) -> Vec<String> {
    let mut about = Vec::new();
    about.extend(seen.age.map(|age| format!("sent {} ago", span(age))));
    about.extend(seen.receive_count.map(|count| match most {
        Some(most) => format!("receive {count} of {most} before the dead-letter queue"),
        None => format!("receive {count}"),
    }));
    about.extend(seen.group.as_deref().map(|group| format!("group {}", printable(group))));
    about.push(format!("{} bytes", number(seen.size as u64)));
    let mut lines = vec![format!("{place}. {}", seen.id)];
    lines.extend(wrapped(&about.join(", ")));
    lines.extend(verdict(seen, colour));
    lines.extend(wrapped(&seen.description));
    lines.push(String::new());
    lines
}

fn verdict(seen: &Seen, colour: Colour) -> Vec<String> {
    let (code, text) = match &seen.rejection {
        None => ("32", "would be stored".to_owned()),
        Some(rejection) => match rejection.reason.class() {
            Class::Rogue => ("31", format!("would be rejected: {rejection}")),
            Class::Refused => ("33", format!("would be refused: {rejection}")),
        },
    };
    let paint = |line: String| match colour {
        Colour::Plain => line,
        Colour::Ansi => format!("\x1b[{code}m{line}\x1b[0m"),
    };
    wrapped(&text).into_iter().map(paint).collect()
}

/// Lines of at most 80 columns, indented, broken between words where that is possible, control characters visible.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = INDENT.to_owned();
    for word in printable(text).split_inclusive(' ') {
        if line.width() + word.trim_end().width() > WIDTH && line != INDENT {
            lines.push(std::mem::replace(&mut line, INDENT.to_owned()));
        }
        for letter in word.chars() {
            // A Chinese letter, say, takes two columns.
            if line.width() + letter.width().unwrap_or_default() > WIDTH {
                lines.push(std::mem::replace(&mut line, INDENT.to_owned()));
            }
            line.push(letter);
        }
    }
    lines.push(line);
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

fn farewell(messages: usize, most: Option<u32>) -> String {
    let given_back = format!("{} given back; nothing was changed", count(messages as u64, "message"));
    match most {
        Some(most) if messages > 0 => {
            format!(
                "{given_back}, but looking counts as a receive,\nand after {most} receives the queue moves a message away"
            )
        }
        _ => given_back,
    }
}

fn count(number_of: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(number_of), if number_of == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::message::MessageId;
    use crate::queue::{Depth, Redrive};
    use crate::reject::{Reason, Rejection};

    #[test]
    fn lines_are_no_wider_than_a_terminal() {
        assert!(wrapped(&"é\x07".repeat(100)).iter().all(|line| line.width() <= WIDTH));
        let wide = wrapped(&"漢字".repeat(50));
        assert_eq!((wide.len(), wide[0].width()), (3, 79), "{wide:?}");
    }

    #[test]
    fn a_look_reads_like_this() {
        let redrive = Redrive { target_arn: "arn:aws:sqs:eu-west-1:1:dead".to_owned(), max_receive_count: 5 };
        let attributes = QueueAttributes {
            depth: Depth { visible: 12_340, in_flight: 7, delayed: 0 },
            visibility_timeout: Duration::from_secs(30),
            retention: Duration::from_secs(345_600),
            redrive: Some(redrive),
            kms_key: None,
        };
        let rejection = Rejection::new(Reason::MissingKey, "user_id is missing");
        let look = Look {
            queue_url: "https://sqs.eu-west-1.amazonaws.com/1/login-queue".to_owned(),
            attributes: Some(attributes),
            messages: Some(vec![
                seen(
                    None,
                    "JSON object, 170 bytes: user_id text of 4 characters, app_version 9.9.9, device_type text of 7 characters",
                ),
                seen(Some(rejection), "XML?, 84 bytes"),
            ]),
        };
        let expected = "\
queue https://sqs.eu-west-1.amazonaws.com/1/login-queue
  12,340 visible, 7 in flight, 0 delayed
  kept for 4 days, hidden for 30 seconds after a receive
  to the dead-letter queue dead after 5 receives

1. 00000000-0000-0000-0000-000000000007
   sent 2 minutes ago, receive 2 of 5 before the dead-letter queue, 170 bytes
   would be stored
   JSON object, 170 bytes: user_id text of 4 characters, app_version 9.9.9,
   device_type text of 7 characters

2. 00000000-0000-0000-0000-000000000007
   sent 2 minutes ago, receive 2 of 5 before the dead-letter queue, 170 bytes
   would be rejected: missing_key: user_id is missing
   XML?, 84 bytes

2 messages given back; nothing was changed, but looking counts as a receive,
and after 5 receives the queue moves a message away";
        assert_eq!(render(&look, Colour::Plain), expected);
        assert!(render(&look, Colour::Ansi).contains("\x1b[31m   would be rejected"));
    }

    fn seen(rejection: Option<Rejection>, description: &str) -> Seen {
        Seen {
            id: MessageId::from_uuid(uuid::Uuid::from_u128(7)),
            sent_at: None,
            age: Some(Duration::from_secs(130)),
            receive_count: Some(2),
            group: None,
            size: 170,
            rejection,
            description: description.to_owned(),
        }
    }
}
