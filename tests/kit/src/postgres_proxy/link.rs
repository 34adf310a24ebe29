//! One proxied connection: two pumps of frames, and the acting out of cuts.

use std::collections::HashMap;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::frame::{self, Frame, Kind};
use super::gate::{Ends, Gate};
use super::script::{Cut, Script};

/// Proxies one client until either side leaves or a cut ends it.
pub fn serve(client: TcpStream, upstream: &(String, u16), script: &Arc<Script>, gate: &Arc<Gate>) {
    let Ok(server) = TcpStream::connect((upstream.0.as_str(), upstream.1)) else { return };
    let ends = Arc::new(Ends::new(client, server));
    let number = gate.enter(&ends);
    let held = Arc::new(Mutex::new(Replies::default()));
    let back = Back { ends: ends.clone(), gate: gate.clone(), replies: held.clone() };
    let back = thread::spawn(move || back.pump());
    let forth = Forth { ends: &ends, script, gate, replies: &held, statements: HashMap::new() };
    // An error here is one side leaving: the end of a connection like any other.
    let _ = forth.pump();
    ends.close();
    let _ = back.join();
    gate.leave(number);
}

/// Which reply is to be held back. Replies are counted by their ReadyForQuery.
#[derive(Default)]
struct Replies {
    asked: usize,
    answered: usize,
    hold: Option<(usize, Hold)>,
}

#[derive(Clone, Copy)]
enum Hold {
    Cut,
    Freeze(Option<Duration>),
}

/// What becomes of a frame from the client.
enum Step {
    Pass,
    Swallow,
    End,
}

/// Client to server.
struct Forth<'a> {
    ends: &'a Ends,
    script: &'a Script,
    gate: &'a Gate,
    replies: &'a Mutex<Replies>,
    statements: HashMap<String, String>,
}

impl Forth<'_> {
    fn pump(mut self) -> io::Result<()> {
        let mut reader = BufReader::with_capacity(64 * 1024, &self.ends.client);
        let mut writer = BufWriter::with_capacity(64 * 1024, &self.ends.server);
        let mut swallowing = false;
        let mut frame = self.read_startup(&mut reader)?;
        loop {
            match self.meet(&frame) {
                Step::Pass => {}
                Step::Swallow => swallowing = true,
                Step::End => return Ok(()),
            }
            let ends_batch = matches!(frame.kind, Kind::Startup | Kind::Query | Kind::Sync);
            if !swallowing {
                self.replies.lock().unwrap().asked += usize::from(ends_batch);
                writer.write_all(&frame.bytes)?;
            }
            swallowing &= !ends_batch;
            if reader.buffer().is_empty() {
                writer.flush()?;
            }
            frame = frame::read_from_client(&mut reader)?;
        }
    }

    /// Acts out what the frame meets, as far as that is done on its way to the server.
    fn meet(&mut self, frame: &Frame) -> Step {
        match self.cut_for(frame) {
            None => return Step::Pass,
            Some(Cut::BeforeForward) => return Step::End,
            Some(Cut::Swallow) => return Step::Swallow,
            Some(Cut::AfterReply) => self.hold_reply(Hold::Cut),
            Some(Cut::FreezeAfter(time)) => self.hold_reply(Hold::Freeze(time)),
            Some(Cut::FreezeBefore(time)) => {
                let gone = || self.ends.closed() || self.ends.client_left();
                if !self.gate.freeze(time, gone) {
                    return Step::End;
                }
            }
        }
        Step::Pass
    }

    /// Declines encryption, as often as it is asked for.
    fn read_startup(&self, reader: &mut impl Read) -> io::Result<Frame> {
        loop {
            let frame = frame::read_first(reader)?;
            if frame.kind == Kind::Startup {
                return Ok(frame);
            }
            (&self.ends.client).write_all(b"N")?;
        }
    }

    fn cut_for(&mut self, frame: &Frame) -> Option<Cut> {
        let sql = match frame.kind {
            Kind::Query => frame.first_text(),
            Kind::Parse => {
                let sql = frame.second_text();
                self.statements.insert(frame.first_text().to_string(), sql.to_string());
                sql
            }
            Kind::Bind => self.statements.get(frame.second_text()).map_or("", String::as_str),
            _ => "",
        };
        let delay = self.script.delay();
        if matches!(frame.kind, Kind::Query | Kind::Sync) && !delay.is_zero() {
            thread::sleep(delay);
        }
        self.script.meet(frame.kind, sql)
    }

    /// The reply to hold is the one to the batch that the frame at hand belongs to.
    fn hold_reply(&self, hold: Hold) {
        let mut replies = self.replies.lock().unwrap();
        replies.hold = Some((replies.asked + 1, hold));
    }
}

/// Server to client.
struct Back {
    ends: Arc<Ends>,
    gate: Arc<Gate>,
    replies: Arc<Mutex<Replies>>,
}

impl Back {
    fn pump(self) {
        let _ = self.pass_frames();
        self.ends.close();
    }

    fn pass_frames(&self) -> io::Result<()> {
        let mut reader = BufReader::with_capacity(64 * 1024, &self.ends.server);
        let mut held = Vec::new();
        loop {
            let frame = frame::read_from_server(&mut reader)?;
            held.extend_from_slice(&frame.bytes);
            let hold = self.hold(frame.kind == Kind::ReadyForQuery);
            let over = frame.kind == Kind::ReadyForQuery;
            match hold {
                Some(_) if !over => continue,
                Some(Hold::Cut) => return Ok(()),
                Some(Hold::Freeze(time)) if !self.gate.freeze(time, || self.ends.closed()) => return Ok(()),
                Some(Hold::Freeze(_)) | None => {}
            }
            if over || reader.buffer().is_empty() || held.len() > 64 * 1024 {
                (&self.ends.client).write_all(&held)?;
                held.clear();
            }
        }
    }

    /// Whether the reply that this frame belongs to is held back; `over` closes the count of that reply.
    fn hold(&self, over: bool) -> Option<Hold> {
        let mut replies = self.replies.lock().unwrap();
        let current = replies.answered + 1;
        replies.answered += usize::from(over);
        let (held, hold) = replies.hold?;
        if held != current {
            return None;
        }
        if over {
            replies.hold = None;
        }
        Some(hold)
    }
}
