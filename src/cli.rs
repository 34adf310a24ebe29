//! The command line: names, defaults and help texts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::mask::Personal;
use crate::reject::RejectPolicy;
use crate::report::metrics;
use crate::screen::LogFormat;

/// Drain JSON login events from an AWS SQS queue into PostgreSQL, once, and exit.
///
/// Nothing is lost and nothing is stored twice: each batch is committed in one transaction, and only
/// committed messages are deleted from the queue.
#[derive(Debug, Parser)]
#[command(name = "login-drain", version = VERSION, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,

    /// Form of the lines on standard error [env: LOGIN_DRAIN_LOG_FORMAT] [default: text]
    #[arg(long, value_name = "FORM", global = true)]
    pub log_format: Option<LogFormat>,
}

/// The version and the commit it was built from, as "0.1.0 (1a2b3c4)".
const VERSION: &str = env!("LOGIN_DRAIN_VERSION");

const AFTER_HELP: &str = "\
First run:
  export LOGIN_DRAIN_QUEUE_URL=https://sqs.eu-west-1.amazonaws.com/123456789012/login-queue
  export DATABASE_URL=postgresql://login_drain@db.internal/logins
  login-drain init-db     # create the tables
  login-drain peek        # look into the queue
  login-drain drain       # from cron, as often as you like

Flags win over the environment. AWS credentials are found as the AWS tools find them.

Exit codes:
  0   drained, everything stored and deleted
  1   failed for good: configuration, permission, schema; the message says what to do
  2   wrong usage
  3   drained, but some messages were rejected or could not be deleted
  4   stopped early by a limit or a signal; nothing lost
  75  a service was out of reach or mute; nothing lost, the next run goes on";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Receive until the queue stays empty, store what is valid, delete what is stored
    Drain(Box<DrainArgs>),
    /// Show the queue and what would become of its first messages; everything is given back
    Peek(PeekArgs),
    /// Create the tables where they are absent, and check that existing ones fit
    InitDb(InitDbArgs),
    /// Print the mask of each line of standard input, to look a person up by
    Mask(MaskCommandArgs),
    /// Print the completion script for a shell
    Completions { shell: clap_complete::Shell },
    /// Print the manual page, as for `login-drain man | man -l -`
    Man,
}

#[derive(Debug, Args)]
pub struct QueueArgs {
    /// URL of the queue [env: LOGIN_DRAIN_QUEUE_URL]
    #[arg(long, value_name = "URL", help_heading = "Queue")]
    pub queue_url: Option<String>,

    /// Name of the queue, where its URL is not given [env: LOGIN_DRAIN_QUEUE_NAME] [default: login-queue]
    #[arg(long, value_name = "NAME", conflicts_with = "queue_url", help_heading = "Queue")]
    pub queue_name: Option<String>,

    /// Where SQS is called [env: AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL] [default: from the queue URL, else AWS's own]
    #[arg(long, value_name = "URL", help_heading = "Queue")]
    pub endpoint_url: Option<String>,

    /// AWS region [env: AWS_REGION, AWS_DEFAULT_REGION] [default: from the queue URL or the profile, never guessed]
    #[arg(long, value_name = "NAME", help_heading = "Queue")]
    pub region: Option<String>,

    /// Profile of the AWS configuration files [env: AWS_PROFILE]
    #[arg(long, value_name = "NAME", help_heading = "Queue")]
    pub profile: Option<String>,
}

#[derive(Debug, Args)]
pub struct DatabaseArgs {
    /// Database as a URL or as key=value pairs [env: DATABASE_URL, or a file named by DATABASE_URL_FILE]
    /// [default: PGHOST, PGUSER … and the password file, as psql reads them]
    #[arg(long, value_name = "URL", help_heading = "Database")]
    pub database_url: Option<String>,

    /// Secret in AWS Secrets Manager that holds the database's URL, or its login as RDS writes it
    /// [env: LOGIN_DRAIN_DATABASE_SECRET]
    #[arg(long, value_name = "ARN-OR-NAME", conflicts_with = "database_url", help_heading = "Database")]
    pub database_secret: Option<String>,

    /// How to log in to the database [env: LOGIN_DRAIN_DATABASE_AUTH] [default: password]
    #[arg(long, value_name = "WAY", help_heading = "Database")]
    pub database_auth: Option<DatabaseAuth>,

    /// Longest time for one statement; a server that is mute for half as long again ends the run with 75
    #[arg(long, value_name = "SECONDS", default_value_t = 30, help_heading = "Database",
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub database_timeout: u64,
}

#[derive(Debug, Args)]
pub struct MaskArgs {
    /// Mask with HMAC-SHA-256 and the key in this file, of at least 32 bytes [env: MASK_KEY_FILE]
    /// [default: SHA-256 without a key, which anyone can reverse for an IPv4 address in minutes]
    #[arg(long, value_name = "FILE", help_heading = "Masking")]
    pub mask_key_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct DrainArgs {
    #[command(flatten)]
    pub queue: QueueArgs,
    #[command(flatten)]
    pub database: DatabaseArgs,
    #[command(flatten)]
    pub mask: MaskArgs,

    /// Messages committed in one transaction
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub batch_size: u32,

    /// SQS receive calls in flight at once, at the most
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub receivers: u32,

    /// Seconds the queue must stay empty before the run ends, in two long polls
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=20))]
    pub wait_seconds: u32,

    /// Seconds that a service may be without any success before the run ends with 75 [env: LOGIN_DRAIN_PATIENCE]
    /// [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub patience: Option<u64>,

    /// Stop after this many messages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_messages: Option<u64>,

    /// Stop receiving after this many seconds
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_seconds: Option<u64>,

    /// What becomes of a message that was read and is no login, once its rejection is recorded
    #[arg(long, value_name = "POLICY", default_value = "delete")]
    pub rejects: RejectPolicy,

    /// Delete also messages that may be logins and could not be stored; they stay on the queue otherwise
    #[arg(long)]
    pub delete_refused: bool,

    /// Trust triggers or rules of user_logins that store rows elsewhere: a row that it says it did not store is stored
    #[arg(long)]
    pub table_routes_rows: bool,

    /// Where `--rejects dead-letter` sends to [default: the queue's own redrive target]
    #[arg(long, value_name = "URL")]
    pub dead_letter_queue_url: Option<String>,

    /// Delete no reject, and fail, once more than this share of the newest 1000 messages are no logins; 100 never
    #[arg(long, value_name = "PERCENT", default_value_t = 50, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub max_reject_percent: u8,

    /// Report what would happen; change nothing and give every message back
    #[arg(long)]
    pub dry_run: bool,

    /// Form of the summary on standard output
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub format: Format,

    /// Write the metrics of the run here at its end, also if it failed; `-` is standard output
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub metrics_file: Option<PathBuf>,

    /// Form of the metrics
    #[arg(long, value_name = "FORM", default_value = "prometheus", requires = "metrics_file")]
    pub metrics_format: metrics::Format,

    /// Leave at once, with exit code 0, if another run with this flag is draining the same queue into this database
    #[arg(long)]
    pub exclusive: bool,

    /// Print nothing at all when all went well
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct PeekArgs {
    #[command(flatten)]
    pub queue: QueueArgs,
    #[command(flatten)]
    pub mask: MaskArgs,

    /// Messages to look at
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub messages: u32,

    /// Form of the output
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub format: Format,

    /// Show the queue's attributes and receive nothing
    #[arg(long)]
    pub attributes_only: bool,
}

#[derive(Debug, Args)]
pub struct MaskCommandArgs {
    /// What the values are
    pub kind: Personal,
    #[command(flatten)]
    pub mask: MaskArgs,
}

#[derive(Debug, Args)]
pub struct InitDbArgs {
    #[command(flatten)]
    pub database: DatabaseArgs,

    /// Print the SQL and touch nothing
    #[arg(long)]
    pub print: bool,
}

/// Form of a result on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

/// How to log in to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DatabaseAuth {
    /// With the password of the settings, if there is one
    Password,
    /// With a token signed for each connection by the AWS credentials
    RdsIam,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn claps_own_check_of_the_definitions_passes() {
        super::Cli::command().debug_assert();
    }
}
