//! The running of login-drain with an environment that holds nothing but what the test says.

use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use kit::sqs_server::Server;

pub const QUEUE: &str = "login-queue";

/// One way to start the program against one queue and one database.
pub struct Program {
    environment: Vec<(&'static str, String)>,
}

/// A run that has ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub said: String,
    pub complained: String,
}

impl Program {
    pub fn new(server: &Server, database_url: &str) -> Program {
        Program {
            environment: vec![
                ("LOGIN_DRAIN_QUEUE_URL", server.queue_url(QUEUE)),
                ("DATABASE_URL", database_url.to_owned()),
                ("AWS_REGION", "us-east-1".to_owned()),
                ("AWS_ACCESS_KEY_ID", "local".to_owned()),
                ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
                ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ],
        }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Program {
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.to_owned()));
        self
    }

    pub fn run(&self, words: &str) -> Ended {
        Ended::from(self.command(words).output().unwrap())
    }

    /// Runs `drain` and panics unless it ends with `code`.
    pub fn drain(&self, flags: &str, code: i32) -> Ended {
        let ended = self.run(&format!("drain --wait-seconds 0 {flags}"));
        assert_eq!(ended.code, Some(code), "{ended:#?}");
        ended
    }

    pub fn start(&self, words: &str) -> Child {
        self.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Asks a program that was started to end, as cron's and systemd's masters do.
    pub fn terminate(child: &Child) {
        kill_process(Pid::from_child(child), Signal::TERM).unwrap();
    }

    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_login-drain"));
        command.env_clear().envs(self.environment.iter().cloned());
        command.args(words.split_whitespace()).stdin(Stdio::null());
        command
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Ended {
        Ended {
            code: output.status.code(),
            said: String::from_utf8_lossy(&output.stdout).into_owned(),
            complained: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A server with the queue on it and these bodies in it.
pub fn queue_with(bodies: &[&str]) -> Server {
    let server = Server::start(kit::sqs_server::Options::default());
    server.create_queue(QUEUE, &[("VisibilityTimeout", "30")]);
    for body in bodies {
        server.send(QUEUE, body);
    }
    server
}

/// A login that is stored as it should be.
pub const LOGIN: &str = r#"{"user_id": "424cdd21-063a-43a7-b91b-7ca1a833afae", "app_version": "2.3.0", "device_type": "android", "ip": "199.172.111.135", "locale": "RU", "device_id": "593-47-5928"}"#;

/// The same user, and a version that is none.
pub const REJECT: &str = r#"{"user_id": "424cdd21-063a-43a7-b91b-7ca1a833afae", "app_version": "two", "device_type": "android", "ip": "199.172.111.135", "locale": "RU", "device_id": "593-47-5928"}"#;
