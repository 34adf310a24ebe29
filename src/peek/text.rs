//! A look into the queue as a person reads it, at 80 columns.

use std::fmt::Write;
use std::time::Duration;

use unicode_width::UnicodeWidthChar;

use super::{Look, Seen};
use crate::queue::QueueAttributes;
use crate::reject::Class;
use crate::screen::number;

const WIDTH: usize = 80;
const INDENT: &str = "   ";
/// Lines of one body shown at the most.
const MOST_LINES: usize = 12;

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
            words(attributes.retention),
            words(attributes.visibility_timeout)
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
    about.extend(seen.age.map(|age| format!("sent {} ago", words(age))));
    about.extend(seen.receive_count.map(|count| match most {
        Some(most) => format!("receive {count} of {most} before the dead-letter queue"),
        None => format!("receive {count}"),
    }));
    about.extend(seen.group.as_deref().map(|group| format!("group {}", printable(group))));
    about.push(format!("{} bytes", number(seen.size as u64)));
    let mut lines = vec![format!("{place}. {}", printable(&seen.id.to_string()))];
    lines.extend(wrapped(&about.join(", ")));
    lines.extend(verdict(seen, colour));
    lines.extend(body_lines(&seen.body));
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

fn body_lines(body: &str) -> Vec<String> {
    let mut lines = wrapped(&shorten_masks(body));
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        lines.push(format!("{INDENT}…"));
    }
    lines
}

/// A mask is shown by its beginning: enough to compare by eye.
fn shorten_masks(body: &str) -> String {
    let mut short = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_hexdigit()) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|letter: char| !letter.is_ascii_hexdigit()).unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        short.push_str(before);
        match run.get(..12) {
            Some(head) if run.len() == 64 => {
                let _ = write!(short, "{head}…");
            }
            _ => short.push_str(run),
        }
        rest = after;
    }
    short + rest
}

/// Lines of at most 80 columns, indented, control characters made visible.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![INDENT.to_owned()];
    let mut column = INDENT.len();
    for letter in printable(text).chars() {
        // A Chinese letter, say, takes two columns.
        let width = letter.width().unwrap_or_default();
        if column + width > WIDTH {
            lines.push(INDENT.to_owned());
            column = INDENT.len();
        }
        column += width;
        if let Some(line) = lines.last_mut() {
            line.push(letter);
        }
    }
    lines
}

/// Control characters could move the cursor or recolour the screen; direction marks could reorder what is read.
pub fn printable(text: &str) -> String {
    let is_harmless = |letter: char| {
        !letter.is_control()
            && !matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let shown = |letter: char| match is_harmless(letter) {
        true => letter.to_string(),
        false => format!("\\u{{{:x}}}", u32::from(letter)),
    };
    text.chars().map(shown).collect()
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

/// A duration in its largest whole unit: "3 days", "1 minute".
pub fn words(time: Duration) -> String {
    let seconds = time.as_secs();
    for (unit, noun) in [(86_400, "day"), (3600, "hour"), (60, "minute")] {
        if seconds >= unit {
            return count(seconds / unit, noun);
        }
    }
    count(seconds, "second")
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::message::MessageId;
    use crate::queue::{Depth, Redrive};
    use crate::reject::{Reason, Rejection};

    #[test]
    fn a_duration_is_told_in_its_largest_unit() {
        let table = [
            (0, "0 seconds"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (7300, "2 hours"),
            (345_600, "4 days"),
        ];
        for (seconds, text) in table {
            assert_eq!(words(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn nothing_a_body_holds_reaches_the_terminal_raw() {
        assert_eq!(printable("a\x1b[31mb\u{202e}c\u{9b}d\r"), "a\\u{1b}[31mb\\u{202e}c\\u{9b}d\\u{d}");
        assert!(wrapped(&"é\x07".repeat(100)).iter().all(|line| line.width() <= WIDTH));
        let wide = wrapped(&"漢字".repeat(50));
        assert_eq!((wide.len(), wide[0].width()), (3, 79), "{wide:?}");
    }

    #[test]
    fn masks_are_shortened_and_nothing_else() {
        let mask = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(
            shorten_masks(&format!(r#"{{"ip":"{mask}","x":"abc"}}"#)),
            r#"{"ip":"ba7816bf8f01…","x":"abc"}"#
        );
        assert_eq!(shorten_masks("é ff é"), "é ff é");
    }

    #[test]
    fn a_look_reads_like_this() {
        let redrive = Redrive { target_arn: "arn:aws:sqs:eu-west-1:1:dead".to_owned(), max_receive_count: 5 };
        let attributes = QueueAttributes {
            depth: Depth { visible: 12_340, in_flight: 7, delayed: 0 },
            visibility_timeout: Duration::from_secs(30),
            retention: Duration::from_secs(345_600),
            redrive: Some(redrive),
        };
        let rejection = Rejection::new(Reason::MissingKey, "user_id is missing");
        let look = Look {
            queue_url: "https://sqs.eu-west-1.amazonaws.com/1/login-queue".to_owned(),
            attributes: Some(attributes),
            messages: Some(vec![
                seen(None, r#"{"user_id":"anna"}"#),
                seen(Some(rejection), r#"{"bar":"x"}"#),
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
   {\"user_id\":\"anna\"}

2. 00000000-0000-0000-0000-000000000007
   sent 2 minutes ago, receive 2 of 5 before the dead-letter queue, 170 bytes
   would be rejected: missing_key: user_id is missing
   {\"bar\":\"x\"}

2 messages given back; nothing was changed, but looking counts as a receive,
and after 5 receives the queue moves a message away";
        assert_eq!(render(&look, Colour::Plain), expected);
        assert!(render(&look, Colour::Ansi).contains("\x1b[31m   would be rejected"));
    }

    fn seen(rejection: Option<Rejection>, body: &str) -> Seen {
        Seen {
            id: MessageId::from_uuid(uuid::Uuid::from_u128(7)),
            sent_at: None,
            age: Some(Duration::from_secs(130)),
            receive_count: Some(2),
            group: None,
            size: 170,
            rejection,
            body: body.to_owned(),
        }
    }
}
