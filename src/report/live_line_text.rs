//! What a run has done so far, in the words of the live line.

use std::time::Duration;

use super::Books;
use crate::screen::number;

/// "12,340 of about 50,000 messages, 3,085/s, 3 rejected, about 12 s left"
pub fn words(books: &Books, backlog: Option<u64>, elapsed: Duration) -> String {
    let rate = books.received as f64 / elapsed.as_secs_f64().max(0.001);
    let mut parts = vec![
        match backlog {
            Some(backlog) if backlog > books.received => {
                format!("{} of about {} messages", number(books.received), number(backlog))
            }
            _ => format!("{} messages", number(books.received)),
        },
        format!("{}/s", number(rate.round() as u64)),
    ];
    if books.rejected > 0 {
        parts.push(format!("{} rejected", number(books.rejected)));
    }
    if let Some(left) =
        backlog.and_then(|backlog| backlog.checked_sub(books.received)).filter(|left| *left > 0)
    {
        parts.push(format!("about {} s left", number((left as f64 / rate).ceil() as u64)));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_done_rate_rejects_and_time_left() {
        let books = Books { received: 12_340, rejected: 3, ..Books::default() };
        let elapsed = Duration::from_secs(4);
        assert_eq!(
            words(&books, Some(50_000), elapsed),
            "12,340 of about 50,000 messages, 3,085/s, 3 rejected, about 13 s left"
        );
        assert_eq!(words(&books, None, elapsed), "12,340 messages, 3,085/s, 3 rejected");
        assert_eq!(words(&books, Some(12_000), elapsed), "12,340 messages, 3,085/s, 3 rejected");
    }
}
