//! One client connection: reads requests, has them performed, writes each reply at once, and acts out the
//! faults of the wire.

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::action::Action;
use super::answer::{Answer, control, fresh_request_id};
use super::errors::SqsError;
use super::faults::{Due, Ending, Fault, Stage};
use super::http::{Framing, Reader, Reply, Request};
use super::parameters::Parameters;
use super::perform;
use super::shared::Shared;
use super::{form, json_protocol, query_protocol};

/// What becomes of the connection after a call.
#[derive(PartialEq, Eq)]
enum Next {
    Keep,
    Close,
    Reset,
}

pub struct Connection {
    stream: TcpStream,
    shared: Arc<Shared>,
    reader: Reader,
    text: String,
    wire: Vec<u8>,
}

impl Connection {
    pub fn new(stream: TcpStream, shared: Arc<Shared>) -> Connection {
        Connection { stream, shared, reader: Reader::default(), text: String::new(), wire: Vec::new() }
    }

    /// Serves until either side has had enough. Errors of the socket end it silently, as for any server.
    pub fn serve(mut self) {
        let last = self.serve_calls().unwrap_or(Next::Close);
        if last == Next::Reset {
            // Closing with a linger of zero sends RST in place of FIN.
            let _ = socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
        } else {
            let _ = self.stream.shutdown(std::net::Shutdown::Both);
        }
    }

    fn serve_calls(&mut self) -> io::Result<Next> {
        self.stream.set_nodelay(true)?;
        while !self.shared.stop.load(Ordering::Relaxed) {
            let Some(request) = self.reader.next(&mut self.stream)? else { break };
            let next = self.serve_call(&request)?;
            if next != Next::Keep || request.close {
                return Ok(next);
            }
        }
        Ok(Next::Close)
    }

    fn serve_call(&mut self, request: &Request) -> io::Result<Next> {
        self.text.clear();
        if request.path.starts_with("/_") {
            let answer = control(&self.shared, &request.path, &mut self.text);
            return self.reply(&answer, &Due::default());
        }
        let json = request.target.is_some();
        let read = self.read_call(request);
        let (action, mut parameters) = match read {
            Ok(call) => call,
            Err(error) => {
                self.shared.calls.note(Action::Any, &Parameters::default(), json);
                // A server refuses in a protocol that it speaks.
                let options = &self.shared.options;
                let in_json = if json { options.json } else { !options.query };
                let answer = Answer::error(&error, in_json, &mut self.text);
                return self.reply(&answer, &Due::default());
            }
        };
        self.shared.calls.note(action, &parameters, json);
        let due = self.shared.plan.due(action);
        self.delay(&due);
        if let Some(next) = self.strike(&due, Stage::Before)? {
            return Ok(next);
        }
        let answer = self.perform(action, &mut parameters, &due, json);
        match self.strike(&due, Stage::After)? {
            Some(next) => Ok(next),
            None => self.reply(&answer, &due),
        }
    }

    fn read_call(&self, request: &Request) -> Result<(Action, Parameters), SqsError> {
        let body = self.reader.body(request);
        let spoken = match request.target {
            Some(_) => self.shared.options.json,
            None => self.shared.options.query,
        };
        match &request.target {
            _ if !spoken => {
                Err(SqsError::sender("InvalidAction", "this server does not speak this protocol"))
            }
            Some(target) => json_protocol::read(target, body),
            None => form::read(&request.path, body),
        }
    }

    fn perform(&mut self, action: Action, parameters: &mut Parameters, due: &Due, json: bool) -> Answer {
        let place = perform::Place {
            registry: &self.shared.registry,
            url: &self.shared.url,
            stop: &self.shared.stop,
            most_per_reply: self.shared.most_per_reply(),
        };
        let refused = due.find(|fault| match fault {
            Fault::Code(code) => Some(SqsError::named(code)),
            _ => None,
        });
        let outcome = match refused {
            Some(error) => Err(error),
            None => place.perform(action, parameters, due),
        };
        match outcome {
            Err(error) => Answer::error(&error, json, &mut self.text),
            Ok(outcome) if json => {
                json_protocol::write(&mut self.text, &outcome, parameters);
                Answer::ok(json, fresh_request_id())
            }
            Ok(outcome) => {
                let id = fresh_request_id();
                query_protocol::write(&mut self.text, action, &outcome, parameters, &id);
                Answer::ok(json, id)
            }
        }
    }

    fn delay(&self, due: &Due) {
        let usual = *self.shared.latency.lock().unwrap();
        let more = due.find(|fault| match fault {
            Fault::Latency(time) => Some(*time),
            _ => None,
        });
        self.shared.sleep(usual + more.unwrap_or_default());
    }

    /// The faults that stand in the way of the proper reply; None if there are none at this stage.
    fn strike(&mut self, due: &Due, stage: Stage) -> io::Result<Option<Next>> {
        for fault in due.iter() {
            match fault {
                Fault::Reset(at) if *at == stage => return Ok(Some(Next::Reset)),
                Fault::Mute(at, time) if *at == stage => {
                    self.shared.sleep(*time);
                    return Ok(Some(Next::Close));
                }
                Fault::Status { stage: at, status, body } if *at == stage => {
                    self.text.clear();
                    self.text.push_str(body);
                    return self.reply(&Answer::page(*status, body), due).map(Some);
                }
                _ => {}
            }
        }
        Ok(None)
    }

    fn reply(&mut self, answer: &Answer, due: &Due) -> io::Result<Next> {
        let cut = due.find(|fault| match fault {
            Fault::Truncate { at, ending } => Some((self.text.floor_char_boundary(*at), *ending)),
            _ => None,
        });
        let (length, framing) = match cut {
            None => (self.text.len(), Framing::Length(self.text.len())),
            Some((at, Ending::FullLength)) => (at, Framing::Length(self.text.len())),
            Some((at, Ending::RightLength)) => (at, Framing::Length(at)),
            Some((at, Ending::Chunked)) => (at, Framing::UnfinishedChunks),
        };
        let extra = answer.headers(due);
        let (status, content_type) = (answer.status, answer.content_type);
        self.wire.clear();
        let reply = Reply { status, content_type, extra: &extra, body: &self.text[..length], framing };
        reply.write(&mut self.wire);
        self.send(due)?;
        let broken = matches!(cut, Some((_, Ending::FullLength | Ending::Chunked)));
        Ok(if broken { Next::Close } else { Next::Keep })
    }

    fn send(&mut self, due: &Due) -> io::Result<()> {
        let interval = due.find(|fault| match fault {
            Fault::SlowBytes(interval) => Some(*interval),
            _ => None,
        });
        let Some(interval) = interval else { return self.stream.write_all(&self.wire) };
        for byte in &self.wire {
            self.stream.write_all(&[*byte])?;
            self.shared.sleep(interval);
        }
        Ok(())
    }
}
