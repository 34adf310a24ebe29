//! A scene with a proxy in front of its database, what was sent, and the runs against them.

use std::ops::Deref;
use std::sync::Mutex;

use kit::postgres_proxy::Proxy;
use kit::sqs_server::{Options, Random};
use kit::{Database, Outcome, Program, QUEUE, Running, Server};

use super::books::{Books, Sent};

pub struct Scene {
    scene: kit::Scene,
    pub proxy: Proxy,
    pub seed: u64,
    random: Mutex<Random>,
    sent: Mutex<Vec<Sent>>,
}

impl Deref for Scene {
    type Target = kit::Scene;

    fn deref(&self) -> &kit::Scene {
        &self.scene
    }
}

impl Scene {
    pub fn new() -> Scene {
        Scene::with(Options::default(), QUEUE, "30")
    }

    /// Messages come back after `seconds`.
    pub fn with_visibility(seconds: &str) -> Scene {
        Scene::with(Options::default(), QUEUE, seconds)
    }

    /// A server that knows only the older protocol.
    pub fn with_query_protocol(visibility_seconds: &str) -> Scene {
        Scene::with(Options { json: false, ..Options::default() }, QUEUE, visibility_seconds)
    }

    pub fn with(options: Options, queue: &str, visibility_seconds: &str) -> Scene {
        Scene::with_seed(super::extent::seed(), options, queue, visibility_seconds)
    }

    pub fn with_seed(seed: u64, options: Options, queue: &str, visibility_seconds: &str) -> Scene {
        println!("LOGIN_DRAIN_SEED={seed}");
        let server = Server::start(Options { seed, ..options });
        let attributes = [("VisibilityTimeout", visibility_seconds)];
        let scene = kit::Scene::on(server, queue, &attributes, Database::whole());
        scene.init_db();
        let proxy = Proxy::start(scene.database.host(), scene.database.port());
        let (random, sent) = (Mutex::new(Random::new(seed)), Mutex::default());
        Scene { scene, proxy, seed, random, sent }
    }

    pub fn random_below(&self, bound: u64) -> u64 {
        self.random.lock().unwrap().below(bound)
    }

    /// A body whose user_id occurs in no other, and whose personal values begin like the markers.
    pub fn login(&self) -> (String, String) {
        let (user, ip, device) = {
            let mut random = self.random.lock().unwrap();
            (random.uuid(), random.number(), random.below(10_000))
        };
        let user = format!("user {user}");
        let ip = format!("203.113.{}.{}", ip % 256, (ip >> 8) % 256);
        let body = format!(
            r#"{{"user_id": "{user}", "app_version": "2.3.0", "device_type": "android", "ip": "{ip}", "locale": "RU", "device_id": "771-66-{device:04}"}}"#
        );
        (user, body)
    }

    pub fn send_logins(&self, count: usize) -> &Scene {
        for _ in 0..count {
            self.send_login_times(1);
        }
        self
    }

    /// One login whose message is delivered `times` times.
    pub fn send_login_times(&self, times: usize) {
        let (user, body) = self.login();
        let message_id = self.server().deliver_repeatedly(self.queue.name(), &body, times);
        self.sent.lock().unwrap().push(Sent { message_id, payload: Some(user) });
    }

    /// Logins of one message group of a FIFO queue; their user_ids in order.
    pub fn send_group(&self, group: &str, count: usize) -> Vec<String> {
        let send = |_| {
            let (user, body) = self.login();
            self.note(self.server().send_in_group(self.queue.name(), &body, group), Some(user.clone()));
            user
        };
        (0..count).map(send).collect()
    }

    /// A body of the test's own; `payload` is its user_id if it may become a row.
    pub fn send(&self, body: &str, payload: Option<String>) {
        let message_id = self.server().send(self.queue.name(), body);
        self.note(message_id, payload);
    }

    /// Takes a message into account that was sent by other means.
    pub fn note(&self, message_id: String, payload: Option<String>) {
        self.sent.lock().unwrap().push(Sent { message_id, payload });
    }

    /// `drain`, with a summary in JSON, no waiting for more messages, and `arguments`, which come last.
    pub fn drain(&self, arguments: &[&str]) -> Program {
        let mut drain = self.program("drain").flags("--format json");
        if !arguments.contains(&"--wait-seconds") {
            drain = drain.flags("--wait-seconds 0");
        }
        let url = self.database.url_through(self.proxy.port());
        // A mute SQS is given up after ten seconds, and then asked again.
        drain.flags(&arguments.join(" ")).env("DATABASE_URL", &url).patient_for(15).ends_somehow()
    }

    pub fn start(&self, arguments: &[&str]) -> Running {
        self.drain(arguments).start()
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.drain(arguments).run()
    }

    pub fn books(&self) -> Books {
        let queued =
            self.server().remaining(self.queue.name()).iter().map(|content| content.id.clone()).collect();
        Books::open(self.sent.lock().unwrap().clone(), &self.database, queued)
    }

    pub fn sent(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    /// Takes all faults away and everything out of hiding, runs once more, and expects exit 0 (3 where there
    /// are rejects) and everything drained.
    pub fn settle(&self) -> Outcome {
        self.server().clear_faults();
        self.proxy.clear();
        self.proxy.cut_all();
        self.server().expire_visibility(self.queue.name());
        self.books().check();
        let allowed: &[i32] = if self.sent_rejects() { &[0, 3] } else { &[0] };
        let again =
            || self.run(&["--max-reject-percent", "100", "--delete-refused"]).expect_exit_among(allowed);
        let mut run = again();
        if !self.books().queued.is_empty() {
            // A receive that was on its way when the run was killed hid messages after all were made visible.
            self.server().expire_visibility(self.queue.name());
            run = again();
        }
        self.books().check_drained();
        run
    }

    fn sent_rejects(&self) -> bool {
        self.sent.lock().unwrap().iter().any(|sent| sent.payload.is_none())
    }
}
