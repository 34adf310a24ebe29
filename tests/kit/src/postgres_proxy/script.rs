//! The script: which message meets which cut, how often, and the counts of what went by.

use std::sync::Mutex;
use std::time::Duration;

use super::frame::Kind;

/// The message that a rule waits for. Texts are compared as they stand, upper and lower case apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// A statement is run whose SQL contains this: a simple query, or the Bind of a prepared one.
    Sql(&'static str),
    /// A statement is prepared whose SQL contains this.
    Prepare(&'static str),
    /// A client connects: the frame before authentication.
    Startup,
}

/// What the message meets. "The reply" lasts until the server is ready for the next query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The connection ends; the server never sees the message.
    BeforeForward,
    /// The server has answered; the connection ends and the client never sees the reply.
    AfterReply,
    /// Nothing moves for this long (None: until `thaw`), then the message goes on to the server.
    FreezeBefore(Option<Duration>),
    /// The reply is held back for this long (None: until `thaw`), then it goes on to the client.
    FreezeAfter(Option<Duration>),
    /// The message (with its batch, up to the Sync) is dropped, and nothing else happens.
    Swallow,
}

/// What has passed the proxy so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    pub connections: usize,
    pub simple_queries: usize,
    /// Execute messages.
    pub extended_queries: usize,
    /// Parse messages.
    pub prepares: usize,
    /// Simple queries and Syncs: how often the client waited for an answer.
    pub round_trips: usize,
    /// Messages that met a cut.
    pub strikes: usize,
    /// The SQL of every statement run (not its parameters), in order.
    pub statements: Vec<String>,
}

struct Rule {
    trigger: Trigger,
    cut: Cut,
    passes: usize,
    times: usize,
}

#[derive(Default)]
pub struct Script {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    rules: Vec<Rule>,
    delay: Duration,
    seen: Statistics,
}

impl Script {
    /// A rule that lets `passes` fitting messages pass, strikes `times`, then rests.
    pub fn add(&self, trigger: Trigger, cut: Cut, passes: usize, times: usize) {
        self.inner.lock().unwrap().rules.push(Rule { trigger, cut, passes, times });
    }

    pub fn clear(&self) {
        self.inner.lock().unwrap().rules.clear();
    }

    pub fn set_delay(&self, delay: Duration) {
        self.inner.lock().unwrap().delay = delay;
    }

    pub fn delay(&self) -> Duration {
        self.inner.lock().unwrap().delay
    }

    pub fn statistics(&self) -> Statistics {
        self.inner.lock().unwrap().seen.clone()
    }

    /// Counts a message from a client and says what it meets.
    pub fn meet(&self, kind: Kind, sql: &str) -> Option<Cut> {
        let mut inner = self.inner.lock().unwrap();
        inner.seen.count(kind, sql);
        let cut = inner.rules.iter_mut().find_map(|rule| rule.strike(kind, sql));
        inner.seen.strikes += usize::from(cut.is_some());
        cut
    }
}

impl Statistics {
    fn count(&mut self, kind: Kind, sql: &str) {
        match kind {
            Kind::Startup => self.connections += 1,
            Kind::Query => self.simple_queries += 1,
            Kind::Execute => self.extended_queries += 1,
            Kind::Parse => self.prepares += 1,
            _ => {}
        }
        self.round_trips += usize::from(matches!(kind, Kind::Query | Kind::Sync));
        if matches!(kind, Kind::Query | Kind::Bind) {
            self.statements.push(sql.to_string());
        }
    }
}

impl Rule {
    fn strike(&mut self, kind: Kind, sql: &str) -> Option<Cut> {
        let fits = match self.trigger {
            Trigger::Sql(text) => matches!(kind, Kind::Query | Kind::Bind) && sql.contains(text),
            Trigger::Prepare(text) => kind == Kind::Parse && sql.contains(text),
            Trigger::Startup => kind == Kind::Startup,
        };
        if !fits || self.times == 0 {
            return None;
        }
        if self.passes > 0 {
            self.passes -= 1;
            return None;
        }
        self.times -= 1;
        Some(self.cut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_passes_then_strikes_then_rests() {
        let script = Script::default();
        script.add(Trigger::Sql("COMMIT"), Cut::AfterReply, 1, 2);
        let met: Vec<bool> = (0..4).map(|_| script.meet(Kind::Query, "COMMIT").is_some()).collect();
        assert_eq!(met, [false, true, true, false]);
        assert_eq!(script.statistics().strikes, 2);
    }

    #[test]
    fn a_trigger_fits_only_its_kind_of_message() {
        let script = Script::default();
        script.add(Trigger::Prepare("INSERT"), Cut::Swallow, 0, 9);
        assert_eq!(script.meet(Kind::Bind, "INSERT"), None);
        assert_eq!(script.meet(Kind::Query, "INSERT"), None);
        assert_eq!(script.meet(Kind::Parse, "INSERT INTO t"), Some(Cut::Swallow));
    }
}
