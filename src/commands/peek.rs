//! `peek`: the attributes first, then a few messages, which are given back at once.

use std::io;
use std::time::Duration;

use time::OffsetDateTime;

use crate::cli::{FormatArg, PeekArgs};
use crate::drain::intake::MOST_PER_RECEIVE;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::mask::Masker;
use crate::message::{Message, Receipt};
use crate::peek::text::Colour;
use crate::peek::{Look, Seen, json, text};
use crate::queue::Queue;
use crate::screen::{print, standard_error};
use crate::settings;
use crate::sqs::{self, Asking, Details, SqsQueue};

/// Messages stay hidden this long if the program is killed before it gives them back.
const HIDDEN: Duration = Duration::from_secs(30);
const WAIT: Duration = Duration::from_secs(1);

pub fn run(args: &PeekArgs) -> anyhow::Result<Exit> {
    settings::explain_first_run(&args.queue)?;
    let masker = settings::masker(&args.mask, &standard_error::warning)?;
    let settings = settings::queue(&args.queue)?;
    let queue = SqsQueue::open(sqs::Settings {
        endpoint: settings.endpoint,
        queue: settings.name,
        aws: settings.aws,
        longest_wait: WAIT,
        in_flight: 1,
        asking: Asking { visibility_timeout: Some(HIDDEN), details: Details::ForPeek },
    })?;
    let attributes = queue.attributes()?;
    let messages = match args.attributes_only {
        true => None,
        false => Some(look(&queue, args.messages as usize, &masker)?),
    };
    let look = Look { queue_url: queue.url().to_owned(), attributes, messages };
    match args.format {
        FormatArg::Text => print(&text::render(&look, colour()))?,
        FormatArg::Json => print(&json::render(&look))?,
    }
    Ok(Exit::Clean)
}

/// Up to `most` messages, all given back, also when a later receive fails.
fn look(queue: &SqsQueue, most: usize, masker: &Masker) -> Result<Vec<Seen>, Failure> {
    let mut messages = Vec::new();
    let received = receive(queue, most, &mut messages);
    let receipts: Vec<Receipt> = messages.iter().map(|message| message.receipt.clone()).collect();
    let given_back = queue.give_back(&receipts);
    received.and(given_back.failure.map_or(Ok(()), Err))?;
    let hidden = receipts.len() - given_back.messages;
    if hidden > 0 {
        standard_error::warning(&format!(
            "SQS did not give {hidden} of these messages back: nobody can receive them for {} s",
            HIDDEN.as_secs()
        ));
    }
    let now = OffsetDateTime::now_utc();
    Ok(messages.iter().map(|message| Seen::new(message, masker, now)).collect())
}

fn receive(queue: &SqsQueue, most: usize, messages: &mut Vec<Message>) -> Result<(), Failure> {
    while messages.len() < most {
        let received = queue.receive(MOST_PER_RECEIVE.min(most - messages.len()), WAIT)?.messages;
        if received.is_empty() {
            break;
        }
        messages.extend(received);
    }
    Ok(())
}

fn colour() -> Colour {
    if settings::may_draw_on(&io::stdout()) { Colour::Ansi } else { Colour::Plain }
}
