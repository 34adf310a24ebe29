//! `peek`: the attributes first, then a few messages, which are given back at once.

use std::time::Duration;

use time::OffsetDateTime;

use super::{connections, listening};
use crate::cli::PeekArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::message::{Message, Receipt};
use crate::peek::text::Colour;
use crate::peek::{Look, Seen, json, text};
use crate::queue::MOST_PER_RECEIVE;
use crate::queue::Queue;
use crate::screen::{print, standard_error};
use crate::settings::{self, Environment, Format, Peek};
use crate::sqs::{Asking, SqsQueue};
use crate::waiting::StopFlag;

/// Messages stay hidden this long if the program is killed before it gives them back.
const HIDDEN: Duration = Duration::from_secs(30);
const WAIT: Duration = Duration::from_secs(1);

pub fn run(args: &PeekArgs, environment: &Environment) -> anyhow::Result<Exit> {
    let stop = listening::to_end_in_good_order(&listening::OF_A_DRAIN)?;
    let settings = Peek::read(args, environment, &stop)?;
    settings.queue.endpoint.remark.iter().for_each(|remark| standard_error::note(remark));
    let asking =
        Asking { visibility_timeout: Some(HIDDEN), group: true, receive_count: true, ..Asking::default() };
    let queue = connections::queue(&settings.queue, WAIT, 1, asking)?;
    let attributes = queue.attributes()?;
    let messages = match settings.attributes_only {
        true => None,
        false => Some(look(&queue, settings.messages, &stop)?),
    };
    let look = Look { queue_url: queue.url().to_owned(), attributes, messages };
    match settings.format {
        Format::Text => print(&text::render(&look, colour(environment)))?,
        Format::Json => print(&json::render(&look))?,
    }
    Ok(if stop.is_set() { Exit::Early } else { Exit::Clean })
}

/// Up to `most` messages, all given back, also when a later receive fails.
fn look(queue: &SqsQueue, most: usize, stop: &StopFlag) -> Result<Vec<Seen>, Failure> {
    let mut messages = Vec::new();
    let received = receive(queue, most, &mut messages, stop);
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
    Ok(messages.iter().map(|message| Seen::new(message, now)).collect())
}

fn receive(
    queue: &SqsQueue,
    most: usize,
    messages: &mut Vec<Message>,
    stop: &StopFlag,
) -> Result<(), Failure> {
    while messages.len() < most && !stop.is_set() {
        stop.in_the_middle();
        let received = queue.receive(MOST_PER_RECEIVE.min(most - messages.len()), WAIT, &|_| ())?.messages;
        if received.is_empty() {
            break;
        }
        messages.extend(received);
    }
    Ok(())
}

fn colour(environment: &Environment) -> Colour {
    if settings::terminal(environment).may_draw_on_output() { Colour::Ansi } else { Colour::Plain }
}
