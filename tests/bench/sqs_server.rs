//! The test SQS server as a program of its own, for benchmarks and for trying things by hand.

use std::io::{Read, Write};
use std::time::Duration;

use clap::Parser;
use kit::sqs_server::{Options, Random, Server, seed};

/// An in-memory SQS on 127.0.0.1.
#[derive(Parser)]
struct Flags {
    /// 0 for any free port.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Before each reply.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Replies hold one to nine messages in turn, as those of real queues do, however many are asked for.
    #[arg(long)]
    uneven_replies: bool,
    #[arg(long, default_value = "login-queue")]
    queue: String,
    /// The queue's visibility timeout.
    #[arg(long, default_value = "30")]
    visibility_seconds: String,
    /// Fill the queue with this many made-up login events.
    #[arg(long, default_value_t = 0)]
    seed_messages: u64,
    /// The same seed makes the same events.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, conflicts_with = "query_only")]
    json_only: bool,
    #[arg(long)]
    query_only: bool,
    /// End with the program that holds the other end of stdin.
    #[arg(long)]
    until_stdin_closes: bool,
}

fn main() {
    let flags = Flags::parse();
    let server = Server::start(Options {
        port: flags.port,
        latency: Duration::from_millis(flags.latency_ms),
        json: !flags.query_only,
        query: !flags.json_only,
        uneven_replies: flags.uneven_replies,
        log_calls: false,
        seed: flags.seed,
    });
    server.create_queue(&flags.queue, &[("VisibilityTimeout", &flags.visibility_seconds)]);
    let mut random = Random::new(flags.seed);
    for _ in 0..flags.seed_messages {
        server.send(&flags.queue, &seed::login_event(&mut random));
    }
    println!("listening on {}", server.url());
    let _ = std::io::stdout().flush();
    if flags.until_stdin_closes {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
    } else {
        loop {
            std::thread::park();
        }
    }
}
